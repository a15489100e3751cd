"""The portfolio: one row per project, from its proposal to its end.

Two ledgers write it, and which of them arrives first is chance. So that chance leaves no trace, every column is
either one service's own, or governance's word wins over what projects repeats of it, whichever came first.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Computed, DateTime, MetaData, Numeric, Table, Text, func
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.event import Recorded
from mandate_events.money import Money
from mandate_events.projection import Projection
from reporting.heard.governance import (
    ManagerAppointed,
    ManagerReplaced,
    OfficerAssigned,
    OfficerReleased,
    ProjectAuthorised,
    ProjectProposed,
    SponsorAppointed,
)
from reporting.heard.projects import (
    GateDecisionApplied,
    GateDecisionNotApplied,
    GateReviewRequested,
    PhaseStarted,
    ProjectClosed,
    ProjectHeld,
    ProjectInitiated,
    ProjectResumed,
    ProjectTerminated,
)

metadata = MetaData(schema="views")

PORTFOLIO: Final = Table(
    "portfolio_v1",
    metadata,
    Column("id", Text, primary_key=True),
    Column("portfolio", Text, index=True),
    Column("reference", Text),
    Column("title", Text),
    Column("intake", Text, comment="What governance says: proposed, authorised"),
    Column("execution", Text, comment="What the project says: active, held, closed, terminated"),
    Column("status", Text, Computed("coalesce(execution, intake, 'proposed')", persisted=True), index=True),
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


async def apply(connection: AsyncConnection, record: Recorded[Any], _document: bytes) -> None:
    said = _said(record)
    if said:
        project, says, repeats = said
        await connection.execute(_upsert(project, record.time, says, repeats))


def _said(record: Recorded[Any]) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
    """(project, what the event says of its own, what it repeats of another service's), of the events that matter."""
    this = record.subject.partition("/")[2]
    match record.data:
        # governance
        case ProjectProposed() as event:
            path = {"gate_path": event.gate_path} if event.gate_path else {}
            return (
                this,
                {**_described(event), **path, **_money("forecast", event.forecast_cost), "intake": "proposed"},
                {},
            )
        case ProjectAuthorised() as event:
            return this, {**_described(event), **_terms(event), "intake": "authorised"}, {}
        case ManagerAppointed(project=project, person=person) | ManagerReplaced(project=project, person=person):
            return project, {"manager": person}, {}
        case OfficerAssigned(project=project, person=person):
            return project, {"officer": person}, {}
        case OfficerReleased(project=project):
            return project, {"officer": None}, {}
        case SponsorAppointed(project=project, person=person):
            return project, {"sponsor": person}, {}
        # projects
        case ProjectInitiated() as event:
            own = {"execution": "active", "initiated_at": record.time}
            return this, own, {**_described(event), **_terms(event)}
        case PhaseStarted(phase=phase, gate=gate):
            return this, {"phase": phase, "gate": gate}, {}
        case GateReviewRequested(review=review):
            return this, {"open_review": review}, {}
        case GateDecisionApplied() | GateDecisionNotApplied():
            return this, {"open_review": None}, {}
        case ProjectHeld():
            return this, {"execution": "held"}, {}
        case ProjectResumed():
            return this, {"execution": "active"}, {}
        case ProjectClosed():
            return this, {"execution": "closed", "gate": None, "open_review": None}, {}
        case ProjectTerminated():
            return this, {"execution": "terminated", "gate": None, "open_review": None}, {}
        case _:
            return None


def _described(event: ProjectProposed | ProjectAuthorised | ProjectInitiated) -> dict[str, Any]:
    return {"portfolio": event.portfolio, "reference": event.reference, "title": event.title}


def _terms(event: ProjectAuthorised | ProjectInitiated) -> dict[str, Any]:
    return {"gate_path": event.gate_path, "standard": event.standard, **_money("budget", event.budget)}


def _money(name: str, money: Money) -> dict[str, Any]:
    return {f"{name}_amount": money.value, f"{name}_currency": money.currency}


def _upsert(project: str, at: datetime, says: Mapping[str, Any], repeats: Mapping[str, Any]) -> Insert:
    """Set what is said; set what is repeated only where nothing stands."""
    statement = insert(PORTFOLIO).values(id=project, last_changed_at=at, **says, **repeats)
    new, old = statement.excluded, PORTFOLIO.c
    return statement.on_conflict_do_update(
        index_elements=[PORTFOLIO.c.id],
        set_={
            **{name: new[name] for name in says},
            **{name: func.coalesce(old[name], new[name]) for name in repeats},
            "last_changed_at": func.greatest(old.last_changed_at, new.last_changed_at),
        },
    )


PORTFOLIO_VIEW: Final = Projection("portfolio", metadata, apply)
