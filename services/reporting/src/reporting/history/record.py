"""The archive as a record: what lists are made from, and what reporting reads in place of a ledger of its own."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.deciding import Mandate
from mandate_events.deciding.rights import Rights
from mandate_events.document.event import name_of
from mandate_events.views.record import CHUNK, Cuts, Kept, Types
from mandate_events.worker.consumer import Consumer
from mandate_web.chapters.house import House
from mandate_web.chapters.opened import Opened
from mandate_web.live.events import Feed
from mandate_web.routes.moment import NOW, Moment
from reporting.history.archive import ARCHIVE, cuts, keep
from reporting.history.feed import ArchiveFeed
from reporting.people.views import held_at, held_by


class ArchivedDocuments:
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


class Archive:
    """Every ledger is followed, archived in the transaction in which it is projected, and read from here."""

    record: Final = ArchivedDocuments()

    async def find_held(self, opened: Opened, person: str, moment: Moment) -> Sequence[Mandate]:
        """The mandates that a person held at a moment."""
        if moment == NOW:
            return await held_by(opened.engine, person)
        async with opened.engine.connect() as connection:
            return await held_at(connection, person, moment.known_at, moment.before)

    def feed(self, opened: Opened, rights: Rights) -> Feed:
        """What is told live."""
        return ArchiveFeed(opened.engine, rights)

    def consumers(self, opened: Opened, house: House) -> Sequence[Consumer]:
        """One per ledger."""
        views = house.lists.views
        return [
            Consumer(
                "views",
                opened.source(service),
                catalogue,
                opened.engine,
                service="reporting",
                views=views,
                keep=keep,
            )
            for service, catalogue in house.heard.items()
        ]
