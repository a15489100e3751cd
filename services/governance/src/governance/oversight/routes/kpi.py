"""Routes of KPIs: what is measured, its thresholds, the values that people bring, and where they lie in red."""

from typing import Annotated, Any, TypeAlias

from fastapi import Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from governance.oversight.kpi import KPI, Colour, DefineKpi, Direction, Kpi, SetThreshold
from governance.oversight.measurement import MEASUREMENT, OFFICE, MeasureKpi, Measurement, stream_of
from governance.oversight.views import BREACHES, BREACHES_VIEW, KPIS, KPIS_VIEW
from mandate_events.deciding import Slug
from mandate_events.values.told import instant
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.filters import ProjectFilter, seen_by
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["kpis"])

Id: TypeAlias = Annotated[Slug, Path(description="The KPI's name", examples=["schedule-performance"])]

Place: TypeAlias = Annotated[
    str,
    Path(
        pattern=rf"^({OFFICE}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})$",
        description=f"Id of a project, or `{OFFICE}` for what is measured of the whole office",
        examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"],
    ),
]

PERIODS = 500
"""How many periods are shown at most: the latest."""


@router.post("/v1/kpis/{id}/definitions", operation_id="defineKpi", **decides(DefineKpi))
async def define(id: Id, command: DefineKpi, desk: OpenDesk) -> Response:  # noqa: A002
    """Define what is measured; where it is defined, define it anew."""
    return await desk.decide(KPI, id, command, location=f"/v1/kpis/{id}")


@router.post("/v1/kpis/{id}/thresholds", operation_id="setThreshold", **decides(SetThreshold))
async def set_threshold(id: Id, command: SetThreshold, desk: OpenDesk) -> Response:  # noqa: A002
    """Say from where on a value is amber, and red."""
    return await desk.decide(KPI, id, command, location=f"/v1/kpis/{id}")


@router.post("/v1/kpis/{id}/measurements", operation_id="measureKpi", **decides(MeasureKpi))
async def measure(id: Id, command: MeasureKpi, desk: OpenDesk) -> Response:  # noqa: A002
    """Put a value of a KPI on record that the system does not compute.

    Of a project by its PMOfficer, of anything by the PMO. A value in red is put on record as a breach besides.
    """
    location = f"/v1/kpis/{id}/measurements/{command.project or OFFICE}"
    return await desk.decide(MEASUREMENT, stream_of(id, command.project), command, location=location)


class KpiItem(BaseModel):
    """What is measured, and how."""

    id: str = Field(examples=["schedule-performance"])
    title: str = Field(examples=["Schedule performance index"])
    unit: str = Field(examples=["ratio"])
    direction: Direction
    computed: bool = Field(description="The system computes it; nobody types it")
    version: int = Field(description="How often it was defined")


class Kpis(BaseModel):
    """One page of KPIs."""

    items: list[KpiItem]
    next: str | None = Field(description="Cursor of the next page")


class ThresholdPage(BaseModel):
    """From where on a value is amber, and red."""

    standard: str | None = Field(description="For projects under it; null for all others", examples=["light@1"])
    green: str = Field(description="The last green value", examples=["0.95"])
    amber: str = Field(description="The last amber value; what is worse is red", examples=["0.85"])


class KpiPage(KpiItem):
    """A KPI with its thresholds."""

    formula: str | None = Field(examples=["earned / planned value"])
    thresholds: list[ThresholdPage]


@router.get(
    "/v1/kpis", operation_id="listKpis", responses={200: {"model": Kpis}}, **reads("read-framework", waits=True)
)
async def list_kpis(
    *, _: Annotated[Viewer, viewer("read-framework")], view: OpenView, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """All KPIs, by name."""
    page = view.page_of({"list": "kpis"}, limit, cursor)
    return await view.page(page, select(KPIS), [(KPIS.c.id, False)], shown_row, KPIS_VIEW)


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in KpiItem.model_fields}


