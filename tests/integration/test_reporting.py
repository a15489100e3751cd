"""Reporting on real databases: what it hears it archives byte for byte, shows to whom it may, and can make again."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import convert
from msgspec.structs import replace
from sqlalchemy import select

from governance.office import office
from mandate_events.document.event import Event
from mandate_events.ledger.engine import create_engine
from mandate_events.transport import parking
from mandate_events.views.building import build, swap
from mandate_events.views.rows import Key, Row
from mandate_local.postgres import EmbeddedPostgres
from reporting.main import SERVICE
from reporting.people.views import MANDATES
from reporting.portfolio import heard as executed
from reporting.portfolio.views import PORTFOLIO, PORTFOLIO_VIEW
from tests.integration.portfolio_events import ANY_RECORD, PROJECT, by_governance, by_projects
from tests.integration.reporting_world import (
    PROPOSED,
    World,
    asyncpg_connection,
    decide,
    publish,
    recorded,
    small_world,
)
from tests.services import REPORTING_LISTS as LISTS

NDJSON = "application/x-ndjson"
SORTS = (
    "reference",
    "title",
    "status",
    "phase",
    "gate",
    "budget",
    "manager",
    "officer",
    "sponsor",
    "standard",
    "gate_path",
    "portfolio",
    "forecast_cost",
    "initiated_at",
    "last_changed_at",
)


@pytest.fixture(scope="module")
async def world(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with small_world(postgres, tmp_path_factory.mktemp("identity"), "test_reporting") as world:
        yield world


# --- the portfolio ---


async def test_the_portfolio_shows_what_both_services_said(world: World) -> None:
    rows = {row["id"]: row for row in await world.listed("/v1/portfolio", limit=7)}
    assert set(rows) == set(world.ids)
    held, waiting, running, proposed = (rows[world.ids[number]] for number in (1, 2, 3, PROPOSED - 1))
    assert (held["status"], held["phase"], held["gate"]) == ("held", "define", "after-define")
    assert (waiting["status"], bool(waiting["open_review"])) == ("active", True)
    assert running == {
        "id": world.ids[3],
        "portfolio": "west",
        "reference": "R003",
        "title": "Title 0",
        "status": "active",
        "phase": "define",
        "gate": "after-define",
        "gate_path": "short",
        "standard": "house@1",
        "budget": {"amount": "300.50", "currency": "AUD"},
        "forecast_cost": {"amount": "300.50", "currency": "AUD"},
        "manager": world.person("pm-2"),
        "officer": world.person("officer-1"),
        "sponsor": None,
        "open_review": None,
        "initiated_at": running["initiated_at"],
        "last_changed_at": running["last_changed_at"],
    }
    assert proposed["status"] == "proposed"
    assert (proposed["budget"], proposed["standard"], proposed["initiated_at"]) == (None, None, None)


@pytest.mark.parametrize(
    "filters",
    [
        {"portfolio": "east"},
        {"status": "active"},
        {"status": "proposed", "portfolio": "west"},
        {"phase": "define"},
        {"gate": "after-define", "status": "held"},
        {"standard": "house@1"},
        {"portfolio": "nowhere"},
    ],
)
async def test_filters(world: World, filters: dict[str, str]) -> None:
    everything = await world.listed("/v1/portfolio", limit=500)
    wanted = [row for row in everything if all(row[name] == value for name, value in filters.items())]
    assert await world.listed("/v1/portfolio", limit=3, **filters) == wanted


async def test_filters_by_person(world: World) -> None:
    everything = await world.listed("/v1/portfolio", limit=500)
    for post, name in (("manager", "pm-1"), ("officer", "officer-1"), ("sponsor", "sponsor-1")):
        wanted = [row for row in everything if row[post] == world.person(name)]
        assert await world.listed("/v1/portfolio", limit=2, **{post: world.person(name)}) == wanted


@pytest.mark.parametrize("column", SORTS)
@pytest.mark.parametrize("minus", ["", "-"])
async def test_every_order_pages_without_loss_or_repeat(world: World, column: str, minus: str) -> None:
    whole = await world.listed("/v1/portfolio", limit=500, sort=f"{minus}{column}")
    paged = await world.listed("/v1/portfolio", limit=4, sort=f"{minus}{column}")
    assert paged == whole
    assert sorted(row["id"] for row in whole) == sorted(world.ids)
    values = [row[column] for row in whole]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known)), "what has no value comes last"
    for one, other in pairwise(known):
        if isinstance(one, dict):
            if one["currency"] == other["currency"]:
                assert (
                    (float(one["amount"]) >= float(other["amount"]))
                    if minus
                    else (float(one["amount"]) <= float(other["amount"]))
                )
        else:
            assert one >= other if minus else one <= other


async def test_several_columns_order_together(world: World) -> None:
    rows = await world.listed("/v1/portfolio", limit=5, sort="-portfolio,title,-reference")
    keys = [(row["portfolio"], row["title"], row["reference"]) for row in rows]
    wanted = sorted(keys, key=lambda key: key[2], reverse=True)
    wanted = sorted(sorted(wanted, key=lambda key: key[1]), key=lambda key: key[0], reverse=True)
    assert keys == wanted


@pytest.mark.parametrize("sort", ["size", "budget,", "--budget", "budget,-budget", "id;drop table", ""])
async def test_an_order_that_does_not_exist(world: World, sort: str) -> None:
    answer = await world.get("/v1/portfolio", sort=sort)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("?")


async def test_a_cursor_fits_only_its_query(world: World) -> None:
    cursor = (await world.get("/v1/portfolio", limit=2, sort="-budget")).json()["next"]
    for wrong in ({"sort": "budget"}, {"sort": "-budget", "status": "active"}, {}):
        answer = await world.get("/v1/portfolio", limit=2, cursor=cursor, **wrong)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/cursor-mismatch")
    assert (await world.get("/v1/history", cursor=cursor)).status_code == 422


@pytest.mark.parametrize(
    ("sort", "after"),
    [
        ("reference", [0, "a\0b", "x"]),
        ("reference", [0, 7, "x"]),
        ("reference", [2**40, "a", "x"]),
        ("reference", ["0", "a", "x"]),
        ("-budget", [0, "AUD", "much", "x"]),
        ("-budget", [0, "AUD", {}, "x"]),
        ("last_changed_at", ["yesterday", "x"]),
        ("last_changed_at", ["2026-03-02T12:00:00", "x"]),
        ("reference", []),
        ("reference", {}),
    ],
)
async def test_a_forged_cursor_is_no_fault_of_ours(world: World, sort: str, after: Any) -> None:
    cursor = (await world.get("/v1/portfolio", limit=2, sort=sort)).json()["next"]
    content = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = base64.urlsafe_b64encode(orjson.dumps({**content, "a": after})).rstrip(b"=").decode()
    answer = await world.get("/v1/portfolio", limit=2, sort=sort, cursor=forged)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/cursor-mismatch")


async def test_a_project_page(world: World) -> None:
    answer = await world.get(f"/v1/projects/{world.ids[3]}")
    page = answer.raise_for_status().json()
    assert (page["reference"], page["status"]) == ("R003", "active")
    names = [decision["name"] for decision in page["decisions"]]
    assert names == ["officer-assigned", "manager-appointed", "project-authorised", "project-proposed"]
    assert page["decisions"][0]["reason"] == "near"
    again = await world.get(f"/v1/projects/{world.ids[3]}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "governance:" in again.headers["mandate-position"]
    assert (await world.get("/v1/projects/0197b3a0-5c1e-7c44-8d1f-2f6b8f1f7a11")).status_code == 404
    assert (await world.get("/v1/projects/none")).status_code == 422


# --- who sees what ---


async def test_the_pmo_and_auditors_see_everything(world: World) -> None:
    everything = await world.listed("/v1/history", "auditor-1", limit=500)
    assert await world.listed("/v1/history", "pmo-1", limit=500) == everything
    assert {item["name"] for item in everything} >= {"command-denied", "office-chartered", "project-initiated"}
    assert len(await world.listed("/v1/portfolio", "pmo-2")) == PROPOSED


async def test_an_observer_sees_the_portfolio_and_not_the_history(world: World) -> None:
    assert len(await world.listed("/v1/portfolio", "observer-1")) == PROPOSED
    assert (await world.get("/v1/history", "observer-1")).status_code == 403
    page = await world.get(f"/v1/projects/{world.ids[1]}", "observer-1")
    assert (page.status_code, page.json()["decisions"]) == (200, [])


async def test_a_manager_sees_their_own_projects(world: World) -> None:
    mine = {row["id"] for row in await world.listed("/v1/portfolio") if row["manager"] == world.person("pm-1")}
    assert mine
    assert mine != set(world.ids)
    assert {row["id"] for row in await world.listed("/v1/portfolio", "pm-1", limit=2)} == mine
    items = await world.listed("/v1/history", "pm-1", limit=10)
    assert {item["project"] for item in items if item["name"] != "command-denied"} == mine
    assert [item["subject"] for item in items if item["name"] == "command-denied"] == [f"denial/{world.person('pm-1')}"]
    lines = (await world.get("/v1/history", "pm-1", headers={"accept": NDJSON})).content.splitlines()
    assert [int(json.loads(line)["sequence"]) for line in lines] == [item["position"] for item in reversed(items)]
    [theirs, *_] = sorted(set(world.ids) - mine)
    assert await world.listed("/v1/history", "pm-1", project=theirs) == []
    assert (await world.get(f"/v1/projects/{theirs}", "pm-1")).status_code == 404
    assert (await world.get(f"/v1/projects/{min(mine)}", "pm-1")).json()["decisions"]


async def test_who_holds_no_mandate_sees_nothing_but_their_own_refusals(world: World) -> None:
    for path in ("/v1/portfolio", "/v1/history", f"/v1/projects/{world.ids[1]}"):
        answer = await world.get(path, "stranger")
        assert (answer.status_code, answer.json()["rule"]) == (403, "no-right")
        assert (await world.client.get(path)).status_code == 401
    [mine] = await world.listed("/v1/denials", "stranger")
    assert (mine["actor"], mine["name"]) == (world.person("stranger"), "command-denied")


async def test_a_mandate_counts_as_soon_as_it_was_seen(world: World) -> None:
    """The wait for a token comes before the question who the person is."""
    assert (await world.get("/v1/portfolio", "team-1")).status_code == 403
    observer = office.AppointObserver(person=world.person("team-1"), reason="look")
    await decide(world.store, world.person("pmo-1"), office.OFFICE, "main", observer)
    answer = await world.get("/v1/portfolio", "team-1")
    assert answer.status_code == 200
    assert f"governance:{world.store.appender.position}" in answer.headers["mandate-position"]


async def test_a_read_that_cannot_wait_long_enough(world: World) -> None:
    headers = {"mandate-consistency": "governance:999999", "prefer": "wait=0"}
    answer = await world.get("/v1/portfolio", headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_who_may_not_ask_does_not_make_us_wait(world: World) -> None:
    headers = {"mandate-consistency": "governance:999999", "prefer": "wait=30"}
    answer = await asyncio.wait_for(world.client.get("/v1/portfolio", headers=headers), 5)
    assert answer.status_code == 401


# --- what is not understood, and making it all again ---


async def tables(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every view, and what is parked."""
    async with world.engine.connect() as connection:
        portfolio = await connection.execute(select(PORTFOLIO).order_by(PORTFOLIO.c.id))
        held = MANDATES.c
        mandates = await connection.execute(select(MANDATES).order_by(held.person, held.role, held.project))
        parked = await parking.parked(connection, "views")
        return {
            "portfolio": [tuple(row) for row in portfolio],
            "mandates": [tuple(row) for row in mandates],
            "parked": [(item.source, item.sequence, item.key, item.document) for item in parked],
        }


