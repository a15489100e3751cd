"""Routes of forecasts, and of the tolerances they are held against."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from mandate_events.values.told import Amount, amount_of
from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.control.forecast import FORECAST, Forecast, ReviseForecast
from projects.control.tolerance import TOLERANCE, Dimension, Tolerances

router = Router(tags=["forecasts"])


class ForecastPage(BaseModel):
    """What the PM expects of the project."""

    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    cost: Amount | None = Field(description="At completion")
    finishes_on: date | None


class TolerancePage(BaseModel):
    """How far the project may depart from its plan in one dimension, and how it stands to that."""

    dimension: Dimension
    tolerance: str | None = Field(
        description="A decimal, a part of the plan, or a statement; null: any departure is beyond", examples=["10%"]
    )
    used: str | None = Field(description="What approved changes take of it", examples=["25000.00"])
    breach: str | None = Field(description="By how much the forecast departs, where that is beyond", examples=["12"])
    reported: bool = Field(description="Whether an exception report waits for the PMO's decision")


class TolerancesPage(BaseModel):
    """The tolerances of a project that say something, dimension by dimension."""

    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    tolerances: list[TolerancePage]


@router.post("/v1/projects/{id}/forecasts", operation_id="reviseForecast", **decides(ReviseForecast))
async def revise_forecast(id: Id, command: ReviseForecast, desk: OpenDesk) -> Response:  # noqa: A002
    """Say what the project is expected to cost at completion, or when to finish.

    Where that leaves a tolerance, a breach is recorded with it.
    """
    return await desk.decide(FORECAST, id, command, location=f"/v1/projects/{id}/forecast")


@router.get(
    "/v1/projects/{id}/forecast", operation_id="getForecast", responses=shows(ForecastPage), **reads("read-projects")
)
async def get_forecast(id: Id, who: Annotated[Viewer, viewer("read-projects")], things: OpenThings) -> Response:  # noqa: A002
    """What the PM expects the project to cost, and when to finish."""
    fold = await things.find(FORECAST, id, seen=lambda _: who.sees(id))
    return await things.answer(fold, shown_forecast(id, fold.state))


def shown_forecast(id_: str, forecast: Forecast) -> dict[str, Any]:
    """A forecast as it is told."""
    finish = forecast.finishes_on.isoformat() if forecast.finishes_on else None
    return {"project": id_, "cost": amount_of(forecast.cost), "finishes_on": finish}


@router.get(
    "/v1/projects/{id}/tolerances",
    operation_id="getTolerances",
    responses=shows(TolerancesPage),
    **reads("read-projects"),
)
async def get_tolerances(id: Id, who: Annotated[Viewer, viewer("read-projects")], things: OpenThings) -> Response:  # noqa: A002
    """How far the project may depart from its plan, and where its forecast leaves that."""
    fold = await things.find(TOLERANCE, id, seen=lambda _: who.sees(id))
    return await things.answer(fold, shown_tolerances(id, fold.state))


def shown_tolerances(id_: str, known: Tolerances) -> dict[str, Any]:
    """The tolerances of a project as they are told."""
    dimensions = sorted({*known.set, *known.used, *known.breaches, *known.reported})
    return {
        "project": id_,
        "tolerances": [
            {
                "dimension": each,
                "tolerance": known.set.get(each),
                "used": _text(known.used.get(each)),
                "breach": _text(known.breaches.get(each)),
                "reported": each in known.reported,
            }
            for each in dimensions
        ],
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
