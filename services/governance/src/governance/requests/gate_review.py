"""Gate reviews: a project asks at the end of a phase, the PMO decides, the project answers what came of it."""

from typing import Any, Literal

import msgspec
from pydantic import Field

from governance.requests.request import (
    Condition,
    ConditionInput,
    DecisionAnswered,
    NoteAnswer,
    ReceiveRequest,
    Request,
    RequestReceived,
    answer_of,
    check_open,
    note_answer,
    opened,
    receive,
    recorded_conditions,
    request_aggregate,
)
from mandate_events.deciding import Aggregate, Context, Decided, Decision, Instruction, Invalid, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId

Outcome = Literal["go", "conditional_go", "hold", "recycle", "kill"]


class GateReviewOpened(RequestReceived, frozen=True, kw_only=True):
    """A project's request reached the PMO's inbox."""

    gate: str
    phase: str


class GateDecided(Event, frozen=True, kw_only=True):
    """The PMO decided whether, and how, the project goes on."""

    project: ProjectId
    gate: str
    outcome: Outcome
    conditions: list[Condition] = msgspec.field(default_factory=list)


EVENTS = (GateReviewOpened, GateDecided, DecisionAnswered)


class OpenGateReview(ReceiveRequest, frozen=True, kw_only=True):
    """Put a gate of a project before the PMO."""

    gate: str
    phase: str


class DecideGate(Decision):
    """Decide a gate: go, conditional_go (with conditions), hold, recycle or kill."""

    outcome: Outcome
    conditions: list[ConditionInput] = Field(default_factory=list, max_length=50)


class GateReview(Request, frozen=True, kw_only=True):
    gate: str
    phase: str


def decide(review: GateReview | None, command: Instruction, context: Context) -> Decided:
    match command, review:
        case OpenGateReview(), _:
            return receive(review, command, GateReviewOpened)
        case DecideGate(), GateReview():
            check_open(review)
            if (command.outcome == "conditional_go") != bool(command.conditions):
                raise Invalid("/conditions", "conditions-of-a-conditional-go")
            conditions = recorded_conditions(command.conditions, context)
            return [
                GateDecided(project=review.project, gate=review.gate, outcome=command.outcome, conditions=conditions)
            ]
        case NoteAnswer(), GateReview():
            return note_answer(review, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a gate review")


def evolve(review: GateReview | None, event: Event, record: Recorded[Any]) -> GateReview:
    match event, review:
        case GateReviewOpened(), _:
            return opened(GateReview, event)
        case GateDecided(), GateReview():
            return replace(review, outcome=event.outcome, conditions=tuple(event.conditions), decided_by=record.actor)
        case DecisionAnswered(), GateReview():
            return replace(review, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a gate review")


GATE_REVIEW: Aggregate[GateReview] = request_aggregate(
    "gate-review", decide, evolve, events=EVENTS, opened_by=OpenGateReview
)
