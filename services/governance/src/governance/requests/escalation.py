"""Escalations: what a project cannot settle reaches the PMO, through its PMOfficer as a rule; the PMO answers it."""

from typing import Any, Final, Literal, TypeAlias

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
from mandate_events.deciding import Aggregate, Context, Decided, Decision, Instruction, Invalid, Text, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId

Matter: TypeAlias = Literal["risk", "issue", "other"]

Outcome: TypeAlias = Literal["instruct", "accept", "return", "no_action"]

WITH_CONDITIONS: Final = frozenset({"instruct", "accept"})


class EscalationReceived(RequestReceived, frozen=True, kw_only=True):
    """A matter that a project cannot settle is before the PMO.

    With a `bypass_reason` it came from the PM, past the project's PMOfficer.
    """

    of: Matter
    matter: str | None = None
    text: str
    options: list[str]
    bypass_reason: str | None = None


class EscalationDecided(Event, frozen=True, kw_only=True):
    """The PMO answered: it instructs the project, accepts the matter as it is, returns it, or sees no need to act."""

    project: ProjectId
    outcome: Outcome
    text: str
    conditions: list[Condition] = msgspec.field(default_factory=list)


EVENTS = (EscalationReceived, EscalationDecided, DecisionAnswered)


class ReceiveEscalation(ReceiveRequest, frozen=True, kw_only=True):
    """Put what a project cannot settle before the PMO."""

    of: Matter
    matter: str | None = None
    text: str
    options: list[str]
    bypass_reason: str | None = None


class DecideEscalation(Decision):
    """Answer an escalation: instruct the project, accept the matter, return it to the project, or take no action."""

    outcome: Outcome
    text: Text = Field(
        min_length=1, max_length=1000, description="The answer in words", examples=["Reroute the main; keep the date"]
    )
    conditions: list[ConditionInput] = Field(
        default_factory=list, max_length=50, description="With `instruct` and `accept` only"
    )


class Escalation(Request, frozen=True, kw_only=True):
    of: Matter
    matter: str | None
    text: str
    options: tuple[str, ...]
    bypass_reason: str | None
    decision: str | None = None


def decide(escalation: Escalation | None, command: Instruction, context: Context) -> Decided:
    match command, escalation:
        case ReceiveEscalation(), _:
            return receive(escalation, command, EscalationReceived)
        case DecideEscalation(), Escalation():
            check_open(escalation)
            if command.conditions and command.outcome not in WITH_CONDITIONS:
                raise Invalid("/conditions", "conditions-of-an-instruction")
            conditions = recorded_conditions(command.conditions, context)
            return [
                EscalationDecided(
                    project=escalation.project, outcome=command.outcome, text=command.text, conditions=conditions
                )
            ]
        case NoteAnswer(), Escalation():
            return note_answer(escalation, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by an escalation")


def evolve(escalation: Escalation | None, event: Event, record: Recorded[Any]) -> Escalation:
    match event, escalation:
        case EscalationReceived(), _:
            return opened(Escalation, event)
        case EscalationDecided(), Escalation():
            return replace(
                escalation,
                outcome=event.outcome,
                decision=event.text,
                conditions=tuple(event.conditions),
                decided_by=record.actor,
            )
        case DecisionAnswered(), Escalation():
            return replace(escalation, answer=answer_of(event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of an escalation")


ESCALATION: Aggregate[Escalation] = request_aggregate(
    "escalation", decide, evolve, events=EVENTS, opened_by=ReceiveEscalation
)
