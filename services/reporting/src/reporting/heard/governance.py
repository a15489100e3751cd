"""What reporting reads of governance's events."""

from typing import Final

from mandate_events.document.event import Catalogue, Event
from mandate_events.values.money import Money


class MandateGiven(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


class MandateWithdrawn(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


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


GOVERNANCE: Final = Catalogue(
    "governance",
    (
        MandateGiven,
        MandateWithdrawn,
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
    ),
)
