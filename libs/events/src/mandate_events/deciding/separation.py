"""Separation of duties as data: who is too close to a matter to decide it, in words that another program can judge.

Each condition is about the person who acts, over all their roles. Its published form is in the table of rights: with
the documents of the ledger alone, whoever reads it can tell whether it was met. Events are told by the end of their
type, `standard-drafted.v1` for `mandate.governance.standard-drafted.v1`; older versions of one count as well.

    unless={
        "publisher-is-sole-author": recorded_alone(StandardDrafted, StandardDraftRevised, where="version"),
        "self-appointment": named_by_command("person"),
    }
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from mandate_events.deciding.aggregate import Context, Looking, Mandate, Streams, nothing
from mandate_events.deciding.command import Unsaid
from mandate_events.deciding.marks import Mark, count, is_marked, last, people
from mandate_events.document.event import Event, type_name

Test: TypeAlias = Callable[[Any, Any, Context], bool]
"""(state, command, context) -> true where the person is too close to the matter to decide it."""


def short_type(event: type[Event]) -> str:
    """The type of an event without the service's name, which is the same throughout a table."""
    name, version = type_name(event)
    return f"{name}.v{version}"


class Condition:
    """Something that may hold of the person who acts."""

    def published(self) -> dict[str, Any]:
        """Its form in the table of rights."""
        raise NotImplementedError

    def met(self, _state: Any, _command: Any, _context: Context, _held: Sequence[Mandate]) -> bool:
        """Whether it holds of the person in the context, who holds these mandates."""
        raise NotImplementedError

    def asks(self) -> Iterable[Mark]:
        """What must be kept of the stream decided on, for it to be judged."""
        return ()

    def reads(self, _state: Any, _command: Any, _looking: Looking) -> Streams:
        """The other streams that judging it reads."""
        return ()


@dataclass(frozen=True, slots=True)
class Recorded(Condition):
    """This person recorded one of these events on this stream; `alone`: they, and nobody else, did."""

    events: tuple[type[Event], ...]
    where: str | None = None
    alone: bool = False

    def published(self) -> dict[str, Any]:
        form: dict[str, Any] = {"recorded_alone" if self.alone else "recorded": [short_type(e) for e in self.events]}
        return {**form, "where": self.where} if self.where else form

    def asks(self) -> list[Mark]:
        return [Mark(event, None, self.where) for event in self.events]

    def _place(self, command: Any, context: Context) -> Any:
        """Where the command is given; before it says so, the last place there is: versions follow one another."""
        assert self.where, "it is the same everywhere"
        try:
            return getattr(command, self.where)
        except Unsaid:
            return last(context.marks, self.asks())

    def met(self, _state: Any, command: Any, context: Context, _held: Sequence[Mandate]) -> bool:
        value = self._place(command, context) if self.where else None
        theirs = [is_marked(context.marks, mark, value, context.actor) for mark in self.asks()]
        if not self.alone:
            return any(theirs)
        everybodys = (count(context.marks, mark, value) for mark in self.asks())
        return any(theirs) and all(number == own for number, own in zip(everybodys, theirs, strict=True))


@dataclass(frozen=True, slots=True)
class NamedIn(Condition):
    """One of these events on this stream names the person in one of these members of its data."""

    events: tuple[type[Event], ...]
    members: tuple[str, ...]

    def published(self) -> dict[str, Any]:
        return {"named_in": [short_type(event) for event in self.events], "members": list(self.members)}

    def asks(self) -> list[Mark]:
        return [Mark(event, member) for event in self.events for member in self.members]

    def met(self, _state: Any, _command: Any, context: Context, _held: Sequence[Mandate]) -> bool:
        return any(is_marked(context.marks, mark, None, context.actor) for mark in self.asks())


@dataclass(frozen=True, slots=True)
class NamedByCommand(Condition):
    """The command names the person in this member."""

    member: str

    def published(self) -> dict[str, Any]:
        return {"named_by_command": self.member}

    def met(self, _state: Any, command: Any, context: Context, _held: Sequence[Mandate]) -> bool:
        return context.actor in people(getattr(command, self.member))


