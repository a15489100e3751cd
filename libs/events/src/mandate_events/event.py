"""The event is the document: a CloudEvents 1.0 event in structured mode, decoded here and never re-encoded.

An event class is a frozen struct whose name is its type: `ProjectAuthorised` of governance is published as
`mandate.governance.project-authorised.v1`. A changed meaning is a new class `ProjectAuthorisedV2`.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

GENESIS = "0" * 64
"""`previous` of the first event of a stream."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What happened, in the past tense. Fields added after publication must have defaults."""


E = TypeVar("E")


class Recorded(msgspec.Struct, Generic[E], frozen=True, kw_only=True, gc=False):
    """An event with everything the ledger says about it. Attribute names are those of the document."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: str
    streamversion: int
    correlationid: str
    causationid: str
    occurredat: datetime
    actor: str
    actingas: str
    authority: str
    policy: str
    previous: str
    data: E
    partitionkey: str | None = None
    standard: str | None = None
    reason: str | None = None

    @property
    def position(self) -> int:
        return int(self.sequence)

    @property
    def reference(self) -> str:
        """`stream@version`: how an `authority` names the event it rests on."""
        return f"{self.subject}@{self.streamversion}"


class Heading(msgspec.Struct, frozen=True, gc=False):
    """The part of any document that a consumer needs before it knows what it holds."""

    id: str
    source: str
    type: str
    subject: str
    sequence: str
    time: datetime
    partitionkey: str | None = None

    @property
    def position(self) -> int:
        return int(self.sequence)

    @property
    def key(self) -> str:
        """What is parked together: the project where there is one, else the stream."""
        return self.partitionkey or self.subject


read_heading = msgspec.json.Decoder(Heading).decode
read_any = msgspec.json.Decoder(Recorded[dict[str, Any]]).decode


def type_name(cls: type[Event]) -> tuple[str, int]:
    """`ProjectAuthorisedV2` is named `project-authorised`, version 2."""
    match = re.fullmatch(r"(.+?)(?:V(\d+))?", cls.__name__)
    assert match is not None
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", match[1]).lower()
    return words, int(match[2] or 1)


class UnknownType(LookupError):
    """A type this catalogue does not name at all: archive it, ignore it."""


class UnknownVersion(LookupError):
    """A name this catalogue knows in a version it does not: park it until the software is upgraded."""


class Catalogue:
    """The events of one service that this program understands: types to classes and back."""

    def __init__(self, service: str, events: Iterable[type[Event]]) -> None:
        self.service = service
        self.source = f"/mandate/{service}"
        self._decoders: dict[str, msgspec.json.Decoder[Recorded[Any]]] = {}
        self._names: set[str] = set()
        self.types: dict[type[Event], str] = {}
        for cls in events:
            words, version = type_name(cls)
            name = f"mandate.{service}.{words}"
            full = f"{name}.v{version}"
            if full in self._decoders:
                raise ValueError(f"two events are named {full}")
            self.types[cls] = full
            self._names.add(name)
            self._decoders[full] = msgspec.json.Decoder(Recorded[cls])  # type: ignore[valid-type]

    def decode(self, type_: str, document: bytes) -> Recorded[Any]:
        """The typed event in `document`. Unknown fields are ignored: an older reader meets a newer writer."""
        decoder = self._decoders.get(type_)
        if decoder is None:
            if type_.rpartition(".v")[0] in self._names:
                raise UnknownVersion(type_)
            raise UnknownType(type_)
        return decoder.decode(document)

    def knows(self, type_: str) -> bool:
        return type_ in self._decoders
