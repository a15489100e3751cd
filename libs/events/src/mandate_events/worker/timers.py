"""Timers: what is due when a day is over is put on record then, or as soon as the service runs again.

A due date is a row of the view `due`, made from the event that set it; so it is rebuilt like any list, and is gone when
another event settled the matter. The leader gives each command under a key of the timer and its day: however often it
is given, it is decided once. The record says that it occurred when the day ended, whenever it was put down. One that
cannot be decided is logged and tried again, and holds up no other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import Column, Date, Table, Text

from mandate_events.deciding import Aggregate, SystemCommand
from mandate_events.deciding.batch import Submission
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.ledger.following import passes
from mandate_events.ledger.store import Store
from mandate_events.values.days import day_of, end_of
from mandate_events.views.rows import Change, Gone
from mandate_events.views.view import View, table

log = logging.getLogger(__name__)

CLOCK: Final = "system/clock"
POLL: Final = 1.0
MANY: Final = 500

FindZone: TypeAlias = Callable[[], Awaitable[ZoneInfo]]


@dataclass(frozen=True, slots=True)
class Timer:
    """What happens to a thing when a day is over: the command that is given to it."""

    name: str
    aggregate: Aggregate[Any]
    command: Callable[[date, str], SystemCommand]
    """(the last day, what else the row says) -> the command."""
    events: tuple[type[Event], ...]
    """What sets the day, and what settles the matter before it is over."""
    due: Callable[[Any], "Due"]
    """What one of them says."""


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of something, or None where it is settled; and which part of the thing it is of."""

    on: date | None
    part: str = ""


def due_view(timers: Iterable[Timer]) -> View:
    """The due dates of a service: a row for each day that a timer waits for."""
    by_event: dict[type[Event], list[Timer]] = {}
    for timer in timers:
        for event in timer.events:
            by_event.setdefault(event, []).append(timer)

    def change(record: Recorded[Any]) -> list[Change | Gone]:
        return [_due(timer, record) for timer in by_event[type(record.data)]]

    return View(_due_table(), tuple(by_event), change)


def _due(timer: Timer, record: Recorded[Any]) -> Change | Gone:
    due = timer.due(record.data)
    key = (timer.name, record.thing, due.part)
    return Gone(key) if due.on is None else Change(key, {"on_day": due.on, "set_by": record.reference})


def _due_table() -> Table:
    return table(
        "due",
        Column("timer", Text, primary_key=True),
        Column("thing", Text, primary_key=True),
        Column("part", Text, primary_key=True),
        Column("on_day", Date, nullable=False, index=True),
        Column("set_by", Text, nullable=False),
    )


async def keep_time(store: Store, timers: Mapping[str, Timer], find_zone: FindZone) -> None:
    """Give what is due, day by day, until cancelled."""
    while True:
        try:
            await give_due(store, timers, await find_zone())
        except asyncpg.UndefinedTableError:  # the views are being swapped
            pass
        except Exception as error:
            if not passes(error):
                raise
            log.warning("what is due has to wait: %r", error)
        await asyncio.sleep(POLL)


async def give_due(store: Store, timers: Mapping[str, Timer], zone: ZoneInfo) -> int:
    """Give the commands of all days that are over; returns how many."""
    today, after, given = day_of(store.appender.now(), zone), (date.min, "", "", ""), 0
    while rows := await store.pool.fetch(_DUE, today, MANY, *after):
        for row in rows:
            given += await _give(store, timers, row, zone)
        after = tuple(rows[-1][name] for name in ("on_day", "timer", "thing", "part"))
    return given


async def _give(store: Store, timers: Mapping[str, Timer], row: Mapping[str, Any], zone: ZoneInfo) -> bool:
    """Whether the command of this row could be given. Raises what is a matter of time."""
    timer, day = timers.get(row["timer"]), row["on_day"]
    if timer is None:  # a newer version of the program set it, and knows it
        return False
    try:
        await store.submit(
            Submission(
                timer.aggregate,
                row["thing"],
                timer.command(day, row["part"]),
                actor=CLOCK,
                route="clock",
                key=derived("timer", timer.name, row["thing"], row["part"], day.isoformat()),
                authority=row["set_by"],
                occurred_at=end_of(day, zone),
            )
        )
    except Exception as error:
        if passes(error):
            raise
        log.exception("what %s of %s is due for cannot be decided", timer.name, row["thing"])
        return False
    return True


_DUE: Final = """
select timer, thing, part, on_day, set_by from views.due
where on_day < $1 and (on_day, timer, thing, part) > ($3, $4, $5, $6)
order by on_day, timer, thing, part limit $2
"""
