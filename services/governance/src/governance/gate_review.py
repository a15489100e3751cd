"""Gate reviews: a project asks at the end of a phase, the PMO decides, the project answers what came of it."""

from datetime import date
from typing import Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from governance import appointment
from governance.appointment import APPOINTMENT
from governance.office import today
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Invalid,
    PersonId,
    Refused,
    State,
    Text,
    Title,
    replace,
)
from mandate_events.event import Event, Recorded
from mandate_events.formats import ProjectId, Sha256, Versioned
from mandate_events.origin import Origin

Outcome = Literal["go", "conditional_go", "hold", "recycle", "kill"]


class Evidence(msgspec.Struct, frozen=True):
    """A document the request rests on, frozen by its SHA-256."""

    title: str
    sha256: Sha256
    uri: str | None = None


class Condition(msgspec.Struct, frozen=True):
    """What must be done after a conditional go, by whom, until when."""

    text: str
    owner: str
    due_on: date


class GateReviewOpened(Event, frozen=True, kw_only=True):
    """A project's request reached the PMO's inbox."""

    project: ProjectId
    gate: str
    phase: str
    standard: Versioned
    requested_by: PersonId
    evidence: list[Evidence]
    origin: Origin


class GateDecided(Event, frozen=True, kw_only=True):
    """The PMO decided whether, and how, the project goes on."""

    project: ProjectId
    gate: str
    outcome: Outcome
    conditions: list[Condition] = msgspec.field(default_factory=list)


class GateDecisionAnswered(Event, frozen=True, kw_only=True):
    """The project says what came of the decision: applied, or not, and by which rule not."""

    project: ProjectId
    applied: bool
    rule: str | None = None
    origin: Origin


EVENTS = (GateReviewOpened, GateDecided, GateDecisionAnswered)


class OpenGateReview(Command):
    """Given by what was heard from the projects service."""

    project: str
    gate: str
    phase: str
    standard: str
    requested_by: str
    evidence: list[Any]
    origin: Any


class ConditionInput(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    text: Title = Field(examples=["Confirm the supplier's guarantee"])
    owner: Text = Field(min_length=1, max_length=100)
    due_on: date


class DecideGate(Decision):
    """Decide a gate: go, conditional_go (with conditions), hold, recycle or kill."""

    outcome: Outcome
    conditions: list[ConditionInput] = Field(default_factory=list, max_length=50)


class NoteAnswer(Command):
    """Given by what was heard from the projects service."""

    applied: bool
    rule: str | None = None
    origin: Any


class GateReview(State, frozen=True):
    project: str
    gate: str
    phase: str
    standard: str
    requested_by: str
    evidence: tuple[Evidence, ...]
    outcome: str | None = None
    conditions: tuple[Condition, ...] = ()
    decided_by: str | None = None
    answered: bool = False

    @property
    def status(self) -> str:
        if self.outcome is None:
            return "open"
        return "answered" if self.answered else "decided"


def decide(review: GateReview | None, command: Command, context: Context) -> Decided:
    match command, review:
        case OpenGateReview(), None:
            fields = command.model_dump(exclude={"reason"})
            return [msgspec.convert(fields, GateReviewOpened)]
        case OpenGateReview(), _:
            return []
        case DecideGate(), GateReview(outcome=None):
            if (command.outcome == "conditional_go") != bool(command.conditions):
                raise Invalid("/conditions", "conditions-of-a-conditional-go")
            if any(condition.due_on <= today(context) for condition in command.conditions):
                raise Invalid("/conditions", "condition-due-after-today")
            conditions = msgspec.convert([c.model_dump() for c in command.conditions], list[Condition])
            return [
                GateDecided(project=review.project, gate=review.gate, outcome=command.outcome, conditions=conditions)
            ]
        case DecideGate(), _:
            raise Refused("already-decided")
        case NoteAnswer(), GateReview(answered=False):
            return [
                GateDecisionAnswered(
                    project=review.project, applied=command.applied, rule=command.rule, origin=command.origin
                )
            ]
        case NoteAnswer(), _:
            return []
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a gate review")


def evolve(review: GateReview | None, event: Event, record: Recorded[Any]) -> GateReview:
    match event, review:
        case GateReviewOpened(), _:
            return GateReview(
                project=event.project,
                gate=event.gate,
                phase=event.phase,
                standard=event.standard,
                requested_by=event.requested_by,
                evidence=tuple(event.evidence),
            )
        case GateDecided(), GateReview():
            return replace(review, outcome=event.outcome, conditions=tuple(event.conditions), decided_by=record.actor)
        case GateDecisionAnswered(), GateReview():
            return replace(review, answered=True)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a gate review")


GATE_REVIEW: Aggregate[GateReview] = Aggregate(
    "gate-review",
    decide,
    evolve,
    events=EVENTS,
    opened_by=frozenset({OpenGateReview}),
    project=lambda _, review: review.project if review else None,
    standard=lambda review: review.standard,
    one_story=True,
)


# --- separation of duties ---


def asked_for_it(review: GateReview | None, _command: Any, context: Context) -> bool:
    return review is not None and review.requested_by == context.actor


def runs_the_project(review: GateReview | None, _command: Any, context: Context) -> bool:
    appointed = context.read(APPOINTMENT, review.project) if review else None
    return appointed is not None and appointed.manager == context.actor


def owns_the_project(review: GateReview | None, _command: Any, context: Context) -> bool:
    """The sponsor wants the project; whether it goes on is for another to decide."""
    appointed = context.read(APPOINTMENT, review.project) if review else None
    return appointed is not None and appointed.sponsor == context.actor


def is_its_officer(review: GateReview | None, command: Any, context: Context) -> bool:
    appointed = context.read(APPOINTMENT, review.project) if review else None
    return appointment.is_its_officer(appointed, command, context)
