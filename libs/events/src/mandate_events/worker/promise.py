"""The promise of a source: one number after the other, and each for ever with the same bytes."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.document.canonical import digest
from mandate_events.document.event import Catalogue, Heading, read_heading
from mandate_events.transport.port import Delivery, Fork, Garbled, Incoming, Loss, understood


def sift(
    source: str, catalogue: Catalogue, deliveries: Sequence[Delivery], begin: int
) -> tuple[list[Incoming], list[tuple[int, bytes]]]:
    """What comes next, from the number `begin` on; and the numbers that came before, with the digests they have now.

    Raises `Loss` where a number is missing, `Fork` where one came twice with different bytes.
    """
    incoming: list[Incoming] = []
    earlier: list[tuple[int, bytes]] = []
    for delivery in deliveries:
        heading = _heading(source, catalogue, delivery)
        number = heading.position - begin
        if number < 0:
            earlier.append((heading.position, digest(delivery.document)))
        elif number > len(incoming):
            raise Loss(f"{source}:{begin + len(incoming)} never arrived; {heading.position} did")
        elif number == len(incoming):
            incoming.append(understood(catalogue, delivery.document, heading))
        elif incoming[number].document != delivery.document:
            raise Fork(f"{source}:{heading.position} arrived twice with different bytes")
    return incoming, earlier


def _heading(source: str, catalogue: Catalogue, delivery: Delivery) -> Heading:
    try:
        heading = read_heading(delivery.document)
        fits = heading.source == catalogue.source and heading.position > 0
    except ValueError as error:  # msgspec.DecodeError, or a sequence that is no number
        raise Garbled(f"{source}, before place {delivery.place}: {error}") from error
    if not fits:
        raise Garbled(f"{source}, before place {delivery.place}: {heading.source}:{heading.sequence}")
    return heading


async def compare(connection: AsyncConnection, source: str, arrived: Sequence[tuple[int, bytes]]) -> None:
    """A number that was received before, by whichever consumer, must have the same bytes now."""
    numbers = [number for number, _ in arrived]
    rows = await connection.execute(text(_RECEIVED), {"source": source, "numbers": numbers})
    known = {row.sequence: row.digest for row in rows}
    for number, its_digest in arrived:
        if known.get(number, its_digest) != its_digest:
            raise Fork(f"{source}:{number} arrived twice with different bytes")


async def remember(connection: AsyncConnection, source: str, arrived: Sequence[tuple[int, bytes]]) -> None:
    """Keep what each number was; one that another consumer has kept must have been the same."""
    if not arrived:
        return
    numbers, digests = zip(*arrived, strict=True)
    remembered = await connection.execute(text(_REMEMBER), {"source": source, "sequences": numbers, "digests": digests})
    if remembered.rowcount != len(arrived):
        await compare(connection, source, arrived)


_RECEIVED: Final = """
select sequence, digest from ledger.received where source = :source and sequence = any(:numbers)
"""
_REMEMBER: Final = """
insert into ledger.received (source, sequence, digest)
select :source, sequence, digest from unnest(cast(:sequences as bigint[]), cast(:digests as bytea[]))
    as row (sequence, digest)
on conflict (source, sequence) do nothing
"""
