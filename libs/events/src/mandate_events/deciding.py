"""Deciding: the whole theory is two pure functions per aggregate.

    decide(state, command, context) -> events      what follows from a command, or a refusal
    evolve(state, event, record)    -> state       what an event means

Time, ids, the person and what other streams say come in through `context`; nothing here knows a database, a clock
or HTTP. A refusal is a typed value; the edge of the system gives it a status.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from mandate_events.canonical import NotCanonical, check_text
from mandate_events.event import Event, Recorded
from mandate_events.formats import UUID_PATTERN, Uuid, told

S = TypeVar("S")
T = TypeVar("T")


def _storable(text: str) -> str:
    try:
        check_text(text)
    except NotCanonical as error:
        raise PydanticCustomError("not-storable", "{why}", {"why": error.problem}) from error
    return text


Text = Annotated[str, AfterValidator(_storable)]
"""Text that every part of the system can hold: no NUL, no lone surrogate."""

Reason = Annotated[
    str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$"), AfterValidator(_storable)
]
"""Why, in one line: it is an attribute of the event, and those hold no control characters (CloudEvents 3.1)."""


def _visible(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise PydanticCustomError("not-visible", "one line of visible characters")
    return text


Line = Annotated[str, Field(min_length=1), AfterValidator(_storable), AfterValidator(_visible)]
"""One line that can be seen: a name nobody can confuse by control, format or blank characters alone."""

Title = Annotated[Line, Field(max_length=200)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
PersonId = Annotated[
    Uuid,
    Field(pattern=f"^{UUID_PATTERN}$", description="Opaque id of a person"),
    told("Opaque id of a person"),  # to those who read events
]


class State(msgspec.Struct, frozen=True):
    """What an aggregate is, folded from its events. A change makes a new one: `replace(state, status="held")`."""


replace = msgspec.structs.replace


STRICT = ConfigDict(frozen=True, extra="forbid")
"""Who gives a member that there is not is told so."""


class Part(BaseModel):
    """A part of a command."""

    model_config = STRICT


class Command(BaseModel):
    """What somebody asks for, in the imperative. It is also the body of the HTTP request."""

    model_config = STRICT

    reason: Reason | None = Field(default=None, description="Why; kept on record")


class Decision(Command):
    """A command that must say why."""

    reason: Reason = Field(description="Why; kept on record")


class SystemCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command of the service itself: of a policy, a timer or its start. It was made from what is on record, so its
    values need no judging."""

    reason: str | None = None


Instruction: TypeAlias = Command | SystemCommand
"""Whatever is decided."""


class Refused(Exception):
    """The rules forbid it: the rule's name, and the facts that its sentence tells.

    `authority` means that the person may not; otherwise the state does not allow it.
    """

    def __init__(self, rule: str, /, *, authority: bool = False, **facts: Any) -> None:
        super().__init__(rule, facts)
        self.rule = rule
        self.authority = authority
        self.facts = facts


class Unknown(Exception):
    """There is no such thing."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"there is no {stream}")
        self.stream = stream


class NotYet(Exception):
    """What a policy's command builds on is not here yet: it waits behind an event that is parked."""


class Invalid(Exception):
    """The command contradicts what it refers to: the member it is (RFC 6901), a sentence's name and its facts."""

    def __init__(self, pointer: str, sentence: str, /, **facts: Any) -> None:
        super().__init__(pointer, sentence, facts)
        self.pointer = pointer
        self.sentence = sentence
        self.facts = facts


class VersionConflict(Exception):
    """The stream is not at the version the caller saw."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at version {actual}, not {expected}")
        self.stream = stream
        self.expected = expected
        self.actual = actual


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

    def stream(self, id_: str) -> str:
        return f"{self.name}/{id_}"
