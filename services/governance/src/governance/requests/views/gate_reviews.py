"""The PMO's inbox of gate reviews."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, DateTime, Text

from governance.requests.gate_review import GATE_REVIEW, GateDecided, GateReviewOpened
from governance.requests.request import DecisionAnswered, answer_of
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

GATE_REVIEWS: Final = table(
    "gate_reviews",
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False, index=True),
    Column("gate", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("standard", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("outcome", Text),
    Column("decided_by", Text),
    Column("answer", Text),
)


def change(record: Recorded[Any]) -> Change | Sequence[Change]:
    if not record.subject.startswith(f"{GATE_REVIEW.name}/"):  # other requests are answered by the same event
        return []
    says: dict[str, Any] = {}
    match record.data:
        case GateReviewOpened() as event:
            said = ("project", "gate", "phase", "standard", "requested_by")
            says = {**{name: getattr(event, name) for name in said}, "opened_at": record.time, "status": "open"}
        case GateDecided(outcome=outcome):
            says = {"status": "decided", "outcome": outcome, "decided_by": record.actor}
        case DecisionAnswered() as event:
            says = {"status": "answered", "answer": answer_of(event)}
    return Change(record.thing, says)


GATE_REVIEWS_VIEW: Final = View(GATE_REVIEWS, (GateReviewOpened, GateDecided, DecisionAnswered), change)
