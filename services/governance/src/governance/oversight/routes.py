"""Routes of measurements, which are special: what is measured has its place in a project, or in the office."""

from typing import Annotated, TypeAlias

from fastapi import Path
from starlette.responses import Response

from governance.oversight.measurement import MEASUREMENT, OFFICE, MeasureKpi, MeasurementPage, stream_of
from mandate_events.deciding import Slug
from mandate_web.chapters.pages import copied
from mandate_web.chapters.signing import spoken
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
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


@router.post(
    "/v1/kpis/{id}/measurements",
    operation_id="measureKpi",
    description=spoken(MeasureKpi),
    **decides(MeasureKpi),
)
async def measure(id: Id, command: MeasureKpi, desk: OpenDesk) -> Response:  # noqa: A002
    """The project, if any, is named in the body; the stream is of both."""
    location = f"/v1/kpis/{id}/measurements/{command.project or OFFICE}"
    return await desk.decide(MEASUREMENT, stream_of(id, command.project), command, location=location)


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
    return await things.answer(fold, copied(MeasurementPage, stream, fold.state))
