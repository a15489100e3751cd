"""HTTP: a decision with everything around it, against a POST that does nothing, on the same server settings."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from bench.comparison import Comparison
from bench.databases import fresh_ledger
from bench.workload import DRAFT, prepare_drafts
from governance.main import GOVERNANCE, SERVICE
from governance.standards.standard import ReviseDraft
from mandate_events.ledger.store import Store
from mandate_local.identity import create_identity
from mandate_local.postgres import EmbeddedPostgres
from mandate_local.processes import free_port
from mandate_local.product import AUDIENCE, DEPLOYMENT, ISSUER
from mandate_web.app.serving import SERVER
from mandate_web.app.tuning import tune_garbage_collection
from mandate_web.identity.tokens import person_id
from mandate_web.routes.desk import Receipt
from mandate_web.settings import Settings

CALLERS = 32
SECONDS = 3.0
BODY = json.dumps(DRAFT).encode()


def comparisons(postgres: EmbeddedPostgres) -> Sequence[Comparison]:
    return [
        Comparison(
            f"HTTP decision, {CALLERS} callers",
            "requests/s",
            "a no-op FastAPI POST with the same body model, same server settings",
            0.6,
            lambda: _decisions(postgres),
            _noops,
        )
    ]


async def _decisions(postgres: EmbeddedPostgres) -> float:
    dsn = await fresh_ledger(postgres, GOVERNANCE)
    member = str(person_id(DEPLOYMENT, ISSUER, "pmo-1"))
    async with Store(GOVERNANCE, dsn) as store:
        await prepare_drafts(store, CALLERS, member)
    with tempfile.TemporaryDirectory() as state:
        return await _served(["decisions", "--dsn", dsn, "--state", state], "/v1/standards/bench-{}/revisions")


async def _noops() -> float:
    with tempfile.TemporaryDirectory() as state:
        return await _served(["noop", "--state", state], "/noop")


async def _served(arguments: list[str], path: str) -> float:
    port = free_port()
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.serving", *arguments, "--port", str(port))
    try:
        token = await _token(port)
        callers = [await _Client.connect(port, path.format(number), token) for number in range(CALLERS)]
        end = time.perf_counter() + 0.5
        await asyncio.gather(*(caller.run(end) for caller in callers))  # warm
        begun = time.perf_counter()
        done = await asyncio.gather(*(caller.run(begun + SECONDS) for caller in callers))
        return sum(done) / (time.perf_counter() - begun)
    finally:
        child.terminate()
        await child.wait()


async def _token(port: int) -> str:
    """A token of the development identity that is served beside; the no-op's server has it too."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        for _ in range(200):
            try:
                answer = await http.post("/identity/token", json={"persona": "pmo-1"})
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                token: str = answer.json()["access_token"]
                return token
    raise TimeoutError("the server did not start")


class _Client:
    """A connection that posts the same body again and again; a client library would cost more than the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
        self._reader, self._writer, self._request = reader, writer, request

    @classmethod
    async def connect(cls, port: int, path: str, token: str) -> "_Client":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: {len(BODY)}\r\n\r\n"
        )
        return cls(reader, writer, head.encode() + BODY)

    async def run(self, end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            self._writer.write(self._request)
            head = await self._reader.readuntil(b"\r\n\r\n")
            assert head.startswith((b"HTTP/1.1 201", b"HTTP/1.1 200")), head
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await self._reader.readexactly(length)
            done += 1
        return done


def _noop_app() -> FastAPI:
    app = FastAPI()

    @app.post("/noop", status_code=201)
    async def noop(body: ReviseDraft) -> Receipt:
        return Receipt(id=body.title, version=1, position=1, consistency="governance:1")

    return app


def _decision_app(dsn: str, port: int) -> FastAPI:
    settings = Settings(
        production=False,
        deployment=DEPLOYMENT,
        database=dsn,
        transport="local",
        issuer_url=ISSUER,
        audience=AUDIENCE,
        jwks_uri=f"http://127.0.0.1:{port}/identity/jwks",
        log_level="warning",
    )
    return SERVICE.app(settings)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("decisions", "noop"))
    parser.add_argument("--dsn")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    tune_garbage_collection()
    chosen = _noop_app() if options.kind == "noop" else _decision_app(options.dsn, options.port)
    chosen.mount("/identity", create_identity(ISSUER, AUDIENCE, options.state, deployment=DEPLOYMENT))
    uvicorn.run(chosen, host="127.0.0.1", port=options.port, **SERVER)
