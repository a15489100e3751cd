"""What this chapter hears of the projects service, and what it does because of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from governance.requests.allocation import ALLOCATION, NoteRelease
from governance.requests.change import CHANGE, Impact, ReceiveChangeRequest
from governance.requests.exception import Option
from governance.requests.gate_review import GATE_REVIEW, OpenGateReview
from governance.requests.kinds import KINDS
from governance.requests.request import Evidence, NoteAnswer
from governance.standards.migration import MIGRATION
from mandate_events.deciding import Aggregate
from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.document.event import Event
from mandate_events.values.money import Money


class GateReviewRequested(Event, frozen=True, kw_only=True):
    review: str
    project: str
    gate: str
    phase: str
    evidence: list[Evidence]


class GateDecisionApplied(Event, frozen=True, kw_only=True):
    review: str


class GateDecisionNotApplied(Event, frozen=True, kw_only=True):
    review: str
    rule: str


class Requested(Event, frozen=True, kw_only=True):
    """What every request says; its stream tells the kind."""

    project: str
    standard: str
    evidence: list[Evidence] = msgspec.field(default_factory=list)


class WaiverRequested(Requested, frozen=True, kw_only=True):
    control: str
    until: date


class AllocationRequested(Requested, frozen=True, kw_only=True):
    resource: str | None = None
    skill: str | None = None
    role: str
    starts_on: date
    until: date
    hours_per_week: str


class AllocationReleased(Event, frozen=True, kw_only=True):
    project: str
    free_from: date


class BaselineSubmitted(Requested, frozen=True, kw_only=True):
    number: int
    scope: str
    starts_on: date
    finishes_on: date
    budget: Money
    change: str | None = None


class ChangeAssessed(Requested, frozen=True, kw_only=True):
    requested_by: str
    title: str
    description: str
    impact: Impact
    within_tolerance: bool


class ExceptionReported(Requested, frozen=True, kw_only=True):
    dimension: str
    cause: str
    options: list[Option]
    recommendation: str


class TailoringRequested(Requested, frozen=True, kw_only=True):
    element: str
    name: str
    change: str
    instead: str | None = None


class CharterSubmitted(Requested, frozen=True, kw_only=True):
    number: int
    purpose: str
    objectives: list[str]
    success_criteria: list[str]


class ClosureRequested(Requested, frozen=True, kw_only=True):
    phase: str
    lessons: str | None = None


class EscalationRelayed(Requested, frozen=True, kw_only=True):
    of: str
    matter: str | None = None
    text: str
    options: list[str]
    bypass_reason: str | None = None


class DecisionApplied(Event, frozen=True, kw_only=True):
    project: str


class DecisionNotApplied(Event, frozen=True, kw_only=True):
    project: str
    rule: str


def gate_review_requested(said: Heard) -> Sequence[Reaction]:
    """A gate review reaches the inbox. It names the standard that the gate is of."""
    record = said.record
    if record.standard is None:
        raise ValueError(f"{record.subject} asks for a gate review and names no standard that the gate is of")
    command = said.told(OpenGateReview, standard=record.standard, requested_by=record.actor)
    return [Reaction(GATE_REVIEW, record.data.review, command)]


def gate_decision_applied(said: Heard) -> Sequence[Reaction]:
    return [Reaction(GATE_REVIEW, said.record.data.review, NoteAnswer(applied=True, origin=said.origin))]


def gate_decision_not_applied(said: Heard) -> Sequence[Reaction]:
    event = said.record.data
    return [Reaction(GATE_REVIEW, event.review, NoteAnswer(applied=False, rule=event.rule, origin=said.origin))]


def change_assessed(said: Heard) -> Sequence[Reaction]:
    """A change beyond tolerance reaches the inbox; the project decides the others."""
    if said.record.data.within_tolerance:
        return []
    command = said.told(ReceiveChangeRequest, assessed_by=said.record.actor)
    return [Reaction(CHANGE, said.record.thing, command)]


def requested(said: Heard) -> Sequence[Reaction]:
    """A request reaches the inbox, whatever it asks for."""
    kind = KINDS[said.record.subject.partition("/")[0]]
    return [Reaction(kind.aggregate, said.record.thing, said.told(kind.receive, requested_by=said.record.actor))]


def allocation_released(said: Heard) -> Sequence[Reaction]:
    return [Reaction(ALLOCATION, said.record.thing, said.told(NoteRelease))]


def decision_applied(said: Heard) -> Sequence[Reaction]:
    """An answer closes what was asked."""
    return [_answered(said, NoteAnswer(applied=True, origin=said.origin))]


def decision_not_applied(said: Heard) -> Sequence[Reaction]:
    return [_answered(said, NoteAnswer(applied=False, rule=said.record.data.rule, origin=said.origin))]


ANSWERED: Final[Mapping[str, Aggregate[Any]]] = {
    **{name: kind.aggregate for name, kind in KINDS.items()},
    MIGRATION.name: MIGRATION,
}
"""What projects answer decisions on, by the kind of stream."""


def _answered(said: Heard, note: NoteAnswer) -> Reaction:
    return Reaction(ANSWERED[said.record.subject.partition("/")[0]], said.record.thing, note)


HEARS: Final[Mapping[type[Event], Policy]] = {
    GateReviewRequested: gate_review_requested,
    GateDecisionApplied: gate_decision_applied,
    GateDecisionNotApplied: gate_decision_not_applied,
    WaiverRequested: requested,
    BaselineSubmitted: requested,
    ChangeAssessed: change_assessed,
    ExceptionReported: requested,
    TailoringRequested: requested,
    CharterSubmitted: requested,
    ClosureRequested: requested,
    EscalationRelayed: requested,
    AllocationRequested: requested,
    AllocationReleased: allocation_released,
    DecisionApplied: decision_applied,
    DecisionNotApplied: decision_not_applied,
}
