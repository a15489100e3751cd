"""What governance reads of the projects service's events: only the fields it needs, so that the others may change."""

from datetime import date

import msgspec

from governance.requests.change import Impact
from governance.requests.exception import Option
from governance.requests.request import Evidence
from mandate_events.document.event import Catalogue, Event
from mandate_events.values.money import Money


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


class AllocationRequested(Requested, frozen=True, kw_only=True):
    resource: str | None = None
    skill: str | None = None
    role: str
    starts_on: date
    until: date
    hours_per_week: str


class AllocationReleased(Event, frozen=True, kw_only=True):
    project: str
    free_from: date


class BaselineSubmitted(Requested, frozen=True, kw_only=True):
    number: int
    scope: str
    starts_on: date
    finishes_on: date
    budget: Money
    change: str | None = None


class ChangeAssessed(Requested, frozen=True, kw_only=True):
    requested_by: str
    title: str
    description: str
    impact: Impact
    within_tolerance: bool


class ExceptionReported(Requested, frozen=True, kw_only=True):
    dimension: str
    cause: str
    options: list[Option]
    recommendation: str


class TailoringRequested(Requested, frozen=True, kw_only=True):
    element: str
    name: str
    change: str
    instead: str | None = None


class CharterSubmitted(Requested, frozen=True, kw_only=True):
    number: int
    purpose: str
    objectives: list[str]
    success_criteria: list[str]


class ClosureRequested(Requested, frozen=True, kw_only=True):
    phase: str
    lessons: str | None = None


class EscalationRelayed(Requested, frozen=True, kw_only=True):
    of: str
    matter: str | None = None
    text: str
    options: list[str]
    bypass_reason: str | None = None


class ToolAdopted(Event, frozen=True, kw_only=True):
    project: str
    tool: str
    waiver: str | None = None


class TemplateUsed(Event, frozen=True, kw_only=True):
    project: str
    template: str
    version: int


class CorrectiveActionReported(Event, frozen=True, kw_only=True):
    review: str
    evidence: list[Evidence] = msgspec.field(default_factory=list)


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
        BaselineSubmitted,
        ChangeAssessed,
        ExceptionReported,
        TailoringRequested,
        CharterSubmitted,
        ClosureRequested,
        EscalationRelayed,
        AllocationRequested,
        AllocationReleased,
        ToolAdopted,
        TemplateUsed,
        CorrectiveActionReported,
        DecisionApplied,
        DecisionNotApplied,
    ),
)
