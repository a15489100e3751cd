"""The list of prioritisations."""

from typing import Any, Final

from sqlalchemy import Boolean, Column, DateTime, Integer, Numeric, Text

from governance.strategy.prioritisation import PortfolioPrioritised
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

PRIORITISATIONS: Final = table(
    "prioritisations",
    Column("id", Text, primary_key=True),
    Column("portfolio", Text, nullable=False, index=True),
    Column("model", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("budget_amount", Numeric(18, 2), nullable=False),
    Column("cost_amount", Numeric(18, 2), nullable=False),
    Column("capacity", Text),
    Column("effort_days", Text, nullable=False),
    Column("skip", Boolean, nullable=False),
    Column("considered", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("prioritised_by", Text, nullable=False),
    Column("prioritised_at", DateTime(timezone=True), nullable=False),
)


def change(record: Recorded[Any]) -> Change:
    said: PortfolioPrioritised = record.data
    same = ("portfolio", "model", "capacity", "effort_days", "skip", "considered", "taken")
    says = {name: getattr(said, name) for name in same}
    says |= {"budget_amount": said.budget.value, "cost_amount": said.cost.value, "currency": said.budget.currency}
    return Change(record.thing, {**says, "prioritised_by": record.actor, "prioritised_at": record.time})


PRIORITISATIONS_VIEW: Final = View(PRIORITISATIONS, (PortfolioPrioritised,), change)
