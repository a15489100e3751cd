"""What all requests of projects have in common: each opens by what was heard, is decided once, and is answered.

The PMO decides at boundaries, never the work inside them; a standard may give a kind of decision to the sponsor. Who
asked, who runs or owns the project, and a member who is its PMOfficer do not decide for the PMO.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import msgspec
from pydantic import Field

from governance.office.office import OFFICE, THE_OFFICE, today
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Invalid,
    Looking,
    Part,
    Records,
    Refused,
    Streams,
    SystemCommand,
    Text,
    Title,
)
from mandate_events.deciding.dating import Dated, dated
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Sha256, Versioned
from mandate_events.document.origin import Origin

Status: TypeAlias = Literal["open", "decided", "answered"]


class Evidence(msgspec.Struct, frozen=True):
    """A document the request rests on, frozen by its SHA-256."""

    title: str
    sha256: Sha256
    uri: str | None = None


class Condition(msgspec.Struct, frozen=True):
    """What must be done after a decision with conditions, by whom, until when."""

    text: str
    owner: str
    due_on: date


class ConditionInput(Part):
    text: Title = Field(examples=["Confirm the supplier's guarantee"])
    owner: Text = Field(min_length=1, max_length=100)
    due_on: date


class Requested(Event, frozen=True, kw_only=True):
    """What every request says, as projects tells it."""

    project: ProjectId
    standard: Versioned
    evidence: list[Evidence] = msgspec.field(default_factory=list)


class Received(Protocol):
    """What every request says when it reaches the PMO's inbox: what projects told, who asked, and where that stands."""

    @property
    def project(self) -> str: ...
    @property
    def standard(self) -> str: ...
    @property
    def requested_by(self) -> str: ...
    @property
    def evidence(self) -> list[Evidence]: ...
    @property
    def origin(self) -> Origin: ...


class DecisionAnswered(Event, frozen=True, kw_only=True):
    """The project says what came of the decision: applied, or not, and by which rule not."""

    project: ProjectId
    applied: bool
    rule: str | None = None
    origin: Origin


class ReceiveRequest(SystemCommand, frozen=True, kw_only=True):
    """Put what a project asks for before the PMO."""

    received: Any
    """The event that says so, of its kind."""


class NoteAnswer(SystemCommand, frozen=True, kw_only=True):
    """Note what the project says became of a decision."""

    applied: bool
    rule: str | None = None
    origin: Origin


class Request(Dated, frozen=True, kw_only=True):
    """What a request is, whatever it asks for."""

    asked: Received
    conditions: tuple[Condition, ...] = ()
    decided_by: str | None = None
    answer: str | None = None
    """What the project said: `applied`, or the rule by which it was not."""

    @property
    def project(self) -> str:
        return self.asked.project

    @property
    def standard(self) -> str:
        return self.asked.standard

    @property
    def requested_by(self) -> str:
        return self.asked.requested_by

    @property
    def evidence(self) -> list[Evidence]:
        return self.asked.evidence

    @property
    def status(self) -> Status:
        if self.outcome is None:
            return "open"
        return "answered" if self.answer else "decided"


R = TypeVar("R", bound=Request)

Reads: TypeAlias = Callable[[Any, Any, Looking], Streams]


def the_office(_request: Request | None, _command: Any, _looking: Looking) -> Streams:
    """Days end where the charter says: by that the conditions of a decision are judged."""
    yield OFFICE, THE_OFFICE


def receive(request: Request | None, command: ReceiveRequest) -> Decided:
    """Put the request before the PMO, once."""
    return [] if request else [command.received]


def check_open(request: Request) -> None:
    """A decision is never edited: later ones supersede it."""
    if request.outcome is not None:
        raise Refused("already-decided")


def recorded_conditions(given: Sequence[ConditionInput], context: Context) -> list[Condition]:
    """The conditions of a decision; each has a day to come on which it is due."""
    if any(condition.due_on <= today(context) for condition in given):
        raise Invalid("/conditions", "condition-due-after-today")
    return [Condition(condition.text, condition.owner, condition.due_on) for condition in given]


def note_answer(request: Request, command: NoteAnswer) -> Decided:
    """Put the project's answer on record, once."""
    if request.answer:
        return []
    return [
        DecisionAnswered(project=request.project, applied=command.applied, rule=command.rule, origin=command.origin)
    ]


def answer_of(event: DecisionAnswered) -> str:
    return "applied" if event.applied else f"not applied: {event.rule}"


def request_aggregate(
    name: str,
    decide: Callable[[R | None, Any, Context], Decided],
    evolve: Callable[[R | None, Any, Recorded[Any]], R],
    *,
    events: tuple[type[Event], ...],
    records: Records,
    reads: Reads = the_office,
    state: type[R] | None = None,
) -> Aggregate[R]:
    """One kind of request: of a project, judged by the standard it was made under, and one story from end to end."""
    return Aggregate(
        name,
        decide,
        dated(evolve),
        events=(*events, DecisionAnswered),
        records={NoteAnswer: (DecisionAnswered,), **records},
        reads=reads,
        opened_by=frozenset({ReceiveRequest}),
        project=lambda _, request: request.project if request else None,
        standard=lambda request: request.standard,
        one_story=True,
        state=state,
    )
