"""Parking: an event whose handler failed is put aside raw; later events of its key wait behind it, others go on.

Nothing is skipped silently: a parked event is listed, retried, or discarded with a name and a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.document.event import read_heading

WAITING = "waits behind an earlier event of its key"

NOT_YET = "not yet"
"""How the error of an event begins that needs what another one brings."""


@dataclass(frozen=True, slots=True)
class Parked:
    consumer: str
    source: str
    sequence: int
    key: str
    document: bytes
    error: str
    attempts: int
    parked_at: datetime

    @property
    def type(self) -> str:
        return read_heading(self.document).type


async def park(connection: AsyncConnection, consumer: str, source: str, document: bytes, error: str) -> None:
    """Put a document aside; one that is there already counts one more attempt."""
    heading = read_heading(document)
    await connection.execute(
        text(_PARK),
        {
            "consumer": consumer,
            "source": source,
            "sequence": heading.position,
            "key": heading.key,
            "document": document,
            "error": error[:2000],
        },
    )


async def parked(connection: AsyncConnection, consumer: str, source: str | None = None) -> Sequence[Parked]:
    """What waits, in order."""
    rows = await connection.execute(text(_PARKED), {"consumer": consumer, "source": source})
    return [Parked(*row) for row in rows]


async def blocked(connection: AsyncConnection, consumer: str, source: str) -> dict[str, Parked]:
    """The keys behind which events wait, each with the first of them."""
    rows = await connection.execute(text(_BLOCKED), {"consumer": consumer, "source": source})
    return {row.key: Parked(*row) for row in rows}


async def discarded(connection: AsyncConnection, consumer: str) -> set[tuple[str, int]]:
    """(source, sequence) of what was given up."""
    rows = await connection.execute(text(_DISCARDED), {"consumer": consumer})
    return {(row[0], row[1]) for row in rows}


async def forget(connection: AsyncConnection, consumer: str) -> None:
    """Begin anew: nothing waits. What was given up stays given up."""
    await connection.execute(text(_FORGET), {"consumer": consumer})


async def count(connection: AsyncConnection, consumer: str, source: str) -> int:
    """How many wait."""
    waiting: int = (await connection.execute(text(_COUNT), {"consumer": consumer, "source": source})).scalar_one()
    return waiting


async def claim(connection: AsyncConnection, item: Parked) -> bool:
    """Hold it to the end of the transaction; false where somebody else has handled or discarded it meanwhile."""
    return (await connection.execute(text(_CLAIM), _which(item))).first() is not None


async def unpark(connection: AsyncConnection, item: Parked) -> None:
    """It has been handled."""
    await connection.execute(text(_UNPARK), _which(item))


async def discard(connection: AsyncConnection, item: Parked, by: str, reason: str) -> None:
    """Give it up, on record: it stays in the table with who gave it up, when and why."""
    if not reason.strip():
        raise ValueError("a discarded event needs a reason")
    await connection.execute(text(_DISCARD), {**_which(item), "by": by, "reason": reason})


def _which(item: Parked) -> dict[str, Any]:
    return {"consumer": item.consumer, "source": item.source, "sequence": item.sequence}


_PARK: Final = """
insert into ledger.parked (consumer, source, sequence, key, document, error)
values (:consumer, :source, :sequence, :key, :document, :error)
on conflict (consumer, source, sequence)
do update set error = excluded.error, attempts = ledger.parked.attempts + 1
"""
_PARKED: Final = """
select consumer, source, sequence, key, document, error, attempts, parked_at from ledger.parked
where consumer = :consumer and discarded_at is null and (cast(:source as text) is null or source = :source)
order by source, sequence
"""
_BLOCKED: Final = """
select distinct on (key) consumer, source, sequence, key, document, error, attempts, parked_at from ledger.parked
where consumer = :consumer and source = :source and discarded_at is null order by key, sequence
"""
_COUNT: Final = """
select count(*) from ledger.parked where consumer = :consumer and source = :source and discarded_at is null
"""
_CLAIM: Final = """
select 1 from ledger.parked
where consumer = :consumer and source = :source and sequence = :sequence and discarded_at is null for update
"""
_DISCARDED: Final = "select source, sequence from ledger.parked where consumer = :consumer and discarded_at is not null"
_FORGET: Final = "delete from ledger.parked where consumer = :consumer and discarded_at is null"
_UNPARK: Final = """
delete from ledger.parked where consumer = :consumer and source = :source and sequence = :sequence
"""
_DISCARD: Final = """
update ledger.parked
set discarded_at = clock_timestamp(), discarded_by = :by, discarded_reason = :reason
where consumer = :consumer and source = :source and sequence = :sequence
"""
