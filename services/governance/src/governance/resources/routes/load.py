"""Routes of load against capacity: of one resource week by week, and of the whole pool in one week."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, TypeAlias

import immutables
import msgspec
from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Table, Text, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from starlette.responses import Response

from governance.resources.load import (
    WEEK,
    Commitment,
    Period,
    Plan,
    Week,
    mondays,
    released,
    week_named,
    week_of,
    weeks_of,
)
from governance.resources.resource import RESOURCE
from governance.resources.routes.resource import Id, ResourceItem, shown_row
from governance.resources.views import (
    COMMITMENTS,
    COMMITMENTS_VIEW,
    PERIODS,
    PERIODS_VIEW,
    RESOURCES,
    RESOURCES_VIEW,
)
from mandate_events.deciding import Slug
from mandate_events.values.hours import spelled
from mandate_web.problems.problem import invalid
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["resources"])

MAX_WEEKS: Final = 104

WeekName: TypeAlias = Annotated[str, Query(pattern=WEEK, description="A week of ISO 8601", examples=["2026-W10"])]


class TakenPage(BaseModel):
    """What an allocation takes of a week."""

    allocation: str
    project: str
    hours: str = Field(examples=["16"])


class WeekPage(BaseModel):
    """One week in hours: what there is, what is committed, and how much of that is too much."""

    week: str = Field(examples=["2026-W10"])
    capacity: str = Field(examples=["37.5"])
    committed: str = Field(examples=["16"])
    over: str = Field(examples=["0"])
    allocations: list[TakenPage] = Field(description="Those of projects that you may see")


class LoadPage(BaseModel):
    """The load of a resource, week by week."""

    id: str
    weeks: list[WeekPage]


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
    plan: Plan = fold.state.plan
    sees = replace(who, query="read-governance").sees
    shown = [shown_week(plan, each, sees) for each in weeks_of(plan, weeks)]
    return await things.answer(fold, {"id": id, "weeks": shown})


class ResourceLoad(ResourceItem, WeekPage):
    """One resource in one week."""


class ResourceLoads(BaseModel):
    """One page of the pool's load in a week."""

    items: list[ResourceLoad]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/resource-load",
    operation_id="listResourceLoad",
    responses={200: {"model": ResourceLoads}},
    **reads("read-framework", waits=True),
)
async def list_load(
    *,
    who: Annotated[Viewer, viewer("read-framework")],
    view: OpenView,
    week: WeekName,
    skill: Slug | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Load against capacity of the whole pool in one week. Allocations are told of projects that you may see."""
    monday = _monday("?week", week)
    page = view.page_of({"list": "resource-load", "week": week, "skill": skill}, limit, cursor)
    periods, commitments = PERIODS.c, COMMITMENTS.c
    wanted = select(
        RESOURCES,
        _touching(PERIODS, monday, [periods.version], kind=periods.kind).label("periods"),
        _touching(
            COMMITMENTS,
            monday,
            [commitments.allocation],
            allocation=commitments.allocation,
            project=commitments.project,
            free_from=commitments.free_from,
        ).label("commitments"),
    )
    if skill:
        wanted = wanted.where(RESOURCES.c.skills.contains([skill]))

    sees = replace(who, query="read-governance").sees

    def shown_load(row: dict[str, Any]) -> dict[str, Any]:
        plan = _plan(row)
        return {**shown_row(row), **shown_week(plan, week_of(plan, monday.toordinal()), sees)}

    views = (RESOURCES_VIEW, PERIODS_VIEW, COMMITMENTS_VIEW)
    return await view.page(page, wanted, [(RESOURCES.c.id, False)], shown_load, *views)


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


def shown_week(plan: Plan, week: Week, sees: Callable[[str], bool]) -> dict[str, Any]:
    """A week as it is told to who sees these projects: the load is of all, the allocations are theirs."""
    return {
        "week": week.name,
        "capacity": spelled(week.capacity),
        "committed": spelled(week.committed),
        "over": spelled(week.over),
        "allocations": [
            {"allocation": id_, "project": plan.commitments[id_].project, "hours": spelled(hours)}
            for id_, hours in week.allocations.items()
            if sees(plan.commitments[id_].project)
        ],
    }


def _monday(pointer: str, week: str) -> date:
    try:
        return week_named(week)
    except ValueError:
        raise invalid(pointer, "not-a-week") from None
