"""What reporting reads of the projects service's events. Their stream is `project/<id>`."""

from typing import Final

from mandate_events.document.event import Catalogue, Event
from mandate_events.values.money import Money


class ProjectInitiated(Event, frozen=True, kw_only=True):
    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: str
    budget: Money


class PhaseStarted(Event, frozen=True, kw_only=True):
    phase: str
    gate: str


class GateReviewRequested(Event, frozen=True, kw_only=True):
    review: str


class GateDecisionApplied(Event, frozen=True, kw_only=True):
    review: str


class GateDecisionNotApplied(Event, frozen=True, kw_only=True):
    review: str


class ProjectHeld(Event, frozen=True, kw_only=True):
    pass


class ProjectResumed(Event, frozen=True, kw_only=True):
    pass


class ProjectClosed(Event, frozen=True, kw_only=True):
    pass


class ProjectTerminated(Event, frozen=True, kw_only=True):
    pass


PROJECTS: Final = Catalogue(
    "projects",
    (
        ProjectInitiated,
        PhaseStarted,
        GateReviewRequested,
        GateDecisionApplied,
        GateDecisionNotApplied,
        ProjectHeld,
        ProjectResumed,
        ProjectClosed,
        ProjectTerminated,
    ),
)
