"""The product over HTTP in this process, for tests: founded, with ways to ask it and to read its ledger."""

import asyncio
import json
import os
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import uvicorn

from mandate_local.postgres import EmbeddedPostgres
from mandate_local.processes import free_port
from mandate_local.product import ISSUER, SERVICES, create_product, prepare
from mandate_web.app.service import Service
from mandate_web.identity.tokens import person_id
from mandate_web.live.connection import IDLE, Connection
from tests.e2e.running import STANDARD

OBSERVERS = "/governance/v1/office/observers"
OFFICE = "/governance/v1/office"
PROPOSALS = "/governance/v1/proposals"
REVIEWS = "/governance/v1/gate-reviews"
LEAKS = ("Traceback", "asyncpg", "sqlalchemy", "select ", "insert into", "site-packages", ".py")


class Product:
    """The product in this process, and the ways to ask it."""

    def __init__(self, postgres: EmbeddedPostgres, state: Path, port: int) -> None:
        self.postgres = postgres
        self.state = state
        self.port = port
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60, limits=httpx.Limits(max_connections=140)
        )
        self._tokens: dict[str, str] = {}
        self._connection: asyncpg.Connection[Any] | None = None

    async def token(self, persona: str) -> str:
        if persona not in self._tokens:
            answer = await self.http.post("/identity/token", json={"persona": persona})
            self._tokens[persona] = answer.json()["access_token"]
        return self._tokens[persona]

    async def as_(self, persona: str = "pmo-1", **headers: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self.token(persona)}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }

    async def get(self, path: str, persona: str = "pmo-1", **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=await self.as_(persona, **headers))

    async def post(self, path: str, body: Any, persona: str = "pmo-1", **headers: str) -> httpx.Response:
        """`body` is sent as JSON, or as it is where it is bytes."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        sent = {"Content-Type": "application/json"} | await self.as_(persona, **headers)
        return await self.http.post(path, content=content, headers=sent)

    async def give(self, path: str, body: Mapping[str, Any], persona: str = "pmo-1", **headers: str) -> dict[str, Any]:
        answer = await self.post(path, body, persona, **headers)
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def query(self, sql: str, *arguments: Any) -> "list[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.postgres.dsn("governance"))
        rows: list[asyncpg.Record] = await self._connection.fetch(sql, *arguments)
        return rows

    async def close(self) -> None:
        await self.http.aclose()
        if self._connection is not None:
            await self._connection.close()

    async def recorded(self) -> int:
        """The last position of governance."""
        return int((await self.query("select max(position) from ledger.events"))[0][0])

    async def event(self, position: int) -> dict[str, Any]:
        rows = await self.query("select document from ledger.events where position = $1", position)
        document: dict[str, Any] = orjson.loads(rows[0][0])
        return document

    async def raw(self, head: bytes) -> bytes:
        """What is answered to exactly these bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(head)
            await writer.drain()
            return await asyncio.wait_for(reader.read(65_536), 10)
        finally:
            writer.close()


@asynccontextmanager
async def serving(app: Any, port: int) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=Connection,
        log_config=None,
        access_log=False,
        timeout_keep_alive=IDLE,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
    while not server.started:
        assert not task.done(), "the product did not start"
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def founded_product(services: Sequence[Service] = SERVICES) -> AsyncIterator[Product]:
    """The product on its own database, with an office of two members and the draft of a standard."""
    with tempfile.TemporaryDirectory(prefix="mandate-http-") as directory:
        state, port = Path(directory) / "identity", free_port()
        with EmbeddedPostgres(Path(directory) / "postgres") as postgres:
            await prepare(postgres, services=services)
            async with serving(create_product(postgres, state, port, services=services), port):
                running = Product(postgres, state, port)
                try:
                    await _found(running)
                    yield running
                finally:
                    await running.close()


async def _found(product: Product) -> None:
    office = {"name": "Office", "time_zone": "UTC", "currency": "AUD", "reason": "Start"}
    await product.give(OFFICE, office, "founder")
    for member in ("pmo-1", "pmo-2"):
        await product.give(f"{OFFICE}/members", observer(member), "founder")
    await product.give("/governance/v1/standards/delivery/versions", STANDARD)


def person(persona: str) -> str:
    return str(person_id("local", ISSUER, persona))


def observer(persona: str | None = None) -> dict[str, Any]:
    """A body that is accepted."""
    return {"person": person(persona) if persona else str(uuid.uuid4()), "reason": "To test"}


def proposal(reference: str | None = None) -> dict[str, Any]:
    return {
        "portfolio": "test",
        "reference": reference or uuid.uuid4().hex[:12],
        "title": "A project",
        "forecast_cost": {"amount": "10.00", "currency": "AUD"},
    }


def refused(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """It is a problem document of that kind, and tells nothing of what is inside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-correlation-id"]
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/problems/{slug}", problem
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"].startswith("/")
    assert not [leak for leak in LEAKS if leak.lower() in answer.text.lower().replace(problem["instance"].lower(), "")]
    return problem


async def until(condition: Callable[[], Awaitable[bool]], wait: float = 20) -> None:
    deadline = time.monotonic() + wait
    while not await condition():
        assert time.monotonic() < deadline, f"not within {wait} s"
        await asyncio.sleep(0.05)


def environment(product: Product, **more: str) -> dict[str, str]:
    """A service beside the product, on the same ledger."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MANDATE_", "KAFKA_"))}
    given = {
        "MANDATE_PRODUCTION": "false",
        "MANDATE_DEPLOYMENT": "local",
        "MANDATE_DATABASE": product.postgres.dsn("governance", user="governance_append"),
        "MANDATE_TRANSPORT": "local",
        "MANDATE_LOCAL_SOURCES": json.dumps({"projects": product.postgres.dsn("projects", user="projects_read")}),
        "MANDATE_ISSUER_URL": ISSUER,
        "MANDATE_JWKS_URI": f"http://127.0.0.1:{product.port}/identity/jwks",
    }
    return clean | given | more
