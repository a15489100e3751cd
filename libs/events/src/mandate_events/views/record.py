"""The record that views are made from: a service's own ledger, or an archive of several.

It is read in two ways: in the order in which the live views saw it, to build views; and up to a cut in each ledger, to
tell what they held in the past.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.document.event import Catalogue
from mandate_events.views.view import View

CHUNK: Final = 1_000

Cuts: TypeAlias = Mapping[str, int]
"""How much of each ledger counts, by service: the number of its last document that does."""

Types: TypeAlias = Mapping[str, Collection[str]]
"""Types of events, by service."""

Kept: TypeAlias = tuple[int, str, bytes]
"""The place of a document in the record, the service that recorded it, the document."""


class Record(Protocol):
    """Documents of one or several ledgers, of each without gaps from the first on."""

    async def end(self, connection: AsyncConnection) -> int:
        """The place up to which the live views have seen it."""
        ...

    async def read(self, connection: AsyncConnection, after: int, until: int, limit: int) -> Sequence[Kept]:
        """What follows a place, in the order in which the live views saw it."""
        ...

    async def cuts(self, connection: AsyncConnection, known_at: datetime) -> Cuts:
        """How much of each ledger had been recorded by an instant, as far as it is here."""
        ...

    def past(self, connection: AsyncConnection, types: Types, cuts: Cuts) -> AsyncIterator[tuple[str, Sequence[bytes]]]:
        """The documents of some types up to the cuts, with their service: one ledger after the other, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Lists:
    """The views of a service, and what they are made from."""

    service: str
    views: Sequence[View]
    catalogues: Mapping[str, Catalogue]
    """What is understood of each ledger in the record."""
    record: Record


class OwnLedger:
    """The ledger of the service itself."""

    def __init__(self, service: str) -> None:
        self.service = service

    async def end(self, connection: AsyncConnection) -> int:
        seen = await connection.execute(text(_SEEN), {"source": self.service})
        return seen.scalar_one_or_none() or 0

    async def read(self, connection: AsyncConnection, after: int, until: int, limit: int) -> Sequence[Kept]:
        rows = await connection.execute(text(_READ), {"after": after, "until": until, "limit": limit})
        return [(row[0], self.service, row[1]) for row in rows]

    async def cuts(self, connection: AsyncConnection, known_at: datetime) -> Cuts:
        cut = await connection.execute(text(_CUT), {"known_at": known_at})
        return {self.service: cut.scalar_one()}

    async def past(
        self, connection: AsyncConnection, types: Types, cuts: Cuts
    ) -> AsyncIterator[tuple[str, Sequence[bytes]]]:
        wanted = {"types": list(types[self.service]), "until": cuts[self.service]}
        rows = await connection.stream(text(_OF_TYPES), wanted)
        async for some in rows.partitions(CHUNK):
            yield self.service, [row[0] for row in some]


_SEEN: Final = "select sequence from ledger.cursors where consumer = 'views' and source = :source"

_READ: Final = """
select position, document from ledger.events
where position > :after and position <= :until order by position limit :limit
"""

_OF_TYPES: Final = """
select document from ledger.events where type = any(:types) and position <= :until order by position
"""

_CUT: Final = """
with recursive halves (low, high) as (
    select cast(0 as bigint), coalesce(max(position), 0) + 1 from ledger.events
  union all
    select case when recorded_at <= :known_at then position else low end,
        case when recorded_at <= :known_at then high else position end
    from halves join ledger.events on position = (low + high) / 2 where high - low > 1
)
select max(low) from halves
"""
"""Times rise with positions, so the last one of an instant is found by halving, without an index on them."""
