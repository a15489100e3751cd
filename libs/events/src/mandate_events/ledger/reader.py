"""Reading the ledger: a thing is folded from its stream, a history is replayed in position order.

A read never trusts a cache by itself: the same query that would fetch the tail of a stream proves that there is none.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from mandate_events.deciding import Aggregate
from mandate_events.deciding.batch import Fold
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import WrittenByNewer
from mandate_events.document.event import Recorded, UnknownType, UnknownVersion
from mandate_events.ledger.statements import AFTER, BLOB, FEED, LAST, STREAM_SINCE, STREAM_UNTIL, STREAMS_SINCE

MAX_FOLDS: Final = 10_000
CHUNK: Final = 5_000
END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)
"""PostgreSQL's `infinity`."""


class Reader:
    """Committed state, for queries. Never for deciding: that happens in the batch."""

    def __init__(self, domain: Domain, pool: "asyncpg.Pool[Any]") -> None:
        self._domain = domain
        self._pool = pool
        self._folds: OrderedDict[str, Fold] = OrderedDict()

    async def fold(self, aggregate: Aggregate[Any], id_: str) -> Fold:
        """The thing as committed now; version 0 where it does not exist. Raises `WrittenByNewer`."""
        stream = aggregate.stream(id_)
        fold = self._folds.get(stream) or Fold(aggregate)
        rows = await self._pool.fetch(STREAM_SINCE, stream, fold.version)
        if rows:
            fold = self._after(fold, rows)
            self._keep(stream, fold)
        return fold.known

    async def folds(self, wanted: Mapping[str, Aggregate[Any]]) -> dict[str, Fold]:
        """Many things as committed now, by their streams, with one query. One that only a newer version of this program
        can read stays as it was before that: whoever asks for what is known of it meets `WrittenByNewer`."""
        found = {stream: self._folds.get(stream) or Fold(aggregate) for stream, aggregate in wanted.items()}
        versions = [fold.version for fold in found.values()]
        changed = set()
        for stream, type_, document in await self._pool.fetch(STREAMS_SINCE, list(found), versions):
            found[stream] = found[stream].then(self._domain.catalogue, type_, document, self._domain.asked)
            changed.add(stream)
        for stream in changed:
            self._keep(stream, found[stream])
        return found

    def _keep(self, stream: str, fold: Fold) -> None:
        self._folds[stream] = fold
        if len(self._folds) > MAX_FOLDS:
            self._folds.popitem(last=False)

    async def fold_at(
        self, aggregate: Aggregate[Any], id_: str, known_at: datetime | None, before: datetime | None = None
    ) -> Fold:
        """The thing by what had been recorded by an instant, and had happened before another. None is no limit.

        Nothing is dated back, so what happened before is what a stream begins with.
        """
        if known_at is None and before is None:
            return await self.fold(aggregate, id_)
        rows = await self._pool.fetch(STREAM_UNTIL, aggregate.stream(id_), known_at or END_OF_TIME)
        fold = Fold(aggregate)
        for type_, document in rows:
            try:
                record = self._domain.catalogue.decode(type_, document)
            except (UnknownType, UnknownVersion) as unknown:
                raise WrittenByNewer(type_) from unknown
            if before is not None and record.occurredat >= before:
                break
            fold = fold.after(record, document, self._domain.asked)
        return fold

    async def documents(
        self, after: int = 0, until: int | None = None
    ) -> AsyncIterator[tuple[int, str, bytes, datetime]]:
        """(position, type, document, time) in order, in constant memory."""
        while rows := await self._pool.fetch(AFTER, after, CHUNK):
            for row in rows:
                if until is not None and row[0] > until:
                    return
                yield row[0], row[1], row[2], row[3]
            after = rows[-1][0]

    async def end(self) -> int:
        """The last position."""
        last: int = await self._pool.fetchval(LAST)
        return last

    async def following(self, after: int, limit: int, size: int) -> Sequence[tuple[int, str, str, bytes]]:
        """(position, stream, type, document) of what is next: so many and so many bytes at most, but at least one."""
        return [tuple(row) for row in await self._pool.fetch(FEED, after, limit, size)]

    async def replay(self, after: int = 0, until: int | None = None) -> AsyncIterator[Recorded[Any]]:
        """Every event, decoded, in position order."""
        decode = self._domain.catalogue.decode
        async for _, type_, document, _ in self.documents(after, until):
            yield decode(type_, document)

    async def blob(self, sha256: bytes) -> tuple[str, bytes] | None:
        """(media type, content), or None."""
        row = await self._pool.fetchrow(BLOB, sha256)
        return (row[0], row[1]) if row else None

    def _after(self, fold: Fold, rows: "list[asyncpg.Record]") -> Fold:
        for type_, document in rows:
            fold = fold.then(self._domain.catalogue, type_, document, self._domain.asked)
        return fold
