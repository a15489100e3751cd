"""What projects reads of governance's events: only the fields it needs, so that the others may change."""

from datetime import date
from typing import Literal

from mandate_events.event import Catalogue, Event
from mandate_events.money import Money
from projects.standard import GatePath


class MandateGiven(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


class MandateWithdrawn(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


class StandardPublished(Event, frozen=True, kw_only=True):
    version: int
    title: str
    paths: list[GatePath]


class ProjectAuthorised(Event, frozen=True, kw_only=True):
    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: str
    budget: Money


class GateDecided(Event, frozen=True, kw_only=True):
    project: str
    gate: str
    outcome: Literal["go", "conditional_go", "hold", "recycle", "kill"]


class Decided(Event, frozen=True, kw_only=True):
    """A decision on a request; its stream tells which."""

    project: str


class WaiverGranted(Decided, frozen=True, kw_only=True):
    until: date


class WaiverRejected(Decided, frozen=True, kw_only=True):
    pass


class WaiverRevoked(Event, frozen=True, kw_only=True):
    project: str


class WaiverExpired(Event, frozen=True, kw_only=True):
    project: str


GOVERNANCE = Catalogue(
    "governance",
    (
        MandateGiven,
        MandateWithdrawn,
        StandardPublished,
        ProjectAuthorised,
        GateDecided,
        WaiverGranted,
        WaiverRejected,
        WaiverRevoked,
        WaiverExpired,
    ),
)
