"""The list of proposals."""

from typing import Any, Final

from sqlalchemy import Column, Numeric, Text

from governance.strategy.proposal import ProjectAuthorised, ProjectProposed
from mandate_events.event import Recorded
from mandate_events.rows import Change
from mandate_events.view import View, table

PROPOSALS: Final = table(
    "proposals",
    Column("id", Text, primary_key=True),
    Column("portfolio", Text, nullable=False, index=True),
    Column("reference", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("gate_path", Text),
    Column("forecast_amount", Numeric(18, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("standard", Text),
    Column("budget_amount", Numeric(18, 2)),
)


def change(record: Recorded[Any]) -> Change:
    event = record.data
    says = {"gate_path": event.gate_path}
    match event:
        case ProjectProposed(forecast_cost=cost):
            says |= {"portfolio": event.portfolio, "reference": event.reference, "title": event.title}
            says |= {"forecast_amount": cost.value, "currency": cost.currency}
            says |= {"status": "proposed", "proposed_by": record.actor}
        case ProjectAuthorised(budget=budget):
            says |= {"status": "authorised", "standard": event.standard, "budget_amount": budget.value}
    return Change(record.thing, says)


PROPOSALS_VIEW: Final = View(PROPOSALS, (ProjectProposed, ProjectAuthorised), change)
