"""The forecasts of a project, one by one: what was expected, when, and why."""

from datetime import date
from typing import Any, Final

from pydantic import BaseModel, Field
from sqlalchemy import Column, Date, DateTime, Numeric, Text

from mandate_events.deciding import PersonId
from mandate_events.document.event import Recorded
from mandate_events.values.told import Amount, Id, Instant, amount_in
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table
from mandate_web.chapters.pages import plain
from projects.control.forecast import ForecastRevised


class ForecastItem(BaseModel):
    """What the PM expected, when they said so."""

    id: Id = Field(description="That of the event")
    project: Id
    cost: Amount | None = Field(description="At completion; null where nothing new was said of it")
    finishes_on: date | None
    revised_by: PersonId
    revised_at: Instant
    reason: str | None = Field(max_length=500)


FORECASTS: Final = table(
    "forecasts",
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False, index=True),
    Column("cost_amount", Numeric),
    Column("cost_currency", Text),
    Column("finishes_on", Date),
    Column("revised_by", Text, nullable=False),
    Column("revised_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text),
)


def revised(record: Recorded[Any]) -> Change:
    cost = record.data.cost
    says = {"project": record.thing, "finishes_on": record.data.finishes_on, "reason": record.reason}
    said = {"cost_amount": cost and cost.value, "cost_currency": cost and cost.currency}
    return Change(record.id, {**says, **said, "revised_by": record.actor, "revised_at": record.time})


def shown_forecast(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is told."""
    own = {"cost": amount_in(row, "cost_amount", "cost_currency")}
    return {name: own[name] if name in own else plain(row[name]) for name in ForecastItem.model_fields}


FORECASTS_VIEW: Final = View(FORECASTS, (ForecastRevised,), revised)
