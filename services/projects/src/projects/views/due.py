"""What is due when a day is over, and the timers that see to it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change, Gone
from mandate_events.views.view import View
from mandate_events.worker.timers import Timer, due_table
from projects import conditions
from projects.conditions import GateConditionLapsed, GateConditionMet, GateConditionSet
from projects.project import PROJECT


def _lapse(day: date, part: str) -> conditions.LapseCondition:
    return conditions.LapseCondition(condition=int(part), due_on=day)


TIMERS: Final[Mapping[str, Timer]] = {"gate-condition": Timer("gate-condition", PROJECT, _lapse)}


def change(record: Recorded[Any]) -> Change | Gone:
    match record.data:
        case GateConditionSet(number=number, due_on=due_on):
            key = ("gate-condition", record.thing, str(number))
            return Change(key, {"on_day": due_on, "set_by": record.reference})
        case GateConditionMet(number=number) | GateConditionLapsed(number=number):
            return Gone(("gate-condition", record.thing, str(number)))
        case _:
            raise TypeError(f"{type(record.data).__name__} sets nothing due")


DUE_VIEW: Final = View(due_table(), (GateConditionSet, GateConditionMet, GateConditionLapsed), change)
