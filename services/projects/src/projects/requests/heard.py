"""What this chapter hears of governance, and what it does because of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.document.event import Event
from projects.requests.allocation import ALLOCATION, EndAllocation
from projects.requests.kind import Kind
from projects.requests.kinds import KINDS
from projects.requests.request import ApplyDecision, DecisionHeard
from projects.requests.waiver import WAIVER, EndWaiver


class AllocationWithdrawn(Event, frozen=True, kw_only=True):
    project: str
    free_from: date


class WaiverRevoked(Event, frozen=True, kw_only=True):
    project: str


class WaiverExpired(Event, frozen=True, kw_only=True):
    project: str


BY_DECISION: Final[Mapping[type[DecisionHeard], Kind]] = {event: kind for kind in KINDS for event in kind.decisions}


def decided(said: Heard) -> Sequence[Reaction]:
    """A decision is applied to what was asked for."""
    decision = said.record.data
    kind = BY_DECISION[type(decision)]
    outcome: str = kind.decisions[type(decision)] or decision.outcome
    command = ApplyDecision(decision=decision, outcome=outcome, origin=said.origin, reason=said.record.reason)
    return [Reaction(kind.aggregate, said.record.thing, command)]


def waiver_revoked(said: Heard) -> Sequence[Reaction]:
    return [Reaction(WAIVER, said.record.thing, said.told(EndWaiver, how="revoked"))]


def waiver_expired(said: Heard) -> Sequence[Reaction]:
    return [Reaction(WAIVER, said.record.thing, said.told(EndWaiver, how="expired"))]


def allocation_withdrawn(said: Heard) -> Sequence[Reaction]:
    return [Reaction(ALLOCATION, said.record.thing, said.told(EndAllocation))]


HEARS: Final[Mapping[type[Event], Policy]] = {
    **dict.fromkeys(BY_DECISION, decided),
    WaiverRevoked: waiver_revoked,
    WaiverExpired: waiver_expired,
    AllocationWithdrawn: allocation_withdrawn,
}
