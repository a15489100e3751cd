"""An aggregate: one kind of thing that is decided on, and what a decision about it may know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from mandate_events.deciding.command import Instruction
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
    def read(self, aggregate: "Aggregate[T]", id_: str) -> T | None: ...
    def version(self, aggregate: "Aggregate[Any]", id_: str) -> int: ...
    def attach(self, media_type: str, content: bytes) -> str: ...


@dataclass(frozen=True, slots=True)
class On:
    """An event for another stream than the one decided on; it is appended in the same transaction."""

    aggregate: "Aggregate[Any]"
    id: str
    event: Event


Decided: TypeAlias = Sequence[Event | On]


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
