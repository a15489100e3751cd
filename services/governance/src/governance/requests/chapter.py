"""Requests: all that projects ask of the PMO, kind by kind, decided once and answered."""

from datetime import date
from pathlib import Path
from typing import Final

from governance.requests import allocation, waiver
from governance.requests.heard import HEARS
from governance.requests.kinds import DECISIONS, KINDS
from governance.requests.request import DECIDING, NoteAnswer
from governance.requests.routes import allocation as allocation_routes
from governance.requests.routes import baseline as baseline_routes
from governance.requests.routes import change as change_routes
from governance.requests.routes import charter as charter_routes
from governance.requests.routes import closure as closure_routes
from governance.requests.routes import escalation as escalation_routes
from governance.requests.routes import exception as exception_routes
from governance.requests.routes import gate_review as gate_review_routes
from governance.requests.routes import inbox as inbox_routes
from governance.requests.routes import tailoring as tailoring_routes
from governance.requests.routes import waiver as waiver_routes
from governance.requests.views.gate_reviews import GATE_REVIEWS_VIEW
from governance.requests.views.inbox import INBOX_VIEW
from governance.requests.waiver import WAIVER, WaiverExpired, WaiverGranted, WaiverRevoked
from governance.roles import PMO
from mandate_events.deciding.rights import SYSTEM, allow
from mandate_events.document.event import Event
from mandate_events.worker.timers import Due, Timer
from mandate_web.chapters.chapter import Chapter, Listed


def _expire(day: date, _part: str) -> waiver.ExpireWaiver:
    return waiver.ExpireWaiver(until=day)


def _last_day(event: Event) -> Due:
    return Due(event.until if isinstance(event, WaiverGranted) else None)


CHAPTER: Final = Chapter(
    name="requests",
    says="What projects ask for: each request is judged by the project's standard, decided once, and answered",
    folder=Path(__file__).parent,
    reads="read-governance",
    aggregates=[kind.aggregate for kind in KINDS.values()],
    rights=[
        *(allow(kind.receive, SYSTEM) for kind in KINDS.values()),
        *DECISIONS,
        allow(NoteAnswer, SYSTEM),
        allow(waiver.RevokeWaiver, PMO, unless=DECIDING),
        allow(waiver.ExpireWaiver, SYSTEM),
        allow(allocation.WithdrawAllocation, PMO, unless=DECIDING),
        allow(allocation.NoteRelease, SYSTEM),
    ],
    lists=[
        Listed(view=INBOX_VIEW, shown=inbox_routes.shown_row),
        Listed(view=GATE_REVIEWS_VIEW, shown=gate_review_routes.shown_row),
    ],
    timers=[Timer("waiver-expiry", WAIVER, _expire, (WaiverGranted, WaiverRevoked, WaiverExpired), _last_day)],
    hears={"projects": HEARS},
    routers=[
        inbox_routes.router,
        gate_review_routes.router,
        waiver_routes.router,
        tailoring_routes.router,
        charter_routes.router,
        closure_routes.router,
        escalation_routes.router,
        allocation_routes.router,
        baseline_routes.router,
        change_routes.router,
        exception_routes.router,
    ],
    tags={
        "inbox": "All that projects ask of the PMO",
        "gates": "The inbox of gate reviews",
        "waivers": "Being let off a control for a time",
        "tailorings": "Departures from the standard, for as long as a project runs",
        "charters": "What projects are for",
        "closures": "The end of projects, in good order",
        "escalations": "What projects cannot settle",
        "allocations": "Hours of the resource pool for a project",
        "baselines": "What projects are measured by",
        "changes": "Changes beyond tolerance",
        "exceptions": "Projects that are forecast to leave their tolerances",
    },
)
