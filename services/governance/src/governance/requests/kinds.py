"""The kinds of requests: what the inbox, the policies and the rights need to know of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from governance.requests import gate_review, waiver
from governance.requests.request import ReceiveRequest, RequestReceived
from mandate_events.deciding import Aggregate, Decision
from mandate_events.event import Event


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
}
