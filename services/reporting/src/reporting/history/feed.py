"""The archive, told live: every document of every service in order of arrival. Positions are its entries."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from mandate_events.deciding.rights import Rights
from mandate_web.live.events import Chunk, Told
from mandate_web.live.visibility import BYTES, EVENTS
from mandate_web.problems.problem import invalid
from mandate_web.routes.access import Person, Viewer
from reporting.history.archive import ARCHIVE, SOURCES
from reporting.history.routes import visible
from reporting.people.views import held_in


class ArchiveFeed:
    """What a stream of reporting reads."""

    def __init__(self, engine: AsyncEngine, rights: Rights) -> None:
        self._engine = engine
        self._rights = rights

    async def end(self) -> int:
        async with self._engine.connect() as connection:
            last: int = (await connection.execute(select(func.coalesce(func.max(ARCHIVE.c.entry), 0)))).scalar_one()
        return last

    async def reached(self, cuts: Mapping[str, int]) -> int:
        """All ledgers are heard in turn: so much of each is so many entries, as far as one read stated all of it."""
        column = ARCHIVE.c
        named = [source for source in SOURCES if source in cuts]
        if not named:
            raise invalid("?after", "position-elsewhere", ledgers=", ".join(SOURCES))
        beyond = select(column.entry).order_by(column.sequence).limit(1)
        end = await self.end()  # before the look beyond: what is archived in between is told
        async with self._engine.connect() as connection:
            for source in named:
                following = beyond.where(column.source == source, column.sequence > cuts[source])
                first: int | None = (await connection.execute(following)).scalar_one_or_none()
                end = end if first is None else min(end, first - 1)
        return end

    async def read(self, person: str, after: int) -> Chunk:
        """One snapshot for both: the mandates are as new as the documents."""
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            held = await held_in(connection, person)
            seen = visible(Viewer(Person(person, "", ""), held, self._rights, "read-history"))
            rows = (await connection.execute(_following(after, literal(True) if seen is None else seen))).all()
        events = [Told(row.entry, row.type, row.project, row.shown) for row in rows if row.shown is not None]
        return Chunk(rows[-1].entry if rows else after, events)


_SIZE: Final = func.octet_length(ARCHIVE.c.document)


def _following(after: int, seen: ColumnElement[bool]) -> Select[Any]:
    """The next entries, so many and so many bytes at most; their document only where it may be seen."""
    columns = (ARCHIVE.c.entry, ARCHIVE.c.type, ARCHIVE.c.project)
    shown = case((seen, ARCHIVE.c.document)).label("shown")
    first = select(*columns, shown, _SIZE.label("bytes")).where(ARCHIVE.c.entry > after)
    some = first.order_by(ARCHIVE.c.entry).limit(EVENTS).subquery()
    total = func.sum(case((some.c.shown.is_(None), 0), else_=some.c.bytes)).over(order_by=some.c.entry)
    measured = select(some, total.label("total")).subquery()
    fitting = or_(measured.c.total <= BYTES, measured.c.entry == after + 1)
    return select(measured).where(fitting).order_by(measured.c.entry)
