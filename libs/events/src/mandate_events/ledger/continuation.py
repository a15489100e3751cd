"""What a topic adds to a ledger: each document proven to be the very next one, before anybody records it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from mandate_events.document.canonical import NotCanonical, digest, encode
from mandate_events.document.event import (
    GENESIS,
    Catalogue,
    Heading,
    Recorded,
    UnknownType,
    UnknownVersion,
    read_heading,
)
from mandate_events.ledger.statements import AT, DOCUMENTS, HEADS, LAST
from mandate_events.transport.port import Fork, Garbled, Loss


@dataclass(frozen=True, slots=True)
class Found:
    """A document that continues the ledger."""

    document: bytes
    record: Recorded[Any]


class Continuation:
    """Follows the ledger on `connection`, which nobody else writes meanwhile, into its topic."""

    def __init__(self, catalogue: Catalogue, connection: "asyncpg.Connection[Any]") -> None:
        self._catalogue = catalogue
        self._connection = connection
        self._end = 0
        self._time: datetime | None = None
        self._digests: list[bytes] = []
        self._heads: dict[str, tuple[int, str]] = {}

    async def open(self) -> None:
        row = await self._connection.fetchrow(LAST)
        assert row is not None
        self._end = row[0]
        last = await self._connection.fetchrow(AT, self._end)
        self._time = last[0] if last else None

    async def take(self, documents: Sequence[bytes]) -> list[Found]:
        """Of the next documents of the topic those that the ledger lacks.

        Raises `Fork` where a number has other bytes than in the ledger, or than it had before; `Loss` where a number
        is missing; `Garbled` for what is no document of this ledger, or does not follow on its stream.
        """
        headings = [self._heading(document) for document in documents]
        ours = await self._ours([heading.position for heading in headings])
        await self._load_heads({heading.subject for heading in headings if heading.position > self._end})
        found = []
        for heading, document in zip(headings, documents, strict=True):
            number = heading.position
            if number <= self._end:
                self._same(heading, digest(ours[number]), digest(document))
            elif number <= self._end + len(self._digests):
                self._same(heading, self._digests[number - self._end - 1], digest(document))
            elif number > self._end + len(self._digests) + 1:
                missing = self._end + len(self._digests) + 1
                raise Loss(f"{self._catalogue.service}:{missing} is not in the topic; {number} is")
            else:
                found.append(Found(document, self._next(heading, document)))
        return found

    def _heading(self, document: bytes) -> Heading:
        try:
            heading = read_heading(document)
            if heading.source == self._catalogue.source and heading.position > 0:
                return heading
        except ValueError as error:
            raise Garbled(f"the topic of {self._catalogue.service} holds what is no document: {error}") from error
        raise Garbled(f"the topic of {self._catalogue.service} holds {heading.source}:{heading.sequence}")

    async def _ours(self, numbers: Sequence[int]) -> dict[int, bytes]:
        return {row[0]: row[1] for row in await self._connection.fetch(DOCUMENTS, numbers)}

    async def _load_heads(self, streams: set[str]) -> None:
        """The last version and its hash of streams that were not seen yet."""
        unknown = list(streams - self._heads.keys())
        self._heads.update(dict.fromkeys(unknown, (0, GENESIS)))
        for stream, version, document in await self._connection.fetch(HEADS, unknown):
            self._heads[stream] = (version, digest(document).hex())

    def _same(self, heading: Heading, known: bytes, arrived: bytes) -> None:
        if known != arrived:
            raise Fork(
                f"{self._catalogue.service}:{heading.position} is the first number under which the topic holds another"
                f" document: {heading.type} on {heading.subject}, SHA-256 {arrived.hex()}, not {known.hex()}"
            )

    def _next(self, heading: Heading, document: bytes) -> Recorded[Any]:
        """The document that comes next, read; it must be ours, canonical, and next on its stream too."""
        where = f"{self._catalogue.service}:{heading.position}"
        try:
            record: Recorded[Any] = self._catalogue.decode(heading.type, document)
            canonical = encode(orjson.loads(document)) == document
        except (UnknownType, UnknownVersion) as error:
            raise Garbled(
                f"{where} is {heading.type}, which this version does not know: use the one that wrote it"
            ) from error
        except (ValueError, NotCanonical) as error:
            raise Garbled(f"{where} cannot be read: {error}") from error
        version, head = self._heads[heading.subject]
        if not canonical or record.sequence != f"{record.position:020d}":
            raise Garbled(f"{where} is not canonical")
        if (record.streamversion, record.previous) != (version + 1, head):
            raise Garbled(f"{where} does not follow version {version} of {record.subject}")
        if self._time is not None and record.time < self._time:
            raise Garbled(f"{where} was recorded before the event ahead of it")
        self._time = record.time
        self._heads[record.subject] = (record.streamversion, digest(document).hex())
        self._digests.append(digest(document))
        return record
