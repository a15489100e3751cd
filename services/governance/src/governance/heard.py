"""What governance reads of the projects service's events: only the fields it needs, so that the others may change."""

from datetime import date

import msgspec

from governance.requests.request import Evidence
from mandate_events.event import Catalogue, Event


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


class DecisionApplied(Event, frozen=True, kw_only=True):
    project: str


class DecisionNotApplied(Event, frozen=True, kw_only=True):
    project: str
    rule: str


PROJECTS = Catalogue(
    "projects",
    (
        GateReviewRequested,
        GateDecisionApplied,
        GateDecisionNotApplied,
        WaiverRequested,
        DecisionApplied,
        DecisionNotApplied,
    ),
)
