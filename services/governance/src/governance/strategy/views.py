"""The lists of the strategy: objectives, scoring models, proposals, and rankings on record."""

from typing import Any, Final

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Numeric, Text

from governance.strategy.authorisation import ProjectAuthorised, ProjectMigratedToStandard
from governance.strategy.intake import ProjectProposed, ProposalAmended
from governance.strategy.objective import ObjectiveRetired, ObjectiveRevised, ObjectiveSet
from governance.strategy.prioritisation import PortfolioPrioritised
from governance.strategy.proposal import MoreRequested, ProposalDeferred, ProposalRejected
from governance.strategy.scoring_model import ScoringModelDefined
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


def _objective(record: Recorded[Any]) -> Change:
    match record.data:
        case ObjectiveSet() | ObjectiveRevised() as event:
            says = {"title": event.title, "weight": event.weight, "starts_on": event.starts_on, "until": event.until}
            return Change(record.thing, {**says, "status": "set"})
        case _:
            return Change(record.thing, {"status": "retired"})


OBJECTIVES_VIEW: Final = View(OBJECTIVES, (ObjectiveSet, ObjectiveRevised, ObjectiveRetired), _objective)


SCORING_MODELS: Final = table(
    "scoring_models",
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("latest", Integer, nullable=False),
)


def _scoring_model(record: Recorded[Any]) -> Change:
    said: ScoringModelDefined = record.data
    return Change(record.thing, {"title": said.title, "latest": said.version})


SCORING_MODELS_VIEW: Final = View(SCORING_MODELS, (ScoringModelDefined,), _scoring_model)


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


def _proposal(record: Recorded[Any]) -> Change:
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
    _proposal,
    version=2,
)


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


def _prioritisation(record: Recorded[Any]) -> Change:
    said: PortfolioPrioritised = record.data
    same = ("portfolio", "model", "capacity", "effort_days", "skip", "considered", "taken")
    says = {name: getattr(said, name) for name in same}
    says |= {"budget_amount": said.budget.value, "cost_amount": said.cost.value, "currency": said.budget.currency}
    return Change(record.thing, {**says, "prioritised_by": record.actor, "prioritised_at": record.time})


PRIORITISATIONS_VIEW: Final = View(PRIORITISATIONS, (PortfolioPrioritised,), _prioritisation)
