"""Who holds which mandate, as governance gave them: what a person may see here follows from it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Text, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mandate_events.deciding import Mandate
from mandate_events.document.event import Recorded
from mandate_events.transport.port import understood
from mandate_events.views.past import Folding
from mandate_events.views.rows import Change, Gone
from mandate_events.views.view import View, table
from reporting.history.archive import ARCHIVE
from reporting.people.heard import GOVERNANCE, MandateGiven, MandateWithdrawn

MANDATES: Final = table(
    "mandates",
    Column("person", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("project", Text, primary_key=True, comment="Empty where the role is not bound to one"),
    Column("authority", Text, nullable=False),
)


def change(record: Recorded[Any]) -> Change | Gone:
    event = record.data
    held = (event.person, event.role, event.project or "")
    return Change(held, {"authority": record.reference}) if isinstance(event, MandateGiven) else Gone(held)


MANDATES_VIEW: Final = View(MANDATES, (MandateGiven, MandateWithdrawn), change)


async def held_by(engine: AsyncEngine, person: str) -> Sequence[Mandate]:
    """The mandates of a person."""
    async with engine.connect() as connection:
        return await held_in(connection, person)


async def held_in(connection: AsyncConnection, person: str) -> Sequence[Mandate]:
    """The mandates of a person, as one transaction sees them."""
    project = func.nullif(MANDATES.c.project, "")
    wanted = select(MANDATES.c.role, MANDATES.c.authority, project).where(MANDATES.c.person == person)
    rows = await connection.execute(wanted.order_by(MANDATES.c.role, MANDATES.c.project))
    return [Mandate(*row) for row in rows]


async def held_at(
    connection: AsyncConnection, person: str, known_at: datetime | None, before: datetime | None
) -> Sequence[Mandate]:
    """The mandates of a person by what had been recorded by an instant, and had happened before another."""
    wanted = select(ARCHIVE.c.document).where(
        ARCHIVE.c.source == "governance", ARCHIVE.c.subject == f"mandate/{person}"
    )
    if known_at is not None:
        wanted = wanted.where(ARCHIVE.c.recorded_at <= known_at)
    folding = Folding(MANDATES_VIEW)
    for row in await connection.execute(wanted.order_by(ARCHIVE.c.sequence)):
        item = understood(GOVERNANCE, row.document)
        if before is not None and item.record is not None and item.record.occurredat >= before:
            break
        folding.apply("governance", item)
    rows = sorted(folding.rows.values(), key=lambda row: (row["role"], row["project"]))
    return [Mandate(row["role"], row["authority"], row["project"] or None) for row in rows]
