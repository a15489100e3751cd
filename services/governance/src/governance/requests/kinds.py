"""The kinds of requests: what the inbox, the policies and the rights need to know of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from governance.requests import (
    allocation,
    baseline,
    change,
    charter,
    closure,
    escalation,
    exception,
    gate_review,
    tailoring,
    waiver,
)
from governance.requests.request import ReceiveRequest, RequestReceived
from mandate_events.deciding import Aggregate, Decision
from mandate_events.document.event import Event


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request. Its streams have the same name and ids in projects."""

    aggregate: Aggregate[Any]
    receive: type[ReceiveRequest]
    received: type[RequestReceived]
    about: str
    """The member that says in one word what it is about."""
    decide: type[Decision]
    decisions: Mapping[type[Event], str | None]
    """What decides it, with the outcome that it means; None where the event names it."""


KINDS: Final[Mapping[str, Kind]] = {
    "gate-review": Kind(
        gate_review.GATE_REVIEW,
        gate_review.OpenGateReview,
        gate_review.GateReviewOpened,
        "gate",
        gate_review.DecideGate,
        {gate_review.GateDecided: None},
    ),
    "waiver": Kind(
        waiver.WAIVER,
        waiver.ReceiveWaiverRequest,
        waiver.WaiverRequestReceived,
        "control",
        waiver.DecideWaiver,
        {waiver.WaiverGranted: "granted", waiver.WaiverRejected: "rejected"},
    ),
    "allocation": Kind(
        allocation.ALLOCATION,
        allocation.ReceiveAllocationRequest,
        allocation.AllocationRequestReceived,
        "about",
        allocation.DecideAllocation,
        {allocation.AllocationApproved: "approved", allocation.AllocationRejected: "rejected"},
    ),
    "baseline": Kind(
        baseline.BASELINE,
        baseline.ReceiveBaseline,
        baseline.BaselineReceived,
        "number",
        baseline.DecideBaseline,
        {baseline.BaselineApproved: "approved", baseline.BaselineRejected: "rejected"},
    ),
    "change": Kind(
        change.CHANGE,
        change.ReceiveChangeRequest,
        change.ChangeRequestReceived,
        "title",
        change.DecideChange,
        {change.ChangeApproved: "approved", change.ChangeRejected: "rejected"},
    ),
    "exception": Kind(
        exception.EXCEPTION,
        exception.ReceiveException,
        exception.ExceptionReceived,
        "dimension",
        exception.DecideException,
        {exception.ExceptionDecided: None},
    ),
    "tailoring": Kind(
        tailoring.TAILORING,
        tailoring.ReceiveTailoringRequest,
        tailoring.TailoringRequestReceived,
        "name",
        tailoring.DecideTailoring,
        {tailoring.TailoringApproved: "approved", tailoring.TailoringRejected: "rejected"},
    ),
    "charter": Kind(
        charter.CHARTER,
        charter.ReceiveCharter,
        charter.CharterReceived,
        "number",
        charter.DecideCharter,
        {charter.CharterApproved: "approved", charter.CharterRejected: "rejected"},
    ),
    "closure": Kind(
        closure.CLOSURE,
        closure.ReceiveClosureRequest,
        closure.ClosureRequestReceived,
        "phase",
        closure.DecideClosure,
        {closure.ClosureApproved: "approved", closure.ClosureRejected: "rejected"},
    ),
    "escalation": Kind(
        escalation.ESCALATION,
        escalation.ReceiveEscalation,
        escalation.EscalationReceived,
        "of",
        escalation.DecideEscalation,
        {escalation.EscalationDecided: None},
    ),
}
