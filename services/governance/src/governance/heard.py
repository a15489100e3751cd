"""What governance reads of the projects service's events: only the fields it needs, so that the others may change."""

from typing import Any

from mandate_events.event import Catalogue, Event


class GateReviewRequested(Event, frozen=True, kw_only=True):
    review: str
    project: str
    gate: str
    phase: str
    evidence: list[dict[str, Any]]


class GateDecisionApplied(Event, frozen=True, kw_only=True):
    review: str


class GateDecisionNotApplied(Event, frozen=True, kw_only=True):
    review: str
    rule: str


PROJECTS = Catalogue("projects", (GateReviewRequested, GateDecisionApplied, GateDecisionNotApplied))
