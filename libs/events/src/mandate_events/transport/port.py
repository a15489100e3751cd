"""The port between services: one ledger's documents, in order, to whoever follows it.

Two transports keep the same promise (one conformance suite holds them to it): every document of a source, byte for
byte, in the order of `sequence`, at least once, from any place on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mandate_events.document.event import Catalogue, Heading, Recorded, UnknownType, UnknownVersion, read_heading


class TransportUnavailable(ConnectionError):
    """The transport cannot be reached or does not answer; try again later."""


class Halted(RuntimeError):
    """The source contradicts itself; a person has to look."""


class Loss(Halted):
    """A number of the source never arrived, or what was read from it is no longer there."""


class Fork(Halted):
    """The source gave one number to two documents."""


class Garbled(Halted):
    """What arrived is not a document of that ledger."""


class Fenced(RuntimeError):
    """Another process moved the cursor: this one no longer leads."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A document as it arrived, and the place from which to read on after it."""

    document: bytes
    place: int
    key: str = ""
    """Of a topic that is keyed: what the record is about."""


UNKNOWN_VERSION = "unknown version"
"""How the error of an event begins that an upgrade of this program will be able to read."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document in its turn; `record` is None where its type is not known here, or `error` says why it is not read."""

    heading: Heading
    document: bytes
    record: Recorded[Any] | None
    error: str | None = None


def understood(catalogue: Catalogue, document: bytes, heading: Heading | None = None) -> Incoming:
    """A document, decoded as far as this program can."""
    heading = heading or read_heading(document)
    try:
        return Incoming(heading, document, catalogue.decode(heading.type, document))
    except UnknownType:
        return Incoming(heading, document, None)
    except UnknownVersion:
        return Incoming(heading, document, None, error=f"{UNKNOWN_VERSION}: {heading.type}")
    except ValueError as error:  # msgspec.DecodeError: the document does not hold what its type promises
        return Incoming(heading, document, None, error=f"not readable as {heading.type}: {error}")


class Source(Protocol):
    """Another service's ledger, arriving."""

    @property
    def name(self) -> str:
        """The service whose ledger it is."""
        ...

    async def open(self, place: int) -> None:
        """Begin to read at a place: 0, the `place` of a delivery, or one less, so that this delivery comes again."""
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
