"""Names between services: who the persons are, on a topic of its own that forgets whom it is told to forget.

Names are no part of the record, so no ledger carries them. The topic is keyed by person and compacted: of each person
it keeps what was said last, and an erasure is a record without a value. It is read from its beginning each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from mandate_events.transport.kafka import KafkaSink, KafkaSource

DIRECTORY: Final = "directory"
"""The name of its topic: `mandate.directory`."""

HOUR: Final = 3_600
ERASABLE: Final = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": "0",
    "min.cleanable.dirty.ratio": "0.01",  # compacted for little,
    "max.compaction.lag.ms": str(HOUR * 1000),  # and for a single record soon enough
    "segment.ms": str(HOUR * 1000),  # the segment that is written to is never compacted: it must not stay that
    "delete.retention.ms": str(24 * HOUR * 1000),
}
"""What is no longer said is gone from the broker's files within a few hours, as long as something is sent each hour."""

PULSE: Final = "pulse"
"""The key of a record that says nothing. A segment ends only when a later record comes: without it, the last name that
was replaced or erased would stay in the last segment for as long as nothing else happens."""

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory says of a person: a name, nothing (any more), or that they were erased, which is for good."""

    person: str
    name: str | None = field(repr=False)
    erased: bool = False


class Names(Protocol):
    """The directory, arriving: first all that there is, then what changes."""

    async def open(self) -> None:
        """Begin, with all that there is."""
        ...

    async def receive(self, wait: float) -> Sequence[Entry]:
        """What comes next, in order; after `wait` seconds without any, nothing."""
        ...

    async def whole(self) -> bool:
        """Whether all that there is now has been received."""
        ...

    async def close(self) -> None: ...


class _Value(msgspec.Struct, frozen=True):
    name: str | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Value).decode


class KafkaNames:
    """Follows the topic."""

    def __init__(self, bootstrap: str, topic: str = DIRECTORY) -> None:
        self._source = KafkaSource(topic, bootstrap)

    async def open(self) -> None:
        await self._source.open(0)

    async def receive(self, wait: float) -> Sequence[Entry]:
        deliveries = await self._source.receive(BATCH, wait)
        return [_read(each.key, each.document) for each in deliveries if each.key != PULSE]

    async def whole(self) -> bool:
        return await self._source.behind() == 0

    async def close(self) -> None:
        await self._source.close()


def _read(person: str, value: bytes) -> Entry:
    if not value:
        return Entry(person, None, erased=True)
    try:
        return Entry(person, _decode(value).name)
    except msgspec.DecodeError:  # not ours; whoever keeps the directory sees it and says it anew
        return Entry(person, None)


class KafkaNamesSink(KafkaSink):
    """Publishes the directory."""

    def __init__(self, bootstrap: str, topic: str = DIRECTORY) -> None:
        super().__init__(topic, bootstrap)

    async def put(self, entries: Sequence[Entry]) -> None:
        """Say this of these persons; returns when it is durable there."""
        await self._send([{"key": each.person.encode(), "value": _said(each)} for each in entries])

    async def pulse(self) -> None:
        """Say nothing, so that what was said before can be compacted."""
        await self._send([{"key": PULSE.encode(), "value": None}])


def _said(entry: Entry) -> bytes | None:
    return None if entry.erased else _encode(_Value(entry.name))
