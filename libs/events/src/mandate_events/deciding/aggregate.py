"""An aggregate: one kind of thing that is decided on, and what a decision about it may know."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

import immutables
import msgspec

from mandate_events.deciding.command import Instruction
from mandate_events.deciding.marks import Marks
from mandate_events.deciding.telling import file_of
from mandate_events.document.event import Event, Recorded

S = TypeVar("S")
T = TypeVar("T")


class State(msgspec.Struct, frozen=True):
    """What an aggregate is, folded from its events. A change makes a new one: `replace(state, status="held")`."""


replace = msgspec.structs.replace


@dataclass(frozen=True, slots=True)
class Mandate:
    """A role that a person holds, where, and the event it rests on (`stream@version`)."""

    role: str
    authority: str
    project: str | None = None


class Context(Protocol):
    """What a decision may know besides its own stream."""

    @property
    def actor(self) -> str: ...
    @property
    def acting_as(self) -> str: ...
    @property
    def now(self) -> datetime: ...
    @property
    def subject(self) -> str: ...

    """The id of the thing decided on (the part of the stream's name after the slash)."""

    @property
    def project(self) -> str | None: ...
    @property
    def marks(self) -> Marks: ...

    """What the separations of duties ask to be kept of its stream."""

    def read(self, aggregate: "Aggregate[T]", id_: str) -> T | None: ...
    def read_many(self, aggregate: "Aggregate[T]", ids: Iterable[str]) -> Mapping[str, T | None]: ...

    """Many of one kind, by id: what is not loaded yet is loaded with one query."""

    def version(self, aggregate: "Aggregate[Any]", id_: str) -> int: ...
    def attach(self, media_type: str, content: bytes) -> str: ...


@dataclass(frozen=True, slots=True)
class On:
    """An event for another stream than the one decided on; it is appended in the same transaction."""

    aggregate: "Aggregate[Any]"
    id: str
    event: Event


Decided: TypeAlias = Sequence[Event | On]


class Looking(Protocol):
    """What is known before a command is decided, when the streams that it will read are being loaded."""

    @property
    def actor(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def project(self) -> str | None: ...
    def read(self, aggregate: "Aggregate[T]", id_: str) -> T | None: ...

    """The state; None where there is none, or none is loaded yet: then this is asked again when it is."""


Streams: TypeAlias = Iterable[tuple["Aggregate[Any]", str]]
"""Things by kind and id."""

Records: TypeAlias = Mapping[type[Instruction], tuple[type[Event], ...]]
"""Of each command the events that it may record."""

UNSAID: Final[Records] = immutables.Map()
"""An aggregate that does not say what it records; one that takes no command says `{}`."""


def nothing(_state: Any, _command: Any, _looking: Looking) -> Streams:
    """A decision reads its own stream alone."""
    return ()


_SOME: Final = "some"


def _no_project(_id: str, _state: Any) -> str | None:
    return None


def _no_standard(_state: Any) -> str | None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate(Generic[S]):
    """One kind of thing that is decided on; each of them is a stream `name/id`."""

    name: str
    decide: Callable[[S | None, Any, Context], Decided]
    evolve: Callable[[S | None, Any, Recorded[Any]], S]
    events: tuple[type[Event], ...] = ()
    """What happens to it: the events on its streams."""
    records: Records = UNSAID
    """Every command that it takes, with the events that this may record: on its own stream or, by `On`, on others."""
    reads: Callable[[S | None, Any, Looking], Streams] = nothing
    """The other streams that a decision reads or, by `On`, writes: they are loaded before the command queues."""
    opened_by: frozenset[type[Instruction]] = frozenset()
    """Commands that may be given to a thing that does not exist yet."""
    project: Callable[[str, S | None], str | None] = field(default=_no_project)
    """The project it belongs to: the partition key of its events and what a person's relation is judged on."""
    standard: Callable[[S], str | None] = field(default=_no_standard)
    """`id@version` of the standard in force, named by its events."""
    one_story: bool = False
    """All that is decided on it answers what opened it: its events carry the correlation of the first one."""

    state: type[Any] | None = None
    """What its events become, where the annotation of `evolve` does not name it."""

    def stream(self, id_: str) -> str:
        return f"{self.name}/{id_}"

    @property
    def in_a_project(self) -> bool:
        """Whether each belongs to a project, and is not the one of its kind there."""
        return self.project is not _no_project and self.project(_SOME, None) != _SOME

    @property
    def file(self) -> str:
        """Where it is decided on."""
        return file_of(self.decide)