async def made_anew(world: World) -> None:
    """The lists, built from the archive and swapped in; as the role that migrates."""
    assert world.settings.migrate_database
    engine = create_engine(world.settings.migrate_database)
    await build(engine, LISTS)
    await swap(engine, LISTS)
    await engine.dispose()


async def test_reporting_equals_what_is_built_from_the_archive(world: World) -> None:
    before = await tables(world)
    assert len(before["portfolio"]) == PROPOSED
    assert before["mandates"]
    await made_anew(world)
    assert await tables(world) == before


async def test_building_anew_makes_good_what_was_lost(world: World) -> None:
    before = await tables(world)
    async with world.engine.begin() as connection:
        for view in LISTS.views:
            await connection.execute(view.table.delete())
    assert (await tables(world))["portfolio"] == []
    await made_anew(world)
    assert await tables(world) == before


async def test_what_is_not_understood_is_archived(world: World) -> None:
    """An unknown type is archived and ignored; an unknown version waits as well, and what follows it in its project."""
    running, other = world.ids[3], world.ids[2]
    before = {row["id"]: row for row in await world.listed("/v1/portfolio")}
    unknown = await publish(world.projects, "mandate.projects.moon-landed.v1", other, {"moon": "Io"})
    newer = await publish(world.projects, "mandate.projects.project-held.v2", running, {"until": "2027-01-01"})
    behind = await publish(
        world.projects, "mandate.projects.phase-started.v1", running, {"phase": "deliver", "gate": "after-deliver"}
    )
    unreadable = await publish(world.projects, "mandate.projects.phase-started.v1", other, {"phase": 7})
    last = await publish(world.projects, "mandate.projects.project-resumed.v1", world.ids[1], {})
    lines = (await world.get("/v1/history", source="projects", headers={"accept": NDJSON})).content.splitlines()
    assert lines == [document for _, document in await recorded(world.projects)]
    names = [item["name"] for item in await world.listed("/v1/history", source="projects", limit=2)]
    assert names[: last - unknown + 1] == [
        "project-resumed",
        "phase-started",
        "phase-started",
        "project-held",
        "moon-landed",
    ]
    after = {row["id"]: row for row in await world.listed("/v1/portfolio")}
    assert after[world.ids[1]]["status"] == "active", "others go on"
    assert (after[running], after[other]) == (before[running], before[other])
    state = await tables(world)
    assert [(item[0], item[1]) for item in state["parked"]] == [
        ("projects", newer),
        ("projects", behind),
        ("projects", unreadable),
    ]
    await made_anew(world)
    assert await tables(world) == state


