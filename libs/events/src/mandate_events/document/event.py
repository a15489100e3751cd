"""The event is the document: a CloudEvents 1.0 event in structured mode, decoded here and never re-encoded.

An event class is a frozen struct whose name is its type: `ProjectAuthorised` of governance is published as
`mandate.governance.project-authorised.v1`. A changed meaning is a new class `ProjectAuthorisedV2`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import inspect

from mandate_events.document.canonical import MAX_DOCUMENT_BYTES, NotCanonical, check
from mandate_events.document.formats import INSTANT, UUID_PATTERN, ProjectId, Sha256, Uuid, Versioned, told

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

    id: Annotated[Uuid, told("Of this event alone; a UUIDv7, so that ids sort by time")]
    source: Annotated[str, told("The ledger it stands in")]
    type: Annotated[str, told("What happened, and the version of its shape")]
    subject: Annotated[str, told("The stream it is on: the kind of thing and its id", pattern="^[a-z-]+/.+$")]
    time: Annotated[datetime, told("When it was recorded, by the database's clock", **INSTANT)]
    sequence: Annotated[str, told("Its number in the ledger: from 1, without gaps, 20 digits", pattern="^[0-9]{20}$")]
    streamversion: Annotated[int, told("Its number on its stream", minimum=1, maximum=2**31 - 1)]
    correlationid: Annotated[str, told("The request that all of this began with", minLength=1)]
    causationid: Annotated[str, told("The event reacted to, or the key of the command", minLength=1)]
    occurredat: Annotated[datetime, told("When it happened", **INSTANT)]
    actor: Annotated[str, told("A person's opaque id, or `system/<policy>`", pattern=f"^({UUID_PATTERN}|system/.+)$")]
    actingas: Annotated[str, told("The role they acted in", pattern="^[a-z_]+$")]
    authority: Annotated[
        str,
        told("What the role rests on: an event, as `stream@version`; for a policy `service:sequence`", minLength=1),
    ]
    policy: Annotated[Sha256, told("SHA-256 of the table of rights in force")]
    previous: Annotated[Sha256, told("SHA-256 of the document before it on its stream; zeros for the first")]
    data: Annotated[E, told("What happened")]
    datacontenttype: Annotated[str, told(const=JSON)]
    partitionkey: Annotated[ProjectId, told("The project, where there is one")] | None = None
    standard: Annotated[Versioned, told("The standard in force for the subject, where there is one")] | None = None
    reason: Annotated[str, told("Why, in one line", minLength=1, maxLength=500)] | None = None

    @property
    def position(self) -> int:
        return int(self.sequence)

    @property
    def reference(self) -> str:
        """`stream@version`: how an `authority` names the event it rests on."""
        return f"{self.subject}@{self.streamversion}"

    @property
    def thing(self) -> str:
        """The id of what the stream is about: `<id>` of `project/<id>`."""
        return self.subject.partition("/")[2]


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


def name_of(type_: str) -> str:
    """`mandate.governance.project-authorised.v1` is named `project-authorised`."""
    return (type_.rpartition(".v")[0] or type_).rpartition(".")[2]


def type_name(cls: type[Event]) -> tuple[str, int]:
    """`ProjectAuthorisedV2` is named `project-authorised`, version 2."""
    match = re.fullmatch(r"(.+?)(?:V(\d+))?", cls.__name__)
    assert match is not None
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", match[1]).lower()
    return words, int(match[2] or 1)


def is_loose(kind: inspect.Type) -> bool:
    """Whether a type can hold what has no canonical form: numbers, and objects with keys of anyone's choice."""
    match kind:
        case inspect.Metadata(type=bare):
            return is_loose(bare)
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


Upcasts: TypeAlias = Mapping[Any, Callable[[Any], Event]]
"""Of each older version of an event, by its class, the function that makes the next version of it."""


class Catalogue:
    """The events of one service that this program understands: types to classes and back.

    `upcasts` names the versions that are read and never written again, each with what makes the next version of it.
    Only the decoded copy changes: the record still says which type the document has, and the bytes stay as they are.
    """

    def __init__(self, service: str, events: Iterable[type[Event]], upcasts: Upcasts | None = None) -> None:
        self.service = service
        self.source = f"/mandate/{service}"
        self._readers: dict[str, Callable[[bytes], Recorded[Any]]] = {}
        self._names: set[str] = set()
        self.types: dict[type[Event], str] = {}
        self.outdated: dict[type[Event], str] = {}
        self.loose: set[type[Event]] = set()
        for cls in events:
            self.types[cls] = self._name(cls)
            self._readers[self.types[cls]] = _decoder(cls)
            if is_loose(inspect.type_info(cls)):
                self.loose.add(cls)
        for cls in upcasts or {}:
            self.outdated[cls] = self._name(cls)
            self._readers[self.outdated[cls]] = _upcasting(_decoder(cls), upcasts or {})

    def _name(self, cls: type[Event]) -> str:
        words, version = type_name(cls)
        name = f"mandate.{self.service}.{words}"
        full = f"{name}.v{version}"
        if full in self._readers:
            raise ValueError(f"two events are named {full}")
        self._names.add(name)
        return full

    def decode(self, type_: str, document: bytes) -> Recorded[Any]:
        """The typed event in `document`, in the newest version of its type. Unknown fields are ignored: an older reader
        meets a newer writer."""
        reader = self._readers.get(type_)
        if reader is None:
            if type_.rpartition(".v")[0] in self._names:
                raise UnknownVersion(type_)
            raise UnknownType(type_)
        return reader(document)

    def knows(self, type_: str) -> bool:
        return type_ in self._readers

    def types_of(self, event: type[Event]) -> list[str]:
        """The types of all documents that are read as this event: its own and those of the versions before it."""
        if event not in self.types:
            return []
        name, _, _ = self.types[event].rpartition(".v")
        return [type_ for type_ in self.outdated.values() if type_.rpartition(".v")[0] == name] + [self.types[event]]


def _decoder(cls: type[Event]) -> Callable[[bytes], Recorded[Any]]:
    return msgspec.json.Decoder(Recorded[cls]).decode  # type: ignore[valid-type]


def _upcasting(decode: Callable[[bytes], Recorded[Any]], upcasts: Upcasts) -> Callable[[bytes], Recorded[Any]]:
    def read(document: bytes) -> Recorded[Any]:
        record = decode(document)
        data = record.data
        while upcast := upcasts.get(type(data)):
            data = upcast(data)
        return msgspec.structs.replace(record, data=data)

    return read
