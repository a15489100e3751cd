"""Moments: when something had been recorded (`known_at`), and on which business day it held (`as_of`).

Both are asked for in the query of a read. What had been recorded by an instant never changes afterwards.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from mandate_events.values import days
from mandate_events.views.record import Lists
from mandate_web.address import Address
from mandate_web.problems.problem import invalid

INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _spelled_as_instant(value: Any) -> Any:
    if not INSTANT.fullmatch(str(value)):
        raise PydanticCustomError("instant-form", "an instant such as 2026-03-02T12:00:00Z (RFC 3339)")
    return value


def _spelled_as_day(value: Any) -> Any:
    if not DAY.fullmatch(str(value)):
        raise PydanticCustomError("date-form", "a date such as 2026-03-02")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("instant-range", "an instant between the years 1 and 9999") from None


Instant: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_spelled_as_instant), AfterValidator(_in_utc)]
"""An instant of RFC 3339, in UTC."""

Day: TypeAlias = Annotated[date, BeforeValidator(_spelled_as_day)]
"""A date of RFC 3339."""


async def _known_at(
    request: Request,
    known_at: Annotated[
        Instant | None,
        Query(
            description="Answer with what had been recorded by this instant; who may see what is judged as of today",
            examples=["2026-03-02T12:00:00.000000Z"],
        ),
    ] = None,
) -> datetime | None:
    if known_at is not None and known_at > request.app.state.store.appender.now():
        raise invalid("?known_at", "known-at-in-future")
    return known_at


KnownAt: TypeAlias = Annotated[datetime | None, Depends(_known_at)]
"""`?known_at=`, in UTC and not in the future; None asks for the present. A 422 otherwise."""

AsOf: TypeAlias = Annotated[
    Day | None,
    Query(
        description="Answer with what held at the end of this day, as far as it had been recorded by `known_at`",
        examples=["2026-03-02"],
    ),
]
"""`?as_of=`, a business date; None asks for what holds now."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What may count for an answer: recorded by `known_at`, and having happened before `before`. None is no limit."""

    known_at: datetime | None = None
    before: datetime | None = None


NOW: Final = Moment()


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The midnight at which a day ends, in UTC. A `Problem` (422) at the ends of the calendar."""
    try:
        return days.end_of(day, zone)
    except OverflowError:
        raise invalid("?as_of", "date-range") from None


async def positions(request: Request, known_at: datetime) -> dict[str, int]:
    """How much of each ledger had been recorded by an instant, as far as this service knows of it."""
    engine: AsyncEngine = request.app.state.engine
    lists: Lists = request.app.state.lists
    async with engine.connect() as connection:
        return dict(await lists.record.cuts(connection, known_at))


def listed(cuts: Mapping[str, int]) -> str:
    """Positions in ledgers as headers tell them: `governance:17, projects:9`."""
    return ", ".join(f"{name}:{at}" for name, at in sorted(cuts.items()))


def mark(request: Request, response: Response, cuts: Mapping[str, int], known_at: datetime | None) -> Response:
    """State what an answer rests on: how much of each ledger, and of the past which instant (RFC 7089)."""
    response.headers["Mandate-Position"] = listed(cuts)
    if known_at is not None:
        response.headers["Memento-Datetime"] = format_datetime(known_at, usegmt=True)
        response.headers["Link"] = f'<{_original(request)}>; rel="original"'
    return response


def _original(request: Request) -> str:
    """The same read, of the present."""
    query = parse_qsl(request.url.query, keep_blank_values=True)
    others = urlencode([(name, value) for name, value in query if name != "known_at"])
    return Address.of(request.scope).reference + (f"?{others}" if others else "")