async def test_what_was_discarded_stays_so_and_the_next_goes_on(world: World) -> None:
    async with world.engine.begin() as connection:
        for item in await parking.parked(connection, "views"):
            await parking.discard(connection, item, "operator", "not ours")
    await publish(
        world.projects, "mandate.projects.phase-started.v1", world.ids[3], {"phase": "deliver", "gate": "after-deliver"}
    )
    [row] = [row for row in await world.listed("/v1/portfolio") if row["id"] == world.ids[3]]
    assert row["phase"] == "deliver"
    state = await tables(world)
    assert state["parked"] == []
    await made_anew(world)
    assert await tables(world) == state


async def test_lost_connections_are_made_again(world: World, postgres: EmbeddedPostgres) -> None:
    """The server ends every connection: reads and the worker go on by themselves, and nothing is lost or twice."""
    end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
    alone = SERVICE.app(world.settings)
    headers = {"authorization": f"Bearer {world.tokens['auditor-1']}"}
    async with (
        alone.router.lifespan_context(alone),
        httpx.AsyncClient(transport=httpx.ASGITransport(alone), base_url="http://reporting", trust_env=False) as client,
    ):
        for _ in range(2):
            assert (await client.get("/v1/portfolio", headers=headers)).status_code == 200
            async with asyncpg_connection(postgres.dsn("postgres")) as connection:
                await connection.execute(end, "test_reporting_reporting")
    await publish(world.projects, "mandate.projects.project-resumed.v1", world.ids[1], {})
    [row] = [row for row in await world.listed("/v1/portfolio") if row["id"] == world.ids[1]]
    assert row["status"] == "active"


