"""Forecasts: what the PM expects the project to cost and when to finish. One that leaves a tolerance is a breach.

The breach is computed here and never typed by a person; work past it waits for the PM's exception report.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Looking,
    On,
    Refused,
    State,
    Streams,
    Undecided,
    Unknown,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from mandate_events.values.money import Money, MoneyInput
from mandate_events.values.told import Amount, Id
from projects.control.tolerance import (
    TOLERANCE,
    Dimension,
    ToleranceForecastBreached,
    ToleranceForecastRestored,
    Tolerances,
    departure,
    limit_of,
    tolerance_read,
    working_days,
)
from projects.execution.project import PROJECT, project_read
from projects.execution.state import ENDED, Project
from projects.recognition.office import office_read, today


class ForecastRevised(Event, frozen=True, kw_only=True):
    """The PM expects the project to cost this at completion, to finish on this day; null says nothing new."""

    project: ProjectId
    cost: Money | None = None
    finishes_on: date | None = None


EVENTS: Final = (ForecastRevised,)


class ReviseForecast(Decision):
    """Say what the project is expected to cost at completion, or when to finish.

    Where that leaves a tolerance, a breach is recorded with it.
    """

    cost: MoneyInput | None = Field(default=None, description="At completion")
    finishes_on: date | None = Field(default=None, examples=["2026-11-30"])

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.cost is None and self.finishes_on is None:
            raise PydanticCustomError("nothing-forecast", "a forecast is of the cost, of the finish, or of both")
        return self


@dataclass(frozen=True, slots=True)
class Expected:
    """What a forecast says of one dimension, and how far that is from the plan."""

    dimension: Dimension
    planned: str
    forecast: str
    excess: Decimal


class Forecast(State, frozen=True):
    project: str
    cost: Money | None = None
    finishes_on: date | None = None


def decide(_forecast: Forecast | None, command: Instruction, context: Context) -> Decided:
    match command:
        case ReviseForecast():
            project = context.read(PROJECT, context.subject)
            if project is None:
                raise Unknown(PROJECT.stream(context.subject))
            if project.status in ENDED:
                raise Refused(f"project-{project.status}")
            return _revised(project, command, context)
        case _:
            raise Undecided(command)


def _revised(project: Project, command: ReviseForecast, context: Context) -> Decided:
    id_ = context.subject
    event = says(ForecastRevised, command, project=id_)
    tolerances = context.read(TOLERANCE, id_) or Tolerances()
    expected = [*_expected_cost(project, event.cost), *_expected_finish(project, event.finishes_on, context)]
    judged = [_judged(tolerances, id_, each, project.planned[each.dimension]) for each in expected]
    return [event, *(On(TOLERANCE, id_, each) for each in judged if each)]


def _expected_cost(project: Project, cost: Money | None) -> list[Expected]:
    if cost is None:
        return []
    planned = project.planned_cost
    if cost.currency != planned.currency:
        raise Invalid("/cost/currency", "currency-of-the-budget", currency=planned.currency)
    return [Expected("cost", planned.amount, cost.amount, cost.value - planned.value)]


def _expected_finish(project: Project, day: date | None, context: Context) -> list[Expected]:
    """Nothing is to be held against before there is a baseline."""
    if day is None:
        return []
    if day < today(context):
        raise Invalid("/finishes_on", "forecast-in-the-past")
    if project.baseline is None:
        return []
    planned = project.baseline.finishes_on
    return [Expected("time", planned.isoformat(), day.isoformat(), Decimal(working_days(planned, day)))]


def _judged(tolerances: Tolerances, id_: str, expected: Expected, base: Decimal | None) -> Event | None:
    """What a forecast means for a tolerance; None where nothing changes."""
    dimension = expected.dimension
    limit = limit_of(tolerances.set.get(dimension), base)
    allowed = max(limit or Decimal(0), tolerances.accepted.get(dimension, Decimal(0)))
    known = tolerances.breaches.get(dimension)
    if departure(dimension, expected.excess) <= allowed:
        if known is None:
            return None
        return ToleranceForecastRestored(project=id_, dimension=dimension, forecast=expected.forecast)
    if known == expected.excess:
        return None
    return ToleranceForecastBreached(
        project=id_,
        dimension=dimension,
        planned=expected.planned,
        forecast=expected.forecast,
        excess=str(expected.excess),
        limit=None if limit is None else f"{limit:f}",
    )


def evolve(forecast: Forecast | None, event: ForecastRevised, _record: Recorded[Any]) -> Forecast:
    known = forecast or Forecast(event.project)
    return replace(known, cost=event.cost or known.cost, finishes_on=event.finishes_on or known.finishes_on)


def reads(_forecast: Forecast | None, command: Instruction, looking: Looking) -> Streams:
    match command:
        case ReviseForecast():
            yield from project_read(looking)
            yield from tolerance_read(looking.project)
            yield from office_read()


FORECAST: Aggregate[Forecast] = Aggregate(
    "forecast",
    decide,
    evolve,
    events=EVENTS,
    records={ReviseForecast: (ForecastRevised, ToleranceForecastBreached, ToleranceForecastRestored)},
    reads=reads,
    opened_by=frozenset({ReviseForecast}),
    project=lambda id_, _: id_,
)


class ForecastPage(BaseModel):
    """What the PM expects the project to cost, and when to finish."""

    project: Id
    cost: Amount | None = Field(description="At completion")
    finishes_on: date | None
