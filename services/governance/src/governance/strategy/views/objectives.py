"""The list of objectives."""

from typing import Any, Final

from sqlalchemy import Column, Date, Text

from governance.strategy.objective import ObjectiveRetired, ObjectiveRevised, ObjectiveSet
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

OBJECTIVES: Final = table(
    "objectives",
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("weight", Text, nullable=False),
    Column("starts_on", Date, nullable=False, index=True),
    Column("until", Date, nullable=False),
    Column("status", Text, nullable=False, index=True),
)


def change(record: Recorded[Any]) -> Change:
    match record.data:
        case ObjectiveSet() | ObjectiveRevised() as event:
            says = {"title": event.title, "weight": event.weight, "starts_on": event.starts_on, "until": event.until}
            return Change(record.thing, {**says, "status": "set"})
        case _:
            return Change(record.thing, {"status": "retired"})


OBJECTIVES_VIEW: Final = View(OBJECTIVES, (ObjectiveSet, ObjectiveRevised, ObjectiveRetired), change)
