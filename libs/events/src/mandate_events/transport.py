"""The port between services: one ledger's documents, in order, to whoever follows it.

Two transports keep the same promise (one conformance suite holds them to it): every document of a source, byte for
byte, in the order of `sequence`, at least once, from any place on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Delivery:
    """A document as it arrived, and the place from which to read on after it."""

    document: bytes
    place: int


class Source(Protocol):
    """Another service's ledger, arriving."""

    @property
    def name(self) -> str:
        """The service whose ledger it is."""
        ...

    async def open(self, place: int) -> None:
        """Begin to read at a place: 0, or the `place` of a delivery."""
        ...

    async def receive(self, limit: int, wait: float) -> Sequence[Delivery]:
        """Up to `limit` documents; after `wait` seconds without any, none."""
        ...

    async def behind(self) -> int | None:
        """How many documents are waiting, where that can be told."""
        ...

    async def close(self) -> None: ...


class Sink(Protocol):
    """Where the own ledger is published."""

    async def open(self) -> None: ...

    async def publish(self, documents: Sequence[tuple[str, bytes]]) -> None:
        """Send (type, document) in order; returns when all are durable there."""
        ...

    async def last(self) -> bytes | None:
        """The last document published, by whomever."""
        ...

    async def close(self) -> None: ...