@dataclass(frozen=True, slots=True)
class SubjectIsSelf(Condition):
    """The thing decided on is the person's own: the stream's id is theirs."""

    def published(self) -> dict[str, Any]:
        return {"subject_is_self": True}

    def met(self, _state: Any, _command: Any, context: Context, _held: Sequence[Mandate]) -> bool:
        return context.subject == context.actor


@dataclass(frozen=True, slots=True)
class Holds(Condition):
    """The person holds this role, for the project decided on or for no project in particular."""

    role: str

    def published(self) -> dict[str, Any]:
        return {"holds": self.role}

    def met(self, _state: Any, _command: Any, context: Context, held: Sequence[Mandate]) -> bool:
        return any(each.role == self.role and each.project in (None, context.project) for each in held)


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The other condition is not met."""

    condition: Condition

    def published(self) -> dict[str, Any]:
        return {"not": self.condition.published()}

    def asks(self) -> Iterable[Mark]:
        return self.condition.asks()

    def reads(self, state: Any, command: Any, looking: Looking) -> Streams:
        return self.condition.reads(state, command, looking)

    def met(self, state: Any, command: Any, context: Context, held: Sequence[Mandate]) -> bool:
        return not self.condition.met(state, command, context, held)


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    """At least one of the conditions is met."""

    conditions: tuple[Condition, ...]

    def published(self) -> dict[str, Any]:
        return {"any_of": [condition.published() for condition in self.conditions]}

    def asks(self) -> Iterator[Mark]:
        for condition in self.conditions:
            yield from condition.asks()

    def reads(self, state: Any, command: Any, looking: Looking) -> Streams:
        for condition in self.conditions:
            yield from condition.reads(state, command, looking)

    def met(self, state: Any, command: Any, context: Context, held: Sequence[Mandate]) -> bool:
        return any(condition.met(state, command, context, held) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Predicate(Condition):
    """What the other words cannot say: a test of the service's own, listed as such, with a sentence that tells it."""

    name: str
    test: Test
    says: str
    looks: Callable[[Any, Any, Looking], Streams] = nothing

    def published(self) -> dict[str, Any]:
        return {"predicate": self.name, "says": self.says}

    def reads(self, state: Any, command: Any, looking: Looking) -> Streams:
        return self.looks(state, command, looking)

    def met(self, state: Any, command: Any, context: Context, _held: Sequence[Mandate]) -> bool:
        return self.test(state, command, context)


def recorded(*events: type[Event], where: str | None = None) -> Condition:
    """This person recorded one of these events on this stream; with `where`, one whose member of that name is equal
    to the command's."""
    return Recorded(events, where)


def recorded_alone(*events: type[Event], where: str | None = None) -> Condition:
    """This person recorded at least one of these events on this stream, and nobody else recorded any of them."""
    return Recorded(events, where, alone=True)


def named_in(events: type[Event] | Sequence[type[Event]], *members: str) -> Condition:
    """One of these events on this stream names the person in one of these members, such as `requested_by`."""
    return NamedIn((events,) if isinstance(events, type) else tuple(events), members)


def named_by_command(member: str) -> Condition:
    """The command names the person in this member: they would appoint themselves."""
    return NamedByCommand(member)


def subject_is_self() -> Condition:
    """What is decided on is the person's own stream."""
    return SubjectIsSelf()


def holds(role: str) -> Condition:
    """The person holds this role here, under whatever role they act."""
    return Holds(role)


def not_(condition: Condition) -> Condition:
    """The condition is not met."""
    return Not(condition)


def any_of(*conditions: Condition) -> Condition:
    """At least one of the conditions is met."""
    return AnyOf(conditions)


def predicate(
    name: str, test: Test, *, says: str, reads: Callable[[Any, Any, Looking], Streams] = nothing
) -> Condition:
    """A test of the service's own, with the sentence that the table tells of it and the streams that it reads."""
    return Predicate(name, test, says, reads)