# --- order of arrival ---


def shown_after(heard: Sequence[tuple[datetime, Event]]) -> Mapping[Key, Row]:
    rows: dict[Key, Row] = {}
    for time, event in heard:
        stream = "appointment" if hasattr(event, "person") else "project"
        record = replace(ANY_RECORD, subject=f"{stream}/{PROJECT}", time=time, data=event)
        PORTFOLIO_VIEW.fold(rows, PORTFOLIO_VIEW.changes([record]))
    return rows


@given(governance=st.lists(by_governance, max_size=5), projects=st.lists(by_projects, max_size=5), data=st.data())
@settings(max_examples=300, deadline=None)
def test_which_ledger_arrives_first_leaves_no_trace(
    governance: list[Event], projects: list[Event], data: st.DataObject
) -> None:
    """Any events, each ledger's in its own order, mixed in any way: the same row."""
    turns = data.draw(st.permutations(["g"] * len(governance) + ["p"] * len(projects)))
    start = datetime(2026, 3, 2, tzinfo=UTC)
    minutes = data.draw(st.lists(st.integers(0, 9), min_size=len(turns), max_size=len(turns)))
    timed = [(start + timedelta(minutes=m), event) for m, event in zip(minutes, [*governance, *projects], strict=True)]
    queues = {"g": iter(timed[: len(governance)]), "p": iter(timed[len(governance) :])}
    mixed = [next(queues[turn]) for turn in turns]
    first, last = timed[: len(governance)], timed[len(governance) :]
    expected = shown_after(first + last)
    assert shown_after(last + first) == expected
    assert shown_after(mixed) == expected


def test_the_models_of_what_is_heard_are_tolerant() -> None:
    """A newer writer's fields are no reason to stop."""
    assert convert({"phase": "p", "gate": "g", "more": 1}, executed.PhaseStarted).gate == "g"
