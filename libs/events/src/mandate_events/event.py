"""The event is the document: a CloudEvents 1.0 event in structured mode, decoded here and never re-encoded.

An event class is a frozen struct whose name is its type: `ProjectAuthorised` of governance is published as
`mandate.governance.project-authorised.v1`. A changed meaning is a new class `ProjectAuthorisedV2`.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from mandate_events.canonical import MAX_DOCUMENT_BYTES, NotCanonical, check

JSON = "application/json"
GENESIS = "0" * 64
"""`previous` of the first event of a stream."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What happened, in the past tense. Fields added after publication must have defaults."""


E = TypeVar("E")


class Recorded(
    msgspec.Struct,
    Generic[E],
    frozen=True,
    kw_only=True,
    gc=False,
    omit_defaults=True,
    tag_field="specversion",
    tag="1.0",
):
    """An event with everything the ledger says about it: the CloudEvents document, attribute by attribute."""

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
    datacontenttype: str
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


_encode = msgspec.json.Encoder(order="sorted").encode


def document_of(record: Recorded[Any], *, loose: bool = True) -> bytes:
    """The canonical bytes of an event: what is stored, hashed, sent and exported. Raises `NotCanonical`.

    `loose` says that the data may hold more than text, dates and truth values: then every value of it is checked.
    """
    if loose:
        check(msgspec.to_builtins(record.data), "/data")
    try:
        document = _encode(record)
    except UnicodeEncodeError:
        check(msgspec.to_builtins(record.data), "/data")
        raise NotCanonical("", "text with a lone surrogate") from None
    if b"\\u0000" in document:  # or a backslash before the letters u0000: the check tells them apart
        check(msgspec.to_builtins(record), "")
    if len(document) > MAX_DOCUMENT_BYTES:
        raise NotCanonical("", f"the document would be {len(document)} bytes; the limit is {MAX_DOCUMENT_BYTES}")
    return document


read_heading = msgspec.json.Decoder(Heading).decode
read_any = msgspec.json.Decoder(Recorded[dict[str, Any]]).decode


def type_name(cls: type[Event]) -> tuple[str, int]:
    """`ProjectAuthorisedV2` is named `project-authorised`, version 2."""
    match = re.fullmatch(r"(.+?)(?:V(\d+))?", cls.__name__)
    assert match is not None
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", match[1]).lower()
    return words, int(match[2] or 1)


def is_loose(kind: inspect.Type) -> bool:
    """Whether a type can hold what has no canonical form: numbers, and objects with keys of anyone's choice."""
    match kind:
        case inspect.StructType(fields=fields):
            return any(is_loose(each.type) for each in fields)
        case inspect.ListType(item_type=item):
            return is_loose(item)
        case inspect.UnionType(types=types):
            return any(is_loose(each) for each in types)
        case inspect.IntType(le=int()):  # bounded: checked where it was read
            return False
        case inspect.StrType() | inspect.BoolType() | inspect.NoneType() | inspect.DateType() | inspect.LiteralType():
            return False
        case _:
            return True


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
        self.loose: set[type[Event]] = set()
        for cls in events:
            words, version = type_name(cls)
            name = f"mandate.{service}.{words}"
            full = f"{name}.v{version}"
            if full in self._decoders:
                raise ValueError(f"two events are named {full}")
            self.types[cls] = full
            if is_loose(inspect.type_info(cls)):
                self.loose.add(cls)
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
