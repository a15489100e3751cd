"""All lists of reporting. They are made from the archive."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.document.event import name_of
from mandate_events.views.record import CHUNK, Cuts, Kept, Lists, Types
from reporting.heard import HEARD
from reporting.views.archive import ARCHIVE, cuts
from reporting.views.mandates import MANDATES_VIEW
from reporting.views.portfolio import PORTFOLIO_VIEW


class Archive:
    """The archive as a record: places are its entries."""

    async def end(self, connection: AsyncConnection) -> int:
        last: int = (await connection.execute(select(func.coalesce(func.max(ARCHIVE.c.entry), 0)))).scalar_one()
        return last

    async def read(self, connection: AsyncConnection, after: int, until: int, limit: int) -> Sequence[Kept]:
        wanted = select(ARCHIVE.c.entry, ARCHIVE.c.source, ARCHIVE.c.document)
        wanted = wanted.where(ARCHIVE.c.entry > after, ARCHIVE.c.entry <= until)
        rows = await connection.execute(wanted.order_by(ARCHIVE.c.entry).limit(limit))
        return [(row.entry, row.source, row.document) for row in rows]

    async def cuts(self, connection: AsyncConnection, known_at: datetime) -> Cuts:
        return await cuts(connection, known_at=known_at)

    async def past(
        self, connection: AsyncConnection, types: Types, cuts: Cuts
    ) -> AsyncIterator[tuple[str, Sequence[bytes]]]:
        """By name, so that a version that is not understood holds up what follows it, as it does live."""
        for source, its_types in sorted(types.items()):
            names = {name_of(type_) for type_ in its_types}
            wanted = select(ARCHIVE.c.document).where(
                ARCHIVE.c.source == source, ARCHIVE.c.name.in_(names), ARCHIVE.c.sequence <= cuts[source]
            )
            rows = await connection.stream(wanted.order_by(ARCHIVE.c.sequence))
            async for some in rows.partitions(CHUNK):
                yield source, [row.document for row in some]


LISTS: Final = Lists("reporting", (PORTFOLIO_VIEW, MANDATES_VIEW), HEARD, Archive())