@router.get("/v1/kpis/{id}", operation_id="getKpi", responses=shows(KpiPage), **reads("read-framework"))
async def get_kpi(id: Id, _: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """A KPI with its thresholds."""
    fold = await things.find(KPI, id)
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, kpi: Kpi) -> dict[str, Any]:
    """A KPI as it is told."""
    definition = kpi.definition
    return {
        "id": id_,
        "title": definition.title,
        "unit": definition.unit,
        "direction": definition.direction,
        "computed": definition.computed,
        "version": definition.version,
        "formula": definition.formula,
        "thresholds": [
            {"standard": threshold.standard, "green": threshold.green, "amber": threshold.amber}
            for threshold in sorted(kpi.thresholds.values(), key=lambda each: each.standard or "")
        ],
    }


class PeriodPage(BaseModel):
    """What was measured of a period; the later value counts."""

    period: str = Field(examples=["2026-Q3"])
    value: str = Field(examples=["0.82"])
    colour: Colour | None = Field(description="Null where no threshold was set")
    standard: str | None = Field(description="What the project ran to", examples=["capital-delivery@1"])
    measured_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])


class MeasurementPage(BaseModel):
    """What was measured of a KPI in one place."""

    kpi: str = Field(examples=["schedule-performance"])
    project: str | None = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    periods: list[PeriodPage] = Field(description=f"The latest {PERIODS} of them, oldest first")


@router.get(
    "/v1/kpis/{id}/measurements/{place}",
    operation_id="getMeasurements",
    responses=shows(MeasurementPage),
    **reads("read-governance"),
)
async def get_measurements(
    id: Id,  # noqa: A002
    place: Place,
    who: Annotated[Viewer, viewer("read-governance")],
    things: OpenThings,
) -> Response:
    """What was measured of a KPI in a project, or of the whole office."""
    project = None if place == OFFICE else place
    seen = who.sees_all() if project is None else who.sees(project)
    stream = stream_of(id, project)
    fold = await things.find(MEASUREMENT, stream, seen=lambda _: seen)
    return await things.answer(fold, shown_measurements(stream, fold.state))


def shown_measurements(_id: str, measurement: Measurement) -> dict[str, Any]:
    """Measurements as they are told."""
    periods = sorted(measurement.periods.items())[-PERIODS:]
    return {
        "kpi": measurement.kpi,
        "project": measurement.project,
        "periods": [
            {
                "period": period,
                "value": measured.value,
                "colour": measured.colour,
                "standard": measured.standard,
                "measured_by": measured.by,
            }
            for period, measured in periods
        ],
    }


class Breach(BaseModel):
    """A value that lies in red."""

    kpi: str = Field(examples=["schedule-performance"])
    project: str | None = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    period: str = Field(examples=["2026-Q3"])
    value: str = Field(examples=["0.82"])
    threshold: str = Field(description="Beyond it is red", examples=["0.85"])
    standard: str | None = Field(
        description="Whose threshold it is; null where it is the one for all", examples=["light@1"]
    )
    measured_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    breached_at: str = Field(examples=["2026-03-02T12:00:00.000000Z"])


class Breaches(BaseModel):
    """One page of breaches."""

    items: list[Breach]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/breaches",
    operation_id="listBreaches",
    responses={200: {"model": Breaches}},
    **reads("read-governance", waits=True),
)
async def list_breaches(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    kpi: Annotated[str | None, Query(max_length=64, pattern=r"^[a-z0-9-]+$", description="Name of a KPI")] = None,
    project: ProjectFilter | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Values that lie in red, the latest first. With a role in projects only, a person sees those of them."""
    page = view.page_of({"list": "breaches", "kpi": kpi, "project": project}, limit, cursor)
    column = BREACHES.c
    wanted = seen_by(who, BREACHES, kpi=kpi, project=project)
    return await view.page(page, wanted, [(column.breached_at, True), (column.id, True)], shown_breach, BREACHES_VIEW)


def shown_breach(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in Breach.model_fields}, "breached_at": instant(row["breached_at"])}
