"""Rebuilding: projections from zero, out of the documents they were made from, while everybody goes on reading.

One transaction, in which nobody else projects: readers see the old tables until it commits, consumers wait and then go
on from their cursors, and a crash leaves everything as it was.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mandate_events import parking
from mandate_events.event import Catalogue
from mandate_events.projection import Projection, project, take_turn
from mandate_events.transport import Incoming, understood

CHUNK: Final = 500

Kept: TypeAlias = tuple[int, str, bytes]
"""Where the document stands among all that are kept, the source it came from, the document."""

ReadKept: TypeAlias = Callable[[AsyncConnection, int, int], Awaitable[Sequence[Kept]]]
"""(connection, after, limit): the documents kept after a place, in order."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many documents were read, and how many of them had to be parked."""

    documents: int
    parked: int


async def rebuild(
    engine: AsyncEngine,
    projections: Sequence[Projection],
    catalogues: Mapping[str, Catalogue],
    read: ReadKept,
    *,
    consumer: str = "views",
    progress: Callable[[int], None] | None = None,
) -> Rebuilt:
    """Empty the projections of a consumer's name and apply every document that is kept again.

    What is parked is decided anew: an event that can be handled now is, one that cannot is parked again. What was
    discarded stays so. `progress` is told how many documents are done.
    """
    async with engine.begin() as connection:
        await take_turn(connection)
        discarded = await parking.discarded(connection, consumer)
        await parking.forget(connection, consumer)
        for projection in reversed(projections):
            await projection.clear(connection)
        blocked: dict[str, set[str]] = {source: set() for source in catalogues}
        place, documents, parked = 0, 0, 0
        while kept := await read(connection, place, CHUNK):
            for source, incoming in _runs(kept, catalogues):
                meant = [item for item in incoming if (source, item.heading.position) not in discarded]
                failures = {item.heading.position: item.error for item in meant if item.error}
                found = await project(connection, projections, meant, blocked[source], failures)
                for item in meant:
                    if error := found.get(item.heading.position):
                        await parking.park(connection, consumer, source, item.document, error)
                parked += len(found)
            place = kept[-1][0]
            documents += len(kept)
            if progress:
                progress(documents)
    return Rebuilt(documents, parked)


def _runs(kept: Sequence[Kept], catalogues: Mapping[str, Catalogue]) -> Iterator[tuple[str, list[Incoming]]]:
    """Neighbours of one source together: positions are unique within it."""
    for source, run in groupby(kept, key=lambda each: each[1]):
        yield source, [understood(catalogues[source], document) for _, _, document in run]
