"""What this chapter hears of the other services: only the fields it needs, so that the others may change."""

from typing import Final

from mandate_events.document.event import Event
from mandate_events.values.money import Money

# --- governance ---


class ProjectProposed(Event, frozen=True, kw_only=True):
    portfolio: str
    reference: str
    title: str
    gate_path: str | None = None
    forecast_cost: Money


class ProposalAmended(Event, frozen=True, kw_only=True):
    title: str
    gate_path: str | None = None
    forecast_cost: Money


class MoreRequested(Event, frozen=True, kw_only=True):
    pass


class ProposalDeferred(Event, frozen=True, kw_only=True):
    pass


class ProposalRejected(Event, frozen=True, kw_only=True):
    pass


class ProjectAuthorised(Event, frozen=True, kw_only=True):
    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: str
    budget: Money


class ProjectMigratedToStandard(Event, frozen=True, kw_only=True):
    standard: str
    gate_path: str


class ManagerAppointed(Event, frozen=True, kw_only=True):
    project: str
    person: str


class ManagerReplaced(Event, frozen=True, kw_only=True):
    project: str
    person: str


class OfficerAssigned(Event, frozen=True, kw_only=True):
    project: str
    person: str


class OfficerReleased(Event, frozen=True, kw_only=True):
    project: str


class SponsorAppointed(Event, frozen=True, kw_only=True):
    project: str
    person: str


class SponsorReplaced(Event, frozen=True, kw_only=True):
    project: str
    person: str


# --- projects; their stream is `project/<id>` ---


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


OF_GOVERNANCE: Final = (
    ProjectProposed,
    ProposalAmended,
    MoreRequested,
    ProposalDeferred,
    ProposalRejected,
    ProjectAuthorised,
    ProjectMigratedToStandard,
    ManagerAppointed,
    ManagerReplaced,
    OfficerAssigned,
    OfficerReleased,
    SponsorAppointed,
    SponsorReplaced,
)

OF_PROJECTS: Final = (
    ProjectInitiated,
    PhaseStarted,
    GateReviewRequested,
    GateDecisionApplied,
    GateDecisionNotApplied,
    ProjectHeld,
    ProjectResumed,
    ProjectClosed,
    ProjectTerminated,
)
