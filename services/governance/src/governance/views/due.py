"""What is due when a day is over, and the timers that see to it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from governance.requests.waiver import WAIVER, ExpireWaiver, WaiverExpired, WaiverGranted, WaiverRevoked
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change, Gone
from mandate_events.views.view import View
from mandate_events.worker.timers import Timer, due_table


def _expire(day: date, _part: str) -> ExpireWaiver:
    return ExpireWaiver(until=day)


TIMERS: Final[Mapping[str, Timer]] = {"waiver-expiry": Timer("waiver-expiry", WAIVER, _expire)}


def change(record: Recorded[Any]) -> Change | Gone:
    key = ("waiver-expiry", record.thing, "")
    match record.data:
        case WaiverGranted(until=until):
            return Change(key, {"on_day": until, "set_by": record.reference})
        case _:
            return Gone(key)


DUE_VIEW: Final = View(due_table(), (WaiverGranted, WaiverRevoked, WaiverExpired), change)
