"""Requests: all that projects ask of the PMO, kind by kind, decided once and answered."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from governance.requests import gate_review, routes, waiver
from governance.requests.heard import HEARS
from governance.requests.kind import ID_PATTERN, Kind
from governance.requests.kinds import DECISIONS, KINDS
from governance.requests.views.inbox import INBOX_VIEW
from governance.requests.waiver import WAIVER, WaiverExpired, WaiverGranted, WaiverRevoked
from mandate_events.document.event import Event
from mandate_events.worker.timers import Due, Timer
from mandate_web.chapters.chapter import Chapter, Listed, Served, Things
from mandate_web.chapters.ids import text

REQUEST: Final = text("Id of the request", ID_PATTERN)


GATE_REVIEWS: Final = Things(
    at="/v1/gate-reviews",
    says="Gate reviews, the longest waiting first. With a role in projects only, a person sees those of them.",
)


def served(kind: Kind) -> Served:
    """Where a kind of request is read and decided."""
    return Served(
        kind.aggregate,
        kind.page,
        at=kind.at,
        id=REQUEST,
        takes={f"{kind.at}/decisions": kind.decide, **kind.takes},
        tells={name: partial(tell, kind) for name, tell in routes.TELLS.items()},
        beside={"standard_says": partial(routes.standard_says, kind)},
        listed=GATE_REVIEWS if kind is gate_review.KIND else None,
        tag=kind.tag,
    )


def _expire(day: date, _part: str) -> waiver.ExpireWaiver:
    return waiver.ExpireWaiver(until=day)


def _last_day(event: Event) -> Due:
    return Due(event.until if isinstance(event, WaiverGranted) else None)


CHAPTER: Final = Chapter(
    name="requests",
    says="What projects ask for: each request is judged by the project's standard, decided once, and answered",
    folder=Path(__file__).parent,
    reads="read-governance",
    served=[served(kind) for kind in KINDS.values()],
    rights=DECISIONS,
    lists=[
        Listed(view=INBOX_VIEW, shown=routes.shown_row),
    ],
    timers=[Timer("waiver-expiry", WAIVER, _expire, (WaiverGranted, WaiverRevoked, WaiverExpired), _last_day)],
    hears={"projects": HEARS},
    routers=[routes.router],
    tags={"inbox": "All that projects ask of the PMO", **{kind.tag: kind.says for kind in KINDS.values()}},
)
