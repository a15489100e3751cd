"""What projects reads of governance's events: only the fields it needs, so that the others may change."""

from datetime import date
from typing import Literal

import msgspec

from mandate_events.document.event import Catalogue, Event
from mandate_events.values.money import Money
from projects.conditions import GateCondition
from projects.standard import Calendar, Control, GatePath, Risk
from projects.tolerance import Given


class MandateGiven(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


class MandateWithdrawn(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


class OfficeChartered(Event, frozen=True, kw_only=True):
    time_zone: str
    currency: str


class CharterAmended(Event, frozen=True, kw_only=True):
    time_zone: str
    currency: str


class StandardPublished(Event, frozen=True, kw_only=True):
    version: int
    title: str
    paths: list[GatePath]
    controls: list[Control] = msgspec.field(default_factory=list)
    tolerances: Given = msgspec.field(default_factory=dict)
    risk: Risk | None = None
    evm_method: str | None = None
    calendars: list[Calendar] = msgspec.field(default_factory=list)


class ProjectAuthorised(Event, frozen=True, kw_only=True):
    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: str
    budget: Money
    tolerances: Given = msgspec.field(default_factory=dict)


class GateDecided(Event, frozen=True, kw_only=True):
    project: str
    gate: str
    outcome: Literal["go", "conditional_go", "hold", "recycle", "kill"]
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class Decided(Event, frozen=True, kw_only=True):
    """A decision on a request; its stream tells which."""

    project: str


class WaiverGranted(Decided, frozen=True, kw_only=True):
    until: date


class WaiverRejected(Decided, frozen=True, kw_only=True):
    pass


class AllocationApproved(Decided, frozen=True, kw_only=True):
    resource: str


class AllocationRejected(Decided, frozen=True, kw_only=True):
    pass


class AllocationWithdrawn(Event, frozen=True, kw_only=True):
    project: str
    free_from: date


class BaselineApproved(Decided, frozen=True, kw_only=True):
    pass


class BaselineRejected(Decided, frozen=True, kw_only=True):
    pass


class ChangeApproved(Decided, frozen=True, kw_only=True):
    pass


class ChangeRejected(Decided, frozen=True, kw_only=True):
    pass


class ExceptionDecided(Decided, frozen=True, kw_only=True):
    outcome: str
    tolerance: str | None = None
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class TailoringApproved(Decided, frozen=True, kw_only=True):
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class TailoringRejected(Decided, frozen=True, kw_only=True):
    pass


class CharterApproved(Decided, frozen=True, kw_only=True):
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class CharterRejected(Decided, frozen=True, kw_only=True):
    pass


class ClosureApproved(Decided, frozen=True, kw_only=True):
    pass


class ClosureRejected(Decided, frozen=True, kw_only=True):
    pass


class EscalationDecided(Decided, frozen=True, kw_only=True):
    outcome: str
    text: str
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class WaiverRevoked(Event, frozen=True, kw_only=True):
    project: str


class WaiverExpired(Event, frozen=True, kw_only=True):
    project: str


class ToolApproved(Event, frozen=True, kw_only=True):
    title: str


class ToolWithdrawn(Event, frozen=True, kw_only=True):
    title: str


class TemplatePublished(Event, frozen=True, kw_only=True):
    version: int
    title: str
    kind: str
    sha256: str


class TemplateWithdrawn(Event, frozen=True, kw_only=True):
    version: int
    title: str


class CorrectiveActionRequired(Event, frozen=True, kw_only=True):
    project: str
    corrective_action: str
    finding: int
    action: str
    owner: str
    due_on: date


class CorrectiveActionWithdrawn(Event, frozen=True, kw_only=True):
    corrective_action: str


class StandardMigrationDecided(Event, frozen=True, kw_only=True):
    project: str
    standard: str
    gate_path: str


GOVERNANCE = Catalogue(
    "governance",
    (
        MandateGiven,
        MandateWithdrawn,
        OfficeChartered,
        CharterAmended,
        StandardPublished,
        ProjectAuthorised,
        GateDecided,
        WaiverGranted,
        WaiverRejected,
        BaselineApproved,
        BaselineRejected,
        ChangeApproved,
        ChangeRejected,
        ExceptionDecided,
        WaiverRevoked,
        WaiverExpired,
        ToolApproved,
        ToolWithdrawn,
        TemplatePublished,
        TemplateWithdrawn,
        CorrectiveActionRequired,
        CorrectiveActionWithdrawn,
        AllocationApproved,
        AllocationRejected,
        AllocationWithdrawn,
        TailoringApproved,
        TailoringRejected,
        CharterApproved,
        CharterRejected,
        ClosureApproved,
        ClosureRejected,
        EscalationDecided,
        StandardMigrationDecided,
    ),
)
