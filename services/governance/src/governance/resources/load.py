"""Load against capacity, week by week: one arithmetic for a decision, a page and a list. Decimals, nothing rounded.

A week is one of ISO 8601 and has five working days, Monday to Friday; each is a fifth of the week's hours. The capacity
of a day is what was set last for it: none where nothing was set, and none on a day of leave. Leave takes nothing off
what is committed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import immutables
import msgspec

from mandate_events.deciding import State

WORKING_DAYS: Final = 5

WEEK: Final = r"^[0-9]{4}-W[0-9]{2}$"
"""How a week of ISO 8601 is written: `2026-W10`."""


class Period(msgspec.Struct, frozen=True):
    """So many hours a week, from one day to another, both included."""

    starts_on: date
    until: date
    hours: Decimal


class Commitment(msgspec.Struct, frozen=True):
    """What an allocation takes of a resource."""

    project: str
    starts_on: date
    until: date
    hours: Decimal


class Plan(State, frozen=True):
    """What a resource can do, and what it is to do."""

    capacity: tuple[Period, ...] = ()
    """In the order in which it was set."""
    leave: tuple[Period, ...] = ()
    """Of no hours, whatever capacity is set for these days."""
    commitments: immutables.Map[str, Commitment] = msgspec.field(default_factory=immutables.Map)
    """By allocation."""


def released(commitment: Commitment, free_from: date) -> Commitment | None:
    """What is left of it when the resource is free again from a day on: what was committed before stays on record."""
    if free_from <= commitment.starts_on:
        return None
    return msgspec.structs.replace(commitment, until=min(commitment.until, free_from - timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a resource, in hours."""

    name: str
    capacity: Decimal
    committed: Decimal
    allocations: dict[str, Decimal] = field(default_factory=dict)

    @property
    def over(self) -> Decimal:
        """How much more is committed than there is capacity."""
        return max(self.committed - self.capacity, Decimal(0))


def weeks_of(plan: Plan, weeks: range) -> list[Week]:
    """The load of consecutive weeks, by the ordinals of their first days: those have no ends of the calendar."""
    capacity = _capacity(plan, weeks)
    taken: list[dict[str, Decimal]] = [{} for _ in weeks]
    for allocation, commitment in sorted(plan.commitments.items()):
        first, last = commitment.starts_on.toordinal(), commitment.until.toordinal()
        touched = range(max((first - weeks.start) // 7, 0), min((last - weeks.start) // 7 + 1, len(weeks)))
        for number in touched:
            if days := _working_days(first, last, weeks[number]):
                taken[number][allocation] = commitment.hours * days / WORKING_DAYS
    return [
        Week(name_of(monday), capacity[number], sum(taken[number].values(), Decimal(0)), taken[number])
        for number, monday in enumerate(weeks)
    ]


def week_of(plan: Plan, monday: int) -> Week:
    """The load of one week."""
    return weeks_of(plan, range(monday, monday + 1, 7))[0]


def _capacity(plan: Plan, weeks: range) -> list[Decimal]:
    begin, count = weeks.start, len(weeks) * 7
    days = [Decimal(0)] * count
    for period in (*plan.capacity, *plan.leave):
        first = max(period.starts_on.toordinal() - begin, 0)
        last = min(period.until.toordinal() - begin + 1, count)
        if first < last:
            days[first:last] = [period.hours] * (last - first)
    return [sum(days[first : first + WORKING_DAYS], Decimal(0)) / WORKING_DAYS for first in range(0, count, 7)]


def _working_days(first: int, last: int, monday: int) -> int:
    """How many of the week's working days there are from the first day to the last."""
    return max(min(last, monday + WORKING_DAYS - 1) - max(first, monday) + 1, 0)


def overloaded(before: Plan, after: Plan, starts_on: date, until: date) -> Iterator[Week]:
    """The weeks of a period in which a change takes the load beyond the capacity, or further beyond it."""
    weeks = mondays(starts_on, until)
    for was, week in zip(weeks_of(before, weeks), weeks_of(after, weeks), strict=True):
        if week.over > was.over:
            yield week


def mondays(starts_on: date, until: date) -> range:
    """The weeks that a period touches, by the ordinals of their first days."""
    first = starts_on.toordinal()
    return range(first - (first - 1) % 7, until.toordinal() + 1, 7)


def name_of(monday: int) -> str:
    year, week, _ = date.fromordinal(monday).isocalendar()
    return f"{year:04d}-W{week:02d}"


def week_named(name: str) -> date:
    """The Monday of a week. Raises `ValueError` for what is no week."""
    if not re.fullmatch(WEEK, name, re.ASCII):
        raise ValueError(f"{name} is not written like 2026-W10")
    return date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
