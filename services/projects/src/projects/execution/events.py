"""What happens to a project, from the envelope that governance authorised to its end."""

from datetime import date
from typing import Literal

from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId, Uuid, Versioned
from mandate_events.document.origin import Origin
from mandate_events.values.money import Money
from projects.execution import conditions
from projects.execution.evidence import Evidence
from projects.recognition.standard import Phase

Outcome = Literal["go", "conditional_go", "hold", "recycle", "kill"]


class EnvelopeRecognised(Event, frozen=True, kw_only=True):
    """Governance authorised the project, and this is what it may use: standard, gate path, budget."""

    standard: Versioned
    gate_path: str
    budget: Money
    phases: list[Phase]
    origin: Origin


class ProjectInitiated(Event, frozen=True, kw_only=True):
    """The project exists and can be run."""

    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: Versioned
    budget: Money


class PhaseStarted(Event, frozen=True, kw_only=True):
    """Work in this phase may begin; it ends at the gate."""

    phase: str
    gate: str


class GateReviewRequested(Event, frozen=True, kw_only=True):
    """The PM says that the phase is done and asks the PMO to decide its gate."""

    review: Uuid
    project: ProjectId
    gate: str
    phase: str
    evidence: list[Evidence]


class GateDecisionApplied(Event, frozen=True, kw_only=True):
    """The PMO's decision took effect."""

    review: Uuid
    gate: str
    outcome: Outcome
    origin: Origin


class GateDecisionNotApplied(Event, frozen=True, kw_only=True):
    """The PMO's decision could not take effect; the rule says why."""

    review: Uuid
    gate: str
    outcome: Outcome
    rule: str
    origin: Origin


class BaselineEstablished(Event, frozen=True, kw_only=True):
    """The PMO approved the baseline: from here on the project is measured by it."""

    baseline: Uuid
    number: int
    starts_on: date
    finishes_on: date
    budget: Money
    change: Uuid | None = None
    """The approved change that it rests on: no other baseline does."""


class ProjectHeld(Event, frozen=True, kw_only=True):
    """The gate's decision is to wait, or a condition of the gate lapsed; the PM may ask for a review."""

    gate: str


class ProjectResumed(Event, frozen=True, kw_only=True):
    """A held project goes on."""


class ProjectClosed(Event, frozen=True, kw_only=True):
    """The project has ended in good order: its last gate is passed, or the PMO approved its closure."""


class ProjectTerminated(Event, frozen=True, kw_only=True):
    """A decision of the PMO, on a gate or on an exception, ended the project before its last gate."""

    gate: str


class ProjectMigratedToStandard(Event, frozen=True, kw_only=True):
    """The project goes on under another version of a standard, in the phase that it is in."""

    standard: Versioned
    gate_path: str
    phases: list[Phase]


EVENTS = (
    EnvelopeRecognised,
    ProjectInitiated,
    PhaseStarted,
    GateReviewRequested,
    GateDecisionApplied,
    GateDecisionNotApplied,
    BaselineEstablished,
    ProjectHeld,
    ProjectResumed,
    ProjectClosed,
    ProjectTerminated,
    ProjectMigratedToStandard,
    *conditions.EVENTS,
)
