"""What the PMO watches: KPIs, breaches of their thresholds, and what compliance reviews found."""

from typing import Any, Final

from sqlalchemy import Boolean, Column, DateTime, Integer, Text

from governance.oversight.findings import FindingClosed, FindingRaised
from governance.oversight.kpi import KpiDefined
from governance.oversight.measurement import ThresholdBreached
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

KPIS: Final = table(
    "kpis",
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("computed", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

BREACHES: Final = table(
    "breaches",
    Column("id", Text, primary_key=True),
    Column("kpi", Text, nullable=False, index=True),
    Column("project", Text, index=True),
    Column("period", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("threshold", Text, nullable=False),
    Column("standard", Text),
    Column("measured_by", Text, nullable=False),
    Column("breached_at", DateTime(timezone=True), nullable=False, index=True),
)

FINDINGS: Final = table(
    "findings",
    Column("review", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("project", Text, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("control", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("raised_by", Text, nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False, index=True),
    Column("status", Text, nullable=False, index=True),
    Column("closed_by", Text),
)


def defined(record: Recorded[Any]) -> Change:
    return Change(record.thing, {name: getattr(record.data, name) for name in KPIS.c.keys()[1:]})


def breached(record: Recorded[Any]) -> Change:
    said = ("kpi", "project", "period", "value", "threshold", "standard")
    says = {name: getattr(record.data, name) for name in said}
    return Change(record.id, {**says, "measured_by": record.actor, "breached_at": record.time})


def found(record: Recorded[Any]) -> Change:
    match record.data:
        case FindingRaised() as event:
            says = {name: getattr(event, name) for name in ("project", "number", "control", "severity", "text")}
            says |= {"raised_by": record.actor, "raised_at": record.time, "status": "open"}
            return Change((record.thing, str(event.number)), says)
        case _:
            closed = {"status": "closed", "closed_by": record.actor}
            return Change((record.thing, str(record.data.finding)), closed)


KPIS_VIEW: Final = View(KPIS, (KpiDefined,), defined)
BREACHES_VIEW: Final = View(BREACHES, (ThresholdBreached,), breached)
FINDINGS_VIEW: Final = View(FINDINGS, (FindingRaised, FindingClosed), found)
