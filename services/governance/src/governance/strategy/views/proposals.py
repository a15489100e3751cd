"""The list of proposals."""

from typing import Any, Final

from sqlalchemy import Column, Numeric, Text

from governance.strategy.proposal import (
    MoreRequested,
    ProjectAuthorised,
    ProjectMigratedToStandard,
    ProjectProposed,
    ProposalAmended,
    ProposalDeferred,
    ProposalRejected,
)
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

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
    match record.data:
        case ProjectProposed() as event:
            says = {**_described(event), "portfolio": event.portfolio, "reference": event.reference}
            says |= {"status": "proposed", "proposed_by": record.actor}
        case ProposalAmended(answers=answers) as event:
            says = _described(event) | ({"status": "proposed"} if answers else {})
        case MoreRequested():
            says = {"status": "more_requested"}
        case ProposalDeferred():
            says = {"status": "deferred"}
        case ProposalRejected():
            says = {"status": "rejected"}
        case ProjectAuthorised(budget=budget) as event:
            says = {"gate_path": event.gate_path, "status": "authorised"}
            says |= {"standard": event.standard, "budget_amount": budget.value}
        case ProjectMigratedToStandard() as event:
            says = {"gate_path": event.gate_path, "standard": event.standard}
    return Change(record.thing, says)


def _described(event: ProjectProposed | ProposalAmended) -> dict[str, Any]:
    cost = event.forecast_cost
    money = {"forecast_amount": cost.value, "currency": cost.currency}
    return {"title": event.title, "gate_path": event.gate_path, **money}


PROPOSALS_VIEW: Final = View(
    PROPOSALS,
    (
        ProjectProposed,
        ProposalAmended,
        MoreRequested,
        ProposalDeferred,
        ProposalRejected,
        ProjectAuthorised,
        ProjectMigratedToStandard,
    ),
    change,
    version=2,
)
