"""Routes of the pool that are special: by skill, told to each as far as they see, and the load against capacity."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, TypeAlias, get_args

import immutables
import msgspec
from fastapi import Path, Query
from sqlalchemy import ColumnElement, Select, Table, Text, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from starlette.responses import Response

from governance.resources.load import (
    WEEK,
    Commitment,
    Period,
    Plan,
    mondays,
    released,
    week_named,
    week_of,
    weeks_of,
)
from governance.resources.pages import (
    LoadPage,
    ResourceItem,
    ResourcePage,
    ResourceWeek,
    Sees,
    shown_item,
    shown_resource,
    shown_week,
)
from governance.resources.resource import RESOURCE, Kind, Status
from governance.resources.views import (
    COMMITMENTS,
    COMMITMENTS_VIEW,
    PERIODS,
    PERIODS_VIEW,
    RESOURCES,
    RESOURCES_VIEW,
)
from mandate_events.deciding import Slug
from mandate_events.document.formats import UUID_PATTERN
from mandate_web.chapters.lists import page_model
from mandate_web.problems.problem import invalid
from mandate_web.routes import sorting
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.filters import seen_by, several, words
from mandate_web.routes.lists import OpenList, OpenListOfThings, each_is
from mandate_web.routes.offering import with_allowed
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["resources"])

Id: TypeAlias = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the resource")]
WeekName: TypeAlias = Annotated[str, Query(pattern=WEEK, description="A week of ISO 8601", examples=["2026-W10"])]

BY_ID: Final = sorting.key(RESOURCES.c.id, down=False)
MAX_WEEKS: Final = 104


def committed_to(who: Viewer) -> Sees:
    """The pool is read by all; to which project its hours are committed, by who reads of that project."""
    return replace(who, query="read-governance").sees


@router.get(
    "/v1/resources",
    operation_id="listResources",
    responses={200: {"model": page_model(with_allowed(ResourceItem), "/v1/resources")}},
    **reads("read-framework", waits=True),
)
async def list_resources(
    *,
    who: Annotated[Viewer, viewer("read-framework")],
    view: OpenListOfThings,
    skill: Slug | None = None,
    kind: Annotated[str | None, several(get_args(Kind))] = None,
    status: Annotated[str | None, several(get_args(Status))] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The resource pool."""
    asked = {"kind": kind, "status": status}
    page = view.page_of({"list": "resources", "skill": skill, **asked}, limit, cursor)
    wanted = _skilled(seen_by(who, RESOURCES_VIEW.table, kind=words(kind), status=words(status)), skill)
    return await view.page(page, wanted, BY_ID, shown_item, RESOURCES_VIEW, of=each_is(RESOURCE))


def _skilled(wanted: Select[Any], skill: str | None) -> Select[Any]:
    return wanted.where(RESOURCES.c.skills.contains([skill])) if skill else wanted


@router.get("/v1/resources/{id}", operation_id="getResource", responses=shows(ResourcePage), **reads("read-framework"))
async def get_resource(id: Id, who: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """One resource: its capacity, its leave, and what is committed of it to projects that you may see."""
    fold = await things.find(RESOURCE, id)
    return await things.answer(fold, shown_resource(id, fold.state, committed_to(who)))


@router.get(
    "/v1/resources/{id}/load", operation_id="getResourceLoad", responses=shows(LoadPage), **reads("read-framework")
)
async def get_load(
    id: Id,  # noqa: A002
    who: Annotated[Viewer, viewer("read-framework")],
    things: OpenThings,
    first: Annotated[str, Query(alias="from", pattern=WEEK, description="First week", examples=["2026-W10"])],
    last: Annotated[str, Query(alias="until", pattern=WEEK, description="Last week", examples=["2026-W30"])],
) -> Response:
    """Load against capacity of one resource, week by week, with the allocations it comes from that you may see."""
    weeks = mondays(_monday("?from", first), _monday("?until", last))
    if not 1 <= len(weeks) <= MAX_WEEKS:
        raise invalid("?until", "weeks-in-order", most=MAX_WEEKS)
    fold = await things.find(RESOURCE, id)
    plan, sees = fold.state.plan, committed_to(who)
    shown = [shown_week(plan, each, sees) for each in weeks_of(plan, weeks)]
    return await things.answer(fold, {"id": id, "weeks": shown})


@router.get(
    "/v1/resource-load",
    operation_id="listResourceLoad",
    responses={200: {"model": page_model(ResourceWeek, "/v1/resource-load")}},
    **reads("read-framework", waits=True),
)
async def list_load(
    *,
    who: Annotated[Viewer, viewer("read-framework")],
    view: OpenList,
    week: WeekName,
    skill: Slug | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Load against capacity of the whole pool in one week. Allocations are told of projects that you may see."""
    monday = _monday("?week", week)
    page = view.page_of({"list": "resource-load", "week": week, "skill": skill}, limit, cursor)
    sees = committed_to(who)

    def shown(row: dict[str, Any]) -> dict[str, Any]:
        plan = _plan(row)
        return {**shown_item(row), **shown_week(plan, week_of(plan, monday.toordinal()), sees)}

    views = (RESOURCES_VIEW, PERIODS_VIEW, COMMITMENTS_VIEW)
    return await view.page(page, _skilled(_in_week(monday), skill), BY_ID, shown, *views)


# --- what the load of a week is reckoned from ---


def _in_week(monday: date) -> Select[Any]:
    """Each resource with what touches the week."""
    periods, commitments = PERIODS.c, COMMITMENTS.c
    told = {name: commitments[name] for name in ("allocation", "project", "free_from")}
    return select(
        RESOURCES,
        _touching(PERIODS, monday, [periods.version], kind=periods.kind).label("periods"),
        _touching(COMMITMENTS, monday, [commitments.allocation], **told).label("commitments"),
    )


def _touching(source: Table, monday: date, order: list[ColumnElement[Any]], **more: ColumnElement[Any]) -> Any:
    """What touches the week of each resource, as one JSON document: what the arithmetic is done with."""
    column = source.c
    sunday = date.fromordinal(min(monday.toordinal() + 6, date.max.toordinal()))
    told = {"starts_on": column.starts_on, "until": column.until, "hours": cast(column.hours, Text), **more}
    document = func.jsonb_build_object(*(part for pair in told.items() for part in pair))
    return (
        select(func.jsonb_agg(aggregate_order_by(document, *order), type_=JSONB))
        .where(column.resource == RESOURCES.c.id, column.starts_on <= sunday, column.until >= monday)
        .scalar_subquery()
    )


def _plan(row: dict[str, Any]) -> Plan:
    """The same plan as the decisions see, as far as it is about the week."""
    periods = row["periods"] or []
    taken = {each["allocation"]: _commitment(each) for each in row["commitments"] or []}
    return Plan(
        tuple(msgspec.convert([each for each in periods if each["kind"] == "capacity"], list[Period])),
        tuple(msgspec.convert([each for each in periods if each["kind"] == "leave"], list[Period])),
        immutables.Map({id_: each for id_, each in taken.items() if each}),
    )


def _commitment(told: dict[str, Any]) -> Commitment | None:
    commitment = msgspec.convert(told, Commitment)
    return released(commitment, date.fromisoformat(told["free_from"])) if told["free_from"] else commitment


def _monday(pointer: str, week: str) -> date:
    try:
        return week_named(week)
    except ValueError:
        raise invalid(pointer, "not-a-week") from None
