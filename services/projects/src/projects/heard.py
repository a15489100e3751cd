"""What projects reads of governance's events: only the fields it needs, so that the others may change."""

from typing import Any, Literal

from mandate_events.event import Catalogue, Event


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
    paths: list[dict[str, Any]]


class ProjectAuthorised(Event, frozen=True, kw_only=True):
    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: str
    budget: dict[str, str]


class GateDecided(Event, frozen=True, kw_only=True):
    project: str
    gate: str
    outcome: Literal["go", "conditional_go", "hold", "recycle", "kill"]


GOVERNANCE = Catalogue(
    "governance", (MandateGiven, MandateWithdrawn, StandardPublished, ProjectAuthorised, GateDecided)
)
