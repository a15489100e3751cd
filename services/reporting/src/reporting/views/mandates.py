"""Who holds which mandate, as governance gave them: what a person may see here follows from it."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, MetaData, Table, Text, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mandate_events.deciding import Mandate
from mandate_events.event import Recorded
from mandate_events.projection import Projection
from reporting.heard.governance import MandateGiven, MandateWithdrawn

metadata = MetaData(schema="views")

MANDATES: Final = Table(
    "mandates_v1",
    metadata,
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("project", Text),
    Column("authority", Text, nullable=False),
    UniqueConstraint("person", "role", "project", name="mandates_v1_once", postgresql_nulls_not_distinct=True),
)


async def apply(connection: AsyncConnection, record: Recorded[Any], _document: bytes) -> None:
    event = record.data
    if not isinstance(event, MandateGiven | MandateWithdrawn):
        return
    held = {"person": event.person, "role": event.role, "project": event.project}
    same = [MANDATES.c[name].is_not_distinct_from(value) for name, value in held.items()]
    await connection.execute(MANDATES.delete().where(*same))
    if isinstance(event, MandateGiven):
        await connection.execute(MANDATES.insert().values(**held, authority=record.reference))


MANDATES_VIEW: Final = Projection("mandates", metadata, apply)


async def held_by(engine: AsyncEngine, person: str) -> Sequence[Mandate]:
    """The mandates of a person."""
    wanted = select(MANDATES.c.role, MANDATES.c.authority, MANDATES.c.project).where(MANDATES.c.person == person)
    async with engine.connect() as connection:
        rows = await connection.execute(wanted.order_by(MANDATES.c.role, MANDATES.c.project))
        return [Mandate(*row) for row in rows]
