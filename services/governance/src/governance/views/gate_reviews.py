"""The PMO's inbox of gate reviews."""

from typing import Any, Final

from sqlalchemy import Column, DateTime, MetaData, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection

from governance.gate_review import GateDecided, GateDecisionAnswered, GateReviewOpened
from mandate_events.event import Recorded
from mandate_events.projection import Projection

metadata = MetaData(schema="views")

GATE_REVIEWS: Final = Table(
    "gate_reviews_v1",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False, index=True),
    Column("gate", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("standard", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("outcome", Text),
    Column("decided_by", Text),
    Column("answer", Text),
)


async def apply(connection: AsyncConnection, record: Recorded[Any], _document: bytes) -> None:
    id_ = record.subject.partition("/")[2]
    change = GATE_REVIEWS.update().where(GATE_REVIEWS.c.id == id_)
    match record.data:
        case GateReviewOpened() as event:
            row = {
                "id": id_,
                "project": event.project,
                "gate": event.gate,
                "phase": event.phase,
                "standard": event.standard,
                "requested_by": event.requested_by,
                "opened_at": record.time,
                "status": "open",
            }
            await connection.execute(GATE_REVIEWS.insert().values(row))
        case GateDecided() as event:
            await connection.execute(change.values(status="decided", outcome=event.outcome, decided_by=record.actor))
        case GateDecisionAnswered() as event:
            answer = "applied" if event.applied else f"not applied: {event.rule}"
            await connection.execute(change.values(status="answered", answer=answer))
        case _:
            pass


GATE_REVIEWS_VIEW: Final = Projection("gate-reviews", metadata, apply)

everything = select(GATE_REVIEWS)
