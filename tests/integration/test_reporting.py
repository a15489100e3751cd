"""Reporting on real databases: what it hears it archives byte for byte, shows to whom it may, and can make again."""

import asyncio
import base64
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import convert
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.applications import Starlette

from governance import appointment, office, proposal, standard
from governance.domain import GOVERNANCE
from governance.main import SERVICE as GOVERNANCE_SERVICE
from mandate_events import parking
from mandate_events.batch import Submission
from mandate_events.canonical import encode
from mandate_events.deciding import Aggregate, Command
from mandate_events.event import Event, Recorded
from mandate_events.identifiers import uuid7
from mandate_events.ledger import create_ledger
from mandate_events.migrating import migrate
from mandate_events.money import Money, MoneyInput
from mandate_events.outcome import Denied
from mandate_events.store import Store
from mandate_local.identity import PERSONAS, create_identity
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.settings import Settings
from mandate_web.tokens import person_id
from reporting.heard import governance as governed
from reporting.heard import projects as executed
from reporting.main import PROJECTIONS, SERVICE, rebuild_views
from reporting.views.mandates import MANDATES
from reporting.views.portfolio import PORTFOLIO, PORTFOLIO_VIEW

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


# --- a small world ---


@dataclass(frozen=True, slots=True)
class World:
    """A governance ledger that decided, a projects ledger written by hand, and reporting that follows both."""

    issuer: str
    store: Store
    projects: str
    settings: Settings
    app: FastAPI
    client: httpx.AsyncClient
    tokens: Mapping[str, str] = field(repr=False)
    ids: Sequence[str] = field(repr=False)

    def person(self, name: str) -> str:
        return str(person_id("local", self.issuer, name))

    @property
    def engine(self) -> AsyncEngine:
        engine: AsyncEngine = self.app.state.engine
        return engine

    async def get(self, path: str, who: str = "auditor-1", **params: Any) -> httpx.Response:
        """A read that has seen everything recorded so far."""
        async with asyncpg_connection(self.projects) as connection:
            heard = await connection.fetchval("select max(position) from ledger.events")
        headers = {
            "authorization": f"Bearer {self.tokens[who]}",
            "mandate-consistency": f"governance:{self.store.appender.position},projects:{heard}",
            "prefer": "wait=20",
            **params.pop("headers", {}),
        }
        return await self.client.get(path, params=params, headers=headers)

    async def listed(self, path: str, who: str = "auditor-1", **params: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        items: list[dict[str, Any]] = []
        while True:
            answer = await self.get(path, who, **params)
            page = answer.raise_for_status().json()
            items += page["items"]
            if page["next"] is None:
                return items
            params["cursor"] = page["next"]


@asynccontextmanager
async def asyncpg_connection(dsn: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def serving(app: Starlette, listener: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            assert not running.done()
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await running


async def recorded(dsn: str) -> list[tuple[str, bytes]]:
    """(type, document) of a ledger, in order."""
    async with asyncpg_connection(dsn) as connection:
        rows = await connection.fetch("select type, document from ledger.events order by position")
        return [(row[0], row[1]) for row in rows]


async def publish(dsn: str, type_: str, project: str, data: dict[str, Any]) -> int:
    """One more document in the projects ledger, as the projects service would write it."""
    async with asyncpg_connection(dsn) as connection:
        position: int = await connection.fetchval("select coalesce(max(position), 0) + 1 from ledger.events")
        stream = f"project/{project}"
        version = await connection.fetchval("select count(*) + 1 from ledger.events where stream = $1", stream)
        now = datetime.now(UTC)
        document = encode(
            {
                "specversion": "1.0",
                "datacontenttype": "application/json",
                "id": uuid7(),
                "source": "/mandate/projects",
                "type": type_,
                "subject": stream,
                "time": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "occurredat": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "sequence": f"{position:020d}",
                "streamversion": version,
                "correlationid": "by-hand",
                "causationid": "by-hand",
                "actor": "system/recognition",
                "actingas": "system",
                "authority": "governance:1",
                "policy": "0" * 64,
                "previous": "0" * 64,
                "partitionkey": project,
                "data": data,
            }
        )
        await connection.execute(
            "insert into ledger.events values ($1, $2, $3, $4, $5, $6, '')",
            position,
            stream,
            version,
            type_,
            now,
            document,
        )
        await connection.execute("select pg_notify('ledger', '')")
        return position


def initiated(row: dict[str, Any]) -> dict[str, Any]:
    terms = {name: row[name] for name in ("portfolio", "reference", "title", "gate_path", "standard", "budget")}
    return {**terms, "field-of-a-newer-version": 1}


async def decide(store: Store, actor: str, aggregate: Aggregate[Any], id_: str, command: Command) -> None:
    await store.submit(Submission(aggregate, id_, command, actor=actor, route="test", key=uuid7()))


async def found_office(store: Store, people: Mapping[str, str]) -> None:
    founder, pmo = people["founder"], people["pmo-1"]
    await decide(store, "system/start", office.OFFICE, "main", office.NameFounder(person=founder))
    await decide(store, founder, office.OFFICE, "main", office.CharterOffice(name="PMO", reason="begin"))
    for name in ("pmo-1", "pmo-2"):
        member = office.AppointMember(person=people[name], reason="first")
        await decide(store, founder, office.OFFICE, "main", member)
    auditor = office.AppointAuditor(person=people["auditor-1"], reason="audit")
    await decide(store, pmo, office.OFFICE, "main", auditor)
    observer = office.AppointObserver(person=people["observer-1"], reason="look")
    await decide(store, pmo, office.OFFICE, "main", observer)
    phases = [
        {"id": name, "title": name, "gate": {"id": f"after-{name}", "title": name}} for name in ("define", "deliver")
    ]
    draft = standard.DraftStandard.model_validate(
        {"title": "S", "paths": [{"id": "short", "title": "Short", "phases": phases}]}
    )
    await decide(store, pmo, standard.STANDARD, "house", draft)
    publication = standard.PublishStandard(version=1, reason="in force")
    await decide(store, people["pmo-2"], standard.STANDARD, "house", publication)


PROPOSED, AUTHORISED, MANAGED = 23, 17, 9


async def fill_portfolio(store: Store, people: Mapping[str, str]) -> list[str]:
    """Projects with many ties in every column; the last ones are proposals only."""
    ids = []
    for number in range(PROPOSED):
        propose = proposal.ProposeProject(
            portfolio=("east", "west")[number % 2],
            reference=f"R{number:03d}",
            title=f"Title {number % 3}",
            gate_path="short",
            forecast_cost=MoneyInput.model_validate(
                {"amount": f"{number % 4}00.50", "currency": ("AUD", "NZD")[number % 5 == 0]}
            ),
        )
        ids.append(propose.id)
        await decide(store, people["pmo-1"], proposal.PROPOSAL, propose.id, propose)
        if number < AUTHORISED:
            authorise = proposal.AuthoriseProject(standard="house@1", budget=propose.forecast_cost, reason="yes")
            if propose.forecast_cost.amount == 0:
                continue
            await decide(store, people["pmo-2"], proposal.PROPOSAL, propose.id, authorise)
        if number < MANAGED:
            manager = appointment.AppointManager(person=people[f"pm-{number % 2 + 1}"], reason="able")
            await decide(store, people["pmo-1"], appointment.APPOINTMENT, propose.id, manager)
            officer = appointment.AssignOfficer(person=people["officer-1"], reason="near")
            await decide(store, people["pmo-1"], appointment.APPOINTMENT, propose.id, officer)
    return ids


@pytest.fixture(scope="module")
async def world(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    names = {service: f"test_reporting_{service}" for service in ("governance", "projects", "reporting")}
    for name in names.values():
        await asyncio.to_thread(postgres.ensure_database, name)
    for service in (GOVERNANCE_SERVICE, SERVICE):
        await migrate(postgres.dsn(names[service.name], driver="asyncpg"), service.migrations)
    projects = postgres.dsn(names["projects"])
    async with asyncpg_connection(projects) as connection:
        await connection.execute(create_ledger("projects"))
    async with AsyncExitStack() as stack:
        listener = socket.create_server(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        identity = create_identity(issuer, "mandate", tmp_path_factory.mktemp("identity"))
        await stack.enter_async_context(serving(identity, listener))
        people = {name: str(person_id("local", issuer, name)) for name in PERSONAS}
        async with httpx.AsyncClient(base_url=issuer, trust_env=False) as browser:
            answers = {name: await browser.post("/token", data={"persona": name}) for name in PERSONAS}
            tokens = {name: answer.raise_for_status().json()["access_token"] for name, answer in answers.items()}
        store = await stack.enter_async_context(Store(GOVERNANCE, postgres.dsn(names["governance"])))
        await found_office(store, people)
        ids = await fill_portfolio(store, people)
        for name in ("stranger", "pm-1"):
            with pytest.raises(Denied):
                await decide(store, people[name], office.OFFICE, "main", office.CharterOffice(name="Mine", reason="!"))
        configured = Settings(
            production=False,
            deployment="local",
            database=postgres.dsn(names["reporting"], user="reporting_append"),
            transport="local",
            local_sources={
                "governance": postgres.dsn(names["governance"], user="governance_read"),
                "projects": projects,
            },
            issuer_url=issuer,
        )
        app = SERVICE.app(configured, with_worker=True)
        await stack.enter_async_context(app.router.lifespan_context(app))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://reporting", trust_env=False)
        await stack.enter_async_context(client)
        told = World(issuer, store, projects, configured, app, client, tokens, ids)
        await tell_of_projects(told)
        yield told


async def tell_of_projects(world: World) -> None:
    """Three projects begin; one is held, one waits at its gate."""
    await publish(world.projects, "mandate.projects.rights-adopted.v1", world.ids[1], {"hash": "0", "table": []})
    rows = {row["id"]: row for row in await world.listed("/v1/portfolio")}
    for number in (1, 2, 3):
        project = world.ids[number]
        await publish(world.projects, "mandate.projects.project-initiated.v1", project, initiated(rows[project]))
        phase = {"phase": "define", "gate": "after-define"}
        await publish(world.projects, "mandate.projects.phase-started.v1", project, phase)
    await publish(world.projects, "mandate.projects.project-held.v1", world.ids[1], {"gate": "after-define"})
    request = {"review": uuid7(), "project": world.ids[2], "gate": "after-define", "phase": "define", "evidence": []}
    await publish(world.projects, "mandate.projects.gate-review-requested.v1", world.ids[2], request)


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


# --- the history ---


async def test_ndjson_is_the_ledger_byte_for_byte(world: World) -> None:
    for source, dsn in (("governance", world.store.dsn), ("projects", world.projects)):
        answer = await world.get("/v1/history", source=source, headers={"accept": NDJSON})
        assert answer.headers["content-type"] == NDJSON
        assert answer.content == b"".join(document + b"\n" for _, document in await recorded(dsn))


async def test_history_tells_who_decided_what(world: World) -> None:
    items = await world.listed("/v1/history", limit=20)
    entries = [item["entry"] for item in items]
    assert entries == list(range(len(items), 0, -1)), "newest first, without gaps"
    for source, dsn in (("governance", world.store.dsn), ("projects", world.projects)):
        documents = [json.loads(document) for _, document in await recorded(dsn)]
        told = [item for item in reversed(items) if item["source"] == source]
        assert [item["position"] for item in told] == list(range(1, len(documents) + 1))
        for item, document in zip(told, documents, strict=True):
            assert item == {
                "entry": item["entry"],
                "source": source,
                "position": int(document["sequence"]),
                "recorded_at": item["recorded_at"],
                "type": document["type"],
                "name": document["type"].split(".")[2],
                "subject": document["subject"],
                "project": document.get("partitionkey"),
                "actor": document["actor"],
                "role": document["actingas"],
                "authority": document["authority"],
                "reason": document.get("reason"),
                "policy": document["policy"],
                "standard": document.get("standard"),
                "correlation": document["correlationid"],
                "causation": document["causationid"],
            }
            assert datetime.fromisoformat(item["recorded_at"]) == datetime.fromisoformat(document["time"])
    assert await world.listed("/v1/history", limit=20, sort="entry") == items[::-1]


async def test_history_filters_in_both_forms(world: World) -> None:
    everything = await world.listed("/v1/history", limit=500)
    middle = everything[len(everything) // 2]
    for name, member in (
        ("project", "project"),
        ("actor", "actor"),
        ("role", "role"),
        ("type", "name"),
        ("source", "source"),
        ("correlation", "correlation"),
    ):
        chosen = next(item for item in everything if item[member] is not None and item["source"] == "governance")
        wanted = [item for item in everything if item[member] == chosen[member]]
        assert await world.listed("/v1/history", limit=2, **{name: chosen[member]}) == wanted
        lines = (await world.get("/v1/history", headers={"accept": NDJSON}, **{name: chosen[member]})).content
        positions = [(json.loads(line)["source"], int(json.loads(line)["sequence"])) for line in lines.splitlines()]
        assert positions == [(f"/mandate/{item['source']}", item["position"]) for item in reversed(wanted)]
    late = [item for item in everything if item["recorded_at"] >= middle["recorded_at"]]
    assert await world.listed("/v1/history", limit=100, since=middle["recorded_at"]) == late
    early = [item for item in everything if item["recorded_at"] < middle["recorded_at"]]
    assert await world.listed("/v1/history", limit=100, until=middle["recorded_at"]) == early


@pytest.mark.parametrize(
    "params",
    [
        {"since": "yesterday"},
        {"since": "2026-03-02T12:00:00"},
        {"until": "9999-12-31T23:59:59-23:00"},
        {"actor": "a\0b"},
        {"limit": "0"},
        {"sort": "actor"},
    ],
)
async def test_history_refuses_what_makes_no_sense(world: World, params: dict[str, str]) -> None:
    assert (await world.get("/v1/history", **params)).status_code == 422


async def test_the_archive_only_grows(world: World, postgres: EmbeddedPostgres) -> None:
    async with asyncpg_connection(postgres.dsn("test_reporting_reporting")) as connection:
        for statement in (
            "update archive.documents set actor = 'nobody'",
            "delete from archive.documents where entry = 1",
            "truncate archive.documents",
            "set session_replication_role = replica; delete from archive.documents",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"archive\.documents is refused"):
                await connection.execute(statement)


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


async def test_refusals_are_seen_by_the_pmo_auditors_and_the_person(world: World) -> None:
    everybody = {world.person("stranger"), world.person("pm-1")}
    for who in ("pmo-1", "auditor-1"):
        assert {item["actor"] for item in await world.listed("/v1/denials", who, limit=1)} == everybody
        chosen = await world.listed("/v1/denials", who, actor=world.person("pm-1"))
        assert [item["actor"] for item in chosen] == [world.person("pm-1")]
    assert [item["actor"] for item in await world.listed("/v1/denials", "pm-1")] == [world.person("pm-1")]
    assert await world.listed("/v1/denials", "observer-1") == []
    for who in ("pm-1", "observer-1", "stranger", "founder"):
        answer = await world.get("/v1/denials", who, actor=world.person("pm-2"))
        assert (answer.status_code, answer.json()["rule"]) == (403, "no-right")


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


async def test_reporting_equals_a_fresh_rebuild(world: World) -> None:
    before = await tables(world)
    assert len(before["portfolio"]) == PROPOSED
    assert before["mandates"]
    told: list[int] = []
    rebuilt = await rebuild_views(world.engine, told.append)
    items = await world.listed("/v1/history", limit=500)
    assert (rebuilt.documents, rebuilt.parked, told[-1]) == (len(items), 0, len(items))
    assert await tables(world) == before


async def test_a_rebuild_makes_good_what_was_lost(world: World) -> None:
    before = await tables(world)
    async with world.engine.begin() as connection:
        for projection in PROJECTIONS:
            await projection.clear(connection)
    assert (await tables(world))["portfolio"] == []
    await rebuild_views(world.engine)
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
    rebuilt = await rebuild_views(world.engine)
    assert rebuilt.parked == 3
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
    await rebuild_views(world.engine)
    assert await tables(world) == state


async def test_a_rebuild_while_events_arrive(world: World) -> None:
    """Consumers wait for their turn; whatever interleaves, the tables are what the archive says."""

    async def go_on() -> None:
        for number in range(40):
            kind = "project-held" if number % 2 else "project-resumed"
            await publish(world.projects, f"mandate.projects.{kind}.v1", world.ids[1], {"gate": "after-define"})

    await asyncio.gather(go_on(), rebuild_views(world.engine), rebuild_views(world.engine))
    [row] = [row for row in await world.listed("/v1/portfolio") if row["id"] == world.ids[1]]
    assert row["status"] == "held"
    state = await tables(world)
    entries = [item["entry"] for item in await world.listed("/v1/history", limit=500)]
    assert entries == list(range(len(entries), 0, -1))
    await rebuild_views(world.engine)
    assert await tables(world) == state


async def test_the_command_rebuild(world: World) -> None:
    before = await tables(world)
    environment = {
        **os.environ,
        "MANDATE_PRODUCTION": "false",
        "MANDATE_DATABASE": world.store.dsn.replace("governance", "reporting"),
        "MANDATE_TRANSPORT": "local",
        "MANDATE_ISSUER_URL": world.issuer,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from reporting.main import cli; cli()",
        "rebuild",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said.decode()
    assert b"rebuilt from" in said
    assert await tables(world) == before


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

PROJECT = "0197b3a0-5c1e-7c44-8d1f-2f6b8f1f7a11"
words = st.sampled_from(["a", "b", "c"])
money = st.builds(Money, amount=st.sampled_from(["1.00", "2.50"]), currency=st.sampled_from(["AUD", "NZD"]))
terms = {"portfolio": words, "reference": words, "title": words, "gate_path": words, "standard": words, "budget": money}
by_governance = st.one_of(
    st.builds(
        governed.ProjectProposed,
        portfolio=words,
        reference=words,
        title=words,
        gate_path=st.none() | words,
        forecast_cost=money,
    ),
    st.builds(governed.ProjectAuthorised, **terms),
    st.builds(governed.ManagerAppointed, project=st.just(PROJECT), person=words),
    st.builds(governed.ManagerReplaced, project=st.just(PROJECT), person=words),
    st.builds(governed.OfficerAssigned, project=st.just(PROJECT), person=words),
    st.builds(governed.OfficerReleased, project=st.just(PROJECT)),
    st.builds(governed.SponsorAppointed, project=st.just(PROJECT), person=words),
)
by_projects = st.one_of(
    st.builds(executed.ProjectInitiated, **terms),
    st.builds(executed.PhaseStarted, phase=words, gate=words),
    st.builds(executed.GateReviewRequested, review=words),
    st.builds(executed.GateDecisionApplied, review=words),
    st.builds(executed.GateDecisionNotApplied, review=words),
    st.builds(executed.ProjectHeld),
    st.builds(executed.ProjectResumed),
    st.builds(executed.ProjectClosed),
    st.builds(executed.ProjectTerminated),
)


ANY_RECORD: Recorded[Any] = Recorded(
    datacontenttype="application/json",
    id="",
    source="",
    type="",
    subject="",
    time=datetime(2026, 3, 2, tzinfo=UTC),
    sequence="1",
    streamversion=1,
    correlationid="",
    causationid="",
    occurredat=datetime(2026, 3, 2, tzinfo=UTC),
    actor="",
    actingas="",
    authority="",
    policy="",
    previous="",
    data=None,
)


async def shown_after(connection: AsyncConnection, heard: Sequence[tuple[datetime, Event]]) -> list[tuple[Any, ...]]:
    savepoint = await connection.begin_nested()
    for time, event in heard:
        stream = "appointment" if hasattr(event, "person") else "project"
        record = replace(ANY_RECORD, subject=f"{stream}/{PROJECT}", time=time, data=event)
        await PORTFOLIO_VIEW.apply(connection, record, b"")
    rows = [tuple(row) for row in await connection.execute(select(PORTFOLIO).where(PORTFOLIO.c.id == PROJECT))]
    await savepoint.rollback()
    return rows


@given(governance=st.lists(by_governance, max_size=5), projects=st.lists(by_projects, max_size=5), data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_which_ledger_arrives_first_leaves_no_trace(
    world: World, governance: list[Event], projects: list[Event], data: st.DataObject
) -> None:
    """Any events, each ledger's in its own order, mixed in any way: the same row."""
    turns = data.draw(st.permutations(["g"] * len(governance) + ["p"] * len(projects)))
    start = datetime(2026, 3, 2, tzinfo=UTC)
    minutes = data.draw(st.lists(st.integers(0, 9), min_size=len(turns), max_size=len(turns)))
    timed = [(start + timedelta(minutes=m), event) for m, event in zip(minutes, [*governance, *projects], strict=True)]
    queues = {"g": iter(timed[: len(governance)]), "p": iter(timed[len(governance) :])}
    mixed = [next(queues[turn]) for turn in turns]
    first, last = timed[: len(governance)], timed[len(governance) :]
    async with world.engine.connect() as connection:
        expected = await shown_after(connection, first + last)
        assert await shown_after(connection, last + first) == expected
        assert await shown_after(connection, mixed) == expected
        await connection.rollback()


def test_the_models_of_what_is_heard_are_tolerant() -> None:
    """A newer writer's fields are no reason to stop."""
    assert convert({"phase": "p", "gate": "g", "more": 1}, executed.PhaseStarted).gate == "g"
