"""A small world for the tests of reporting: ledgers that decided, and a reporting service that follows them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from governance.appointments import appointment
from governance.main import GOVERNANCE
from governance.main import SERVICE as GOVERNANCE_SERVICE
from governance.office import office
from governance.standards import standard
from governance.strategy import authorisation, intake, proposal
from mandate_events.deciding import Aggregate, Instruction
from mandate_events.deciding.batch import Submission
from mandate_events.deciding.outcome import Denied
from mandate_events.document.canonical import encode
from mandate_events.document.identifiers import uuid7
from mandate_events.ledger.migrating import migrate
from mandate_events.ledger.schema import create_ledger
from mandate_events.ledger.store import Store
from mandate_events.values.money import MoneyInput
from mandate_local.identity import PERSONAS, create_identity
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.identity.tokens import person_id
from mandate_web.live.connection import Connection
from mandate_web.settings import Settings
from reporting.main import SERVICE


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
    server = uvicorn.Server(uvicorn.Config(app, http=Connection, log_level="warning", lifespan="off", ws="none"))
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


async def publish(
    dsn: str,
    type_: str,
    project: str,
    data: dict[str, Any],
    *,
    correlation: str = "by-hand",
    causation: str = "by-hand",
) -> int:
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
                "correlationid": correlation,
                "causationid": causation,
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


async def decide(store: Store, actor: str, aggregate: Aggregate[Any], id_: str, command: Instruction) -> None:
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
        propose = intake.ProposeProject(
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
            authorise = authorisation.AuthoriseProject(standard="house@1", budget=propose.forecast_cost, reason="yes")
            if propose.forecast_cost.amount == 0:
                continue
            await decide(store, people["pmo-2"], proposal.PROPOSAL, propose.id, authorise)
        if number < MANAGED:
            manager = appointment.AppointManager(person=people[f"pm-{number % 2 + 1}"], reason="able")
            await decide(store, people["pmo-1"], appointment.APPOINTMENT, propose.id, manager)
            officer = appointment.AssignOfficer(person=people["officer-1"], reason="near")
            await decide(store, people["pmo-1"], appointment.APPOINTMENT, propose.id, officer)
    return ids


@asynccontextmanager
async def small_world(postgres: EmbeddedPostgres, directory: Path, name: str) -> AsyncIterator[World]:
    """The world in databases of its own, named `<name>_<service>`; keys of its identity in `directory`."""
    names = {service: f"{name}_{service}" for service in ("governance", "projects", "reporting")}
    for database in names.values():
        await asyncio.to_thread(postgres.ensure_database, database)
    for service in (GOVERNANCE_SERVICE, SERVICE):
        await migrate(postgres.dsn(names[service.name]), service.migrations)
    projects = postgres.dsn(names["projects"])
    async with asyncpg_connection(projects) as connection:
        await connection.execute(create_ledger("projects"))
    async with AsyncExitStack() as stack:
        listener = socket.create_server(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        identity = create_identity(issuer, "mandate", directory)
        await stack.enter_async_context(serving(identity, listener))
        people = {name: str(person_id("local", issuer, name)) for name in PERSONAS}
        async with httpx.AsyncClient(base_url=issuer, trust_env=False) as browser:
            answers = {name: await browser.post("/token", data={"persona": name}) for name in PERSONAS}
            tokens = {name: answer.raise_for_status().json()["access_token"] for name, answer in answers.items()}
        store = await stack.enter_async_context(Store(GOVERNANCE, postgres.dsn(names["governance"])))
        await found_office(store, people)
        ids = await fill_portfolio(store, people)
        for refused in ("stranger", "pm-1"):
            with pytest.raises(Denied):
                await decide(
                    store, people[refused], office.OFFICE, "main", office.CharterOffice(name="Mine", reason="!")
                )
        configured = Settings(
            production=False,
            deployment="local",
            database=postgres.dsn(names["reporting"], user="reporting_append"),
            migrate_database=postgres.dsn(names["reporting"]),
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
