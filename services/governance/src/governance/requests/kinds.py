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
from governance.requests.request import (
    DECIDING,
    ReceiveRequest,
    RequestReceived,
    asked_for_it,
    given_to_sponsor,
    left_to_pmo,
)
from governance.roles import PMO, SPONSOR
from mandate_events.deciding import Aggregate, Decision
from mandate_events.deciding.rights import allow
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

DECISIONS: Final = (
    *(
        allow(
            kind.decide,
            SPONSOR,
            own_project=True,
            unless={"decider-is-requester": asked_for_it, "standard-leaves-it-to-the-pmo": left_to_pmo(name)},
        )
        for name, kind in KINDS.items()
        if name != "allocation"  # the pool is of all projects: no standard gives it to one's sponsor
    ),  # first, for a sponsor who is a member of the PMO as well
    *(
        allow(kind.decide, PMO, unless={**DECIDING, "standard-gives-it-to-the-sponsor": given_to_sponsor(name)})
        for name, kind in KINDS.items()
    ),
)
"""Who decides which kind."""


def deciders(name: str) -> list[str]:
    """The roles that the table of rights lets decide a kind of request."""
    command = KINDS[name].decide.__name__
    return sorted({role for right in DECISIONS if right.command == command for role in right.roles})
