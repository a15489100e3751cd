"""What this chapter hears of governance, and what it does because of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from mandate_events.deciding import Aggregate
from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.document.event import Event
from projects.execution.conditions import GateCondition
from projects.requests.allocation import ALLOCATION, ApplyAllocationDecision, EndAllocation
from projects.requests.baseline import BASELINE, ApplyBaselineDecision
from projects.requests.change import CHANGE, ApplyChangeDecision
from projects.requests.charter import CHARTER, ApplyCharterDecision
from projects.requests.closure import CLOSURE, ApplyClosureDecision
from projects.requests.escalation import ESCALATION, ApplyEscalationDecision
from projects.requests.exception import EXCEPTION, ApplyExceptionDecision
from projects.requests.request import ApplyDecision
from projects.requests.tailoring import TAILORING, ApplyTailoringDecision
from projects.requests.waiver import WAIVER, ApplyWaiverDecision, EndWaiver


class Decided(Event, frozen=True, kw_only=True):
    """A decision on a request; its stream tells which."""

    project: str


class WaiverGranted(Decided, frozen=True, kw_only=True):
    until: date


class WaiverRejected(Decided, frozen=True, kw_only=True):
    pass


class AllocationApproved(Decided, frozen=True, kw_only=True):
    resource: str


class AllocationRejected(Decided, frozen=True, kw_only=True):
    pass


class AllocationWithdrawn(Event, frozen=True, kw_only=True):
    project: str
    free_from: date


class BaselineApproved(Decided, frozen=True, kw_only=True):
    pass


class BaselineRejected(Decided, frozen=True, kw_only=True):
    pass


class ChangeApproved(Decided, frozen=True, kw_only=True):
    pass


class ChangeRejected(Decided, frozen=True, kw_only=True):
    pass


class ExceptionDecided(Decided, frozen=True, kw_only=True):
    outcome: str
    tolerance: str | None = None
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class TailoringApproved(Decided, frozen=True, kw_only=True):
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class TailoringRejected(Decided, frozen=True, kw_only=True):
    pass


class CharterApproved(Decided, frozen=True, kw_only=True):
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class CharterRejected(Decided, frozen=True, kw_only=True):
    pass


class ClosureApproved(Decided, frozen=True, kw_only=True):
    pass


class ClosureRejected(Decided, frozen=True, kw_only=True):
    pass


class EscalationDecided(Decided, frozen=True, kw_only=True):
    outcome: str
    text: str
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class WaiverRevoked(Event, frozen=True, kw_only=True):
    project: str


class WaiverExpired(Event, frozen=True, kw_only=True):
    project: str


DECISIONS: Final[Mapping[type[Event], tuple[Aggregate[Any], type[ApplyDecision], str | None]]] = {
    WaiverGranted: (WAIVER, ApplyWaiverDecision, "granted"),
    WaiverRejected: (WAIVER, ApplyWaiverDecision, "rejected"),
    BaselineApproved: (BASELINE, ApplyBaselineDecision, "approved"),
    BaselineRejected: (BASELINE, ApplyBaselineDecision, "rejected"),
    ChangeApproved: (CHANGE, ApplyChangeDecision, "approved"),
    ChangeRejected: (CHANGE, ApplyChangeDecision, "rejected"),
    ExceptionDecided: (EXCEPTION, ApplyExceptionDecision, None),
    AllocationApproved: (ALLOCATION, ApplyAllocationDecision, "approved"),
    AllocationRejected: (ALLOCATION, ApplyAllocationDecision, "rejected"),
    TailoringApproved: (TAILORING, ApplyTailoringDecision, "approved"),
    TailoringRejected: (TAILORING, ApplyTailoringDecision, "rejected"),
    CharterApproved: (CHARTER, ApplyCharterDecision, "approved"),
    CharterRejected: (CHARTER, ApplyCharterDecision, "rejected"),
    ClosureApproved: (CLOSURE, ApplyClosureDecision, "approved"),
    ClosureRejected: (CLOSURE, ApplyClosureDecision, "rejected"),
    EscalationDecided: (ESCALATION, ApplyEscalationDecision, None),
}
"""Of each decision on a request: what it is applied to, by which command, and the outcome that it means; None where the
event names it."""


def decided(said: Heard) -> Sequence[Reaction]:
    """A decision is applied to what was asked for."""
    aggregate, command, outcome = DECISIONS[type(said.record.data)]
    named = {} if outcome is None else {"outcome": outcome}
    return [Reaction(aggregate, said.record.thing, said.told(command, **named))]


def waiver_revoked(said: Heard) -> Sequence[Reaction]:
    return [Reaction(WAIVER, said.record.thing, said.told(EndWaiver, how="revoked"))]


def waiver_expired(said: Heard) -> Sequence[Reaction]:
    return [Reaction(WAIVER, said.record.thing, said.told(EndWaiver, how="expired"))]


def allocation_withdrawn(said: Heard) -> Sequence[Reaction]:
    return [Reaction(ALLOCATION, said.record.thing, said.told(EndAllocation))]


HEARS: Final[Mapping[type[Event], Policy]] = {
    **dict.fromkeys(DECISIONS, decided),
    WaiverRevoked: waiver_revoked,
    WaiverExpired: waiver_expired,
    AllocationWithdrawn: allocation_withdrawn,
}
