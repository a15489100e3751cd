"""Tolerances: how far a project may depart from its plan before the PMO must be asked; one stream per project.

A tolerance is a decimal (time in working days, cost in the currency of the budget), a part of the plan such as `10%`,
or a statement. Only the first two can be reckoned with: where there is none of them, any departure is beyond.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

import immutables
import msgspec

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Instruction,
    Refused,
    State,
    Streams,
    Undecided,
    Unfolded,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Uuid

Dimension: TypeAlias = Literal["time", "cost", "quality", "scope", "risk", "benefits", "sustainability"]

Given: TypeAlias = dict[Dimension, str]
"""Tolerances as governance tells them."""

REACHED_BY_RISING: Final = frozenset({"time", "cost"})
"""Less of these is no departure."""

FIGURE: Final = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
LIMIT: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,2})?)( ?%)?", re.ASCII)


class Impact(msgspec.Struct, frozen=True):
    """What a change would do, dimension by dimension: a decimal with its sign, or a statement."""

    time: str | None = None
    cost: str | None = None
    quality: str | None = None
    scope: str | None = None
    risk: str | None = None
    benefits: str | None = None
    sustainability: str | None = None


class TolerancesSet(Event, frozen=True, kw_only=True):
    """How far the project may depart from its plan: by its standard, and by its authorisation where that says else."""

    project: ProjectId
    tolerances: Given


class ToleranceUsed(Event, frozen=True, kw_only=True):
    """A change that the PM approved takes so much of the tolerances, until the next baseline."""

    project: ProjectId
    change: Uuid
    impact: Impact


class TolerancesRenewed(Event, frozen=True, kw_only=True):
    """A baseline came into force: what changes took of the tolerances is part of the plan now."""

    project: ProjectId
    baseline: Uuid


class ToleranceForecastBreached(Event, frozen=True, kw_only=True):
    """By the forecast the project leaves a tolerance. Computed; until the PM reports it, work does not go past a gate.

    `limit` is how much it may depart, and null where no figure was set: then any departure is beyond.
    """

    project: ProjectId
    dimension: Dimension
    planned: str
    forecast: str
    excess: str
    limit: str | None


class ToleranceForecastRestored(Event, frozen=True, kw_only=True):
    """By a later forecast the project stays within the tolerance again."""

    project: ProjectId
    dimension: Dimension
    forecast: str


class BreachReported(Event, frozen=True, kw_only=True):
    """The PM reported the exception to the PMO."""

    project: ProjectId
    dimension: Dimension
    exception: Uuid


class BreachSettled(Event, frozen=True, kw_only=True):
    """The PMO decided the exception; with a new tolerance, that holds from here on."""

    project: ProjectId
    dimension: Dimension
    exception: Uuid
    outcome: str
    tolerance: str | None = None


EVENTS: Final = (
    TolerancesSet,
    ToleranceUsed,
    TolerancesRenewed,
    ToleranceForecastBreached,
    ToleranceForecastRestored,
    BreachReported,
    BreachSettled,
)

Amounts: TypeAlias = immutables.Map[str, Decimal]


class Tolerances(State, frozen=True):
    """The tolerances of a project, what is left of them, and where a forecast leaves them."""

    set: immutables.Map[str, str] = immutables.Map()
    used: Amounts = immutables.Map()
    breaches: Amounts = immutables.Map()
    """By how much a forecast departs, by dimension."""
    reported: Amounts = immutables.Map()
    """By how much it departed when it was reported to the PMO, which has not decided yet."""
    accepted: Amounts = immutables.Map()
    """Departures that the PMO accepted, or for which it asked for a new plan: until the next baseline."""


def decide(_tolerances: Tolerances | None, command: Instruction, _context: Context) -> Decided:
    raise Undecided(command)  # they follow from other decisions


def evolve(tolerances: Tolerances | None, event: Event, _record: Recorded[Any]) -> Tolerances:
    known = tolerances or Tolerances()
    match event:
        case TolerancesSet():
            return replace(known, set=immutables.Map(event.tolerances))
        case ToleranceUsed(impact=impact):
            return replace(known, used=known.used.update(_with(known.used, impact)))
        case TolerancesRenewed():
            return replace(known, used=immutables.Map(), breaches=immutables.Map(), accepted=immutables.Map())
        case ToleranceForecastBreached(dimension=dimension):
            return replace(known, breaches=known.breaches.set(dimension, Decimal(event.excess)))
        case ToleranceForecastRestored(dimension=dimension):
            return replace(known, breaches=known.breaches.delete(dimension))
        case BreachReported(dimension=dimension):
            return replace(known, reported=known.reported.set(dimension, known.breaches.get(dimension, Decimal(0))))
        case BreachSettled():
            return _settled(known, event)
        case _:
            raise Unfolded(event)


def _settled(known: Tolerances, event: BreachSettled) -> Tolerances:
    dimension = event.dimension
    reported, excess = known.reported[dimension], known.breaches.get(dimension)
    settled = replace(known, reported=known.reported.delete(dimension))
    if event.outcome in {"accept", "replan"}:
        settled = replace(settled, accepted=known.accepted.set(dimension, reported))
    if event.tolerance is not None:
        settled = replace(settled, set=known.set.set(dimension, event.tolerance))
    if excess is None or excess > reported:  # it has become worse than what was decided on
        return settled
    return replace(settled, breaches=known.breaches.delete(dimension))


TOLERANCE: Aggregate[Tolerances] = Aggregate(
    "tolerance", decide, evolve, events=EVENTS, records={}, project=lambda id_, _: id_
)


def tolerance_read(project: str | None) -> Streams:
    """What is read to judge a departure from the plan, and what follows from it is written to."""
    return [(TOLERANCE, project)] if project else []


# --- reckoning ---


def figure(text: str) -> Decimal | None:
    """The decimal that a text is, or None where it is a statement."""
    return Decimal(text) if FIGURE.fullmatch(text) else None


def limit_of(text: str | None, planned: Decimal | None) -> Decimal | None:
    """How far one may depart from what is planned; None where that cannot be reckoned."""
    found = LIMIT.fullmatch(text) if text else None
    if found is None:
        return None
    if found[2] is None:
        return Decimal(found[1])
    return None if planned is None else planned * Decimal(found[1]) / 100


def departure(dimension: str, impact: Decimal) -> Decimal:
    """How much of a tolerance an impact takes."""
    return max(impact, Decimal(0)) if dimension in REACHED_BY_RISING else abs(impact)


def _with(used: Mapping[str, Decimal], impact: Impact) -> dict[str, Decimal]:
    """What is used of each tolerance after a change."""
    figures = {name: figure(text) for name, text in msgspec.structs.asdict(impact).items() if text}
    return {
        name: used.get(name, Decimal(0)) + departure(name, value)
        for name, value in figures.items()
        if value is not None
    }


def is_within(tolerances: Tolerances, impact: Impact, planned: Mapping[str, Decimal | None]) -> bool:
    """Whether a change, with those before it, stays within the tolerances. A statement is never reckoned as within."""
    stated = {name: text for name, text in msgspec.structs.asdict(impact).items() if text}
    after = _with(tolerances.used, impact)
    for name in stated:
        if name not in after:
            return False
        if after[name] == 0:
            continue
        limit = limit_of(tolerances.set.get(name), planned.get(name))
        if limit is None or after[name] > limit:
            return False
    return True


def working_days(after: date, until: date) -> int:
    """Mondays to Fridays after one day up to another; negative where that is earlier."""
    if until < after:
        return -working_days(until, after)
    weeks, rest = divmod((until - after).days, 7)
    return weeks * 5 + sum((after + timedelta(days=day)).weekday() < 5 for day in range(1, rest + 1))


def check_reported(context: Context, project: str) -> None:
    """Work does not go on past a tolerance that is forecast to be left, unless the PM has reported it as it is.

    A report of less than what is forecast by now does not do.
    """
    tolerances = context.read(TOLERANCE, project) or Tolerances()
    reported = tolerances.reported
    silent = sorted(
        dimension
        for dimension, excess in tolerances.breaches.items()
        if dimension not in reported or excess > reported[dimension]
    )
    if silent:
        raise Refused("exception-not-reported", dimension=silent[0])
