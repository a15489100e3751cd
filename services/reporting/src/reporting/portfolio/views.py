"""The portfolio: one row per project, from its proposal to its end.

Two ledgers write it, and which of them arrives first is chance. So that chance leaves no trace, every column is
either one service's own, or governance's word wins over what projects repeats of it, whichever came first.
"""

from typing import Any, Final

from sqlalchemy import Boolean, Column, DateTime, Numeric, Text

from mandate_events.document.event import Recorded
from mandate_events.values.money import Money
from mandate_events.views.rows import Change, Row
from mandate_events.views.view import View, table
from reporting.portfolio.heard import (
    OF_GOVERNANCE,
    OF_PROJECTS,
    GateDecisionApplied,
    GateDecisionNotApplied,
    GateReviewRequested,
    ManagerAppointed,
    ManagerReplaced,
    MoreRequested,
    OfficerAssigned,
    OfficerReleased,
    PhaseStarted,
    ProjectAuthorised,
    ProjectClosed,
    ProjectHeld,
    ProjectInitiated,
    ProjectMigratedToStandard,
    ProjectProposed,
    ProjectResumed,
    ProjectTerminated,
    ProposalAmended,
    ProposalDeferred,
    ProposalRejected,
    SponsorAppointed,
    SponsorReplaced,
)

PORTFOLIO: Final = table(
    "portfolio",
    Column("id", Text, primary_key=True),
    Column("portfolio", Text, index=True),
    Column("reference", Text),
    Column("title", Text),
    Column("intake", Text, comment="What governance says: proposed, deferred, rejected, authorised"),
    Column("more_requested", Boolean, comment="The PMO waits for more of it"),
    Column("execution", Text, comment="What the project says: active, held, closed, terminated"),
    Column("status", Text, nullable=False, index=True),
    Column("phase", Text, comment="The phase it is in, or was in when it ended"),
    Column("gate", Text, comment="The gate ahead"),
    Column("gate_path", Text),
    Column("standard", Text),
    Column("budget_amount", Numeric(18, 2)),
    Column("budget_currency", Text),
    Column("forecast_amount", Numeric(18, 2)),
    Column("forecast_currency", Text),
    Column("manager", Text, index=True),
    Column("officer", Text, index=True),
    Column("sponsor", Text, index=True),
    Column("open_review", Text, comment="The gate review that was requested and is not answered"),
    Column("initiated_at", DateTime(timezone=True)),
    Column("last_changed_at", DateTime(timezone=True), nullable=False),
)


def change(record: Recorded[Any]) -> Change:
    """What an event says of its own, and what it repeats of another service's."""
    project = record.thing
    says: dict[str, Any] = {}
    repeats: dict[str, Any] = {}
    match record.data:
        # governance
        case ProjectProposed() as event:
            says = {**_described(event), **_money("forecast", event.forecast_cost), "intake": "proposed"}
            says |= {"gate_path": event.gate_path} if event.gate_path else {}
        case ProposalAmended() as event:
            says = {"title": event.title, "gate_path": event.gate_path, "more_requested": False}
            says |= _money("forecast", event.forecast_cost)
        case MoreRequested():
            says = {"intake": "proposed", "more_requested": True}
        case ProposalDeferred():
            says = {"intake": "deferred", "more_requested": False}
        case ProposalRejected():
            says = {"intake": "rejected"}
        case ProjectAuthorised() as event:
            says = {**_described(event), **_terms(event), "intake": "authorised"}
        case ProjectMigratedToStandard() as event:
            says = {"standard": event.standard, "gate_path": event.gate_path}
        case ManagerAppointed() | ManagerReplaced() as event:
            project, says = event.project, {"manager": event.person}
        case OfficerAssigned() as event:
            project, says = event.project, {"officer": event.person}
        case OfficerReleased() as event:
            project, says = event.project, {"officer": None}
        case SponsorAppointed() | SponsorReplaced() as event:
            project, says = event.project, {"sponsor": event.person}
        # projects
        case ProjectInitiated() as event:
            says = {"execution": "active", "initiated_at": record.time}
            repeats = {**_described(event), **_terms(event)}
        case PhaseStarted() as event:
            says = {"phase": event.phase, "gate": event.gate}
        case GateReviewRequested() as event:
            says = {"open_review": event.review}
        case GateDecisionApplied() | GateDecisionNotApplied():
            says = {"open_review": None}
        case ProjectHeld():
            says = {"execution": "held"}
        case ProjectResumed():
            says = {"execution": "active"}
        case ProjectClosed():
            says = {"execution": "closed", "gate": None, "open_review": None}
        case ProjectTerminated():
            says = {"execution": "terminated", "gate": None, "open_review": None}
    return Change(project, says, repeats, {"last_changed_at": record.time})


def status(row: Row) -> Row:
    """What the project says goes before what governance says."""
    intake = row["intake"] or "proposed"
    waits = intake == "proposed" and row["more_requested"]
    return {"status": row["execution"] or ("more_requested" if waits else intake)}


def _described(event: ProjectProposed | ProjectAuthorised | ProjectInitiated) -> dict[str, Any]:
    return {"portfolio": event.portfolio, "reference": event.reference, "title": event.title}


def _terms(event: ProjectAuthorised | ProjectInitiated) -> dict[str, Any]:
    return {"gate_path": event.gate_path, "standard": event.standard, **_money("budget", event.budget)}


def _money(name: str, money: Money) -> dict[str, Any]:
    return {f"{name}_amount": money.value, f"{name}_currency": money.currency}


PORTFOLIO_VIEW: Final = View(PORTFOLIO, (*OF_GOVERNANCE, *OF_PROJECTS), change, status)
