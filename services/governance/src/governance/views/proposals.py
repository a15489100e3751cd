"""The list of proposals."""

from typing import Any, Final

from sqlalchemy import Column, MetaData, Numeric, Table, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from governance.proposal import ProjectAuthorised, ProjectProposed
from mandate_events.event import Recorded
from mandate_events.projection import Projection

metadata = MetaData(schema="views")

PROPOSALS: Final = Table(
    "proposals_v1",
    metadata,
    Column("id", Text, primary_key=True),
    Column("portfolio", Text, nullable=False, index=True),
    Column("reference", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("gate_path", Text),
    Column("forecast_amount", Numeric(18, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("standard", Text),
    Column("budget_amount", Numeric(18, 2)),
)


async def apply(connection: AsyncConnection, record: Recorded[Any], _document: bytes) -> None:
    match record.data:
        case ProjectProposed() as event:
            row = {
                "id": record.subject.partition("/")[2],
                "portfolio": event.portfolio,
                "reference": event.reference,
                "title": event.title,
                "status": "proposed",
                "gate_path": event.gate_path,
                "forecast_amount": event.forecast_cost.value,
                "currency": event.forecast_cost.currency,
                "proposed_by": record.actor,
            }
            await connection.execute(insert(PROPOSALS).values(row))
        case ProjectAuthorised() as event:
            await connection.execute(
                PROPOSALS.update()
                .where(PROPOSALS.c.id == record.subject.partition("/")[2])
                .values(
                    status="authorised",
                    standard=event.standard,
                    gate_path=event.gate_path,
                    budget_amount=event.budget.value,
                )
            )
        case _:
            pass


PROPOSALS_VIEW: Final = Projection("proposals", metadata, apply)

everything = select(PROPOSALS)
