"""What this chapter hears of the projects service, and what it does because of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from governance.requests.allocation import ALLOCATION, NoteRelease
from governance.requests.change import CHANGE, ChangeAssessed
from governance.requests.change import KIND as CHANGE_KIND
from governance.requests.gate_review import GATE_REVIEW
from governance.requests.gate_review import KIND as GATE_KIND
from governance.requests.kind import Kind, received_of
from governance.requests.kinds import KINDS
from governance.requests.request import NoteAnswer, ReceiveRequest
from governance.standards.migration import MIGRATION
from mandate_events.deciding import Aggregate
from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.document.event import Event


class GateDecisionApplied(Event, frozen=True, kw_only=True):
    review: str


class GateDecisionNotApplied(Event, frozen=True, kw_only=True):
    review: str
    rule: str


class AllocationReleased(Event, frozen=True, kw_only=True):
    project: str
    free_from: date


class DecisionApplied(Event, frozen=True, kw_only=True):
    project: str


class DecisionNotApplied(Event, frozen=True, kw_only=True):
    project: str
    rule: str


def requested(said: Heard) -> Sequence[Reaction]:
    """A request reaches the inbox, whatever it asks for."""
    record = said.record
    kind = BY_REQUEST[type(record.data)]
    if kind is GATE_KIND:
        return [gate_review_requested(said)]
    received = received_of(kind, record.data, requested_by=record.actor, origin=said.origin)
    return [Reaction(kind.aggregate, record.thing, ReceiveRequest(received=received, reason=record.reason))]


def gate_review_requested(said: Heard) -> Reaction:
    """It stands on the project's stream, and names the review; the standard that the gate is of is the project's."""
    record = said.record
    if record.standard is None:
        raise ValueError(f"{record.subject} asks for a gate review and names no standard that the gate is of")
    known = {"requested_by": record.actor, "standard": record.standard, "origin": said.origin}
    received = received_of(GATE_KIND, record.data, **known)
    return Reaction(GATE_REVIEW, record.data.review, ReceiveRequest(received=received, reason=record.reason))


def change_assessed(said: Heard) -> Sequence[Reaction]:
    """A change beyond tolerance reaches the inbox, brought there by who assessed it; the project decides the others."""
    record = said.record
    if record.data.within_tolerance:
        return []
    received = received_of(CHANGE_KIND, record.data, assessed_by=record.actor, origin=said.origin)
    return [Reaction(CHANGE, record.thing, ReceiveRequest(received=received, reason=record.reason))]


def gate_decision_applied(said: Heard) -> Sequence[Reaction]:
    return [Reaction(GATE_REVIEW, said.record.data.review, NoteAnswer(applied=True, origin=said.origin))]


def gate_decision_not_applied(said: Heard) -> Sequence[Reaction]:
    event = said.record.data
    return [Reaction(GATE_REVIEW, event.review, NoteAnswer(applied=False, rule=event.rule, origin=said.origin))]


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


BY_REQUEST: Final[Mapping[type[Event], Kind]] = {kind.hears: kind for kind in KINDS.values()}

HEARS: Final[Mapping[type[Event], Policy]] = {
    **dict.fromkeys(BY_REQUEST, requested),
    ChangeAssessed: change_assessed,
    GateDecisionApplied: gate_decision_applied,
    GateDecisionNotApplied: gate_decision_not_applied,
    AllocationReleased: allocation_released,
    DecisionApplied: decision_applied,
    DecisionNotApplied: decision_not_applied,
}
