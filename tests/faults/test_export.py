"""The whole record as a file: byte for byte, in constant memory, and on from where it broke off.

Reporting runs as a process of its own, as operations start it, and its memory is watched while it answers.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson
import psutil
import pytest

from governance.standards.standard import STANDARD, DraftStandard, ReviseDraft
from mandate_events.deciding.batch import Submission
from mandate_events.document.canonical import leaf_hash
from mandate_events.document.identifiers import uuid7
from mandate_local.postgres import EmbeddedPostgres
from mandate_local.processes import free_port
from tests.integration.reporting_world import World, asyncpg_connection, decide, small_world

CAMPAIGN = "MANDATE_FAULT_ROUNDS" in os.environ
DOCUMENTS = 200_000 if CAMPAIGN else 10_000
GROWTH = 48 << 20
"""Bytes of memory by which a process may grow that exports any number of documents."""

pytestmark = pytest.mark.timeout(900)

PATHS = [{"id": "p", "title": "P", "phases": [{"id": "do", "title": "Do", "gate": {"id": "g", "title": "G"}}]}]


@dataclass(frozen=True, slots=True)
class Api:
    """`mandate-reporting api` in a process of its own."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path
    world: World

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.world.tokens['auditor-1']}", "accept": "application/x-ndjson"}

    @asynccontextmanager
    async def export(self, **params: str) -> AsyncIterator[httpx.Response]:
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=60, trust_env=False) as client,
            client.stream("GET", "/v1/history", params=params, headers=self.headers) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            yield answer

    def complaints(self) -> list[str]:
        lines = self.log.read_text("utf-8").splitlines()
        return [line for line in lines if '"error"' in line or '"warning"' in line or not line.startswith("{")]


@pytest.fixture(scope="module")
async def world(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A ledger of many documents, and the archive that has heard them all."""
    async with small_world(postgres, tmp_path_factory.mktemp("identity"), "test_export") as world:
        await fill(world)
        await world.get("/v1/history", limit=1)
        async with asyncio.timeout(600):
            while (await world.get("/v1/history", limit=1)).status_code == 503:
                pass
        yield world


async def fill(world: World) -> None:
    pmo = world.person("pmo-1")
    draft = {"title": "D", "paths": PATHS, "text": None}
    await decide(world.store, pmo, STANDARD, "long", DraftStandard.model_validate(draft))
    revise = ReviseDraft.model_validate({"title": "Revised " * 20, "paths": PATHS})
    for begin in range(0, DOCUMENTS, 2_000):
        await asyncio.gather(
            *(
                world.store.submit(Submission(STANDARD, "long", revise, actor=pmo, route="test", key=uuid7()))
                for _ in range(min(2_000, DOCUMENTS - begin))
            )
        )


@contextmanager
def served(world: World, directory: Path) -> Iterator[Api]:
    port = free_port()
    settings = world.settings
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MANDATE_")} | {
        "MANDATE_PRODUCTION": "false",
        "MANDATE_DEPLOYMENT": settings.deployment,
        "MANDATE_DATABASE": settings.database,
        "MANDATE_TRANSPORT": "local",
        "MANDATE_LOCAL_SOURCES": orjson.dumps(settings.local_sources).decode(),
        "MANDATE_ISSUER_URL": world.issuer,
        "MANDATE_PORT": str(port),
    }
    log = directory / f"api-{port}.log"
    with log.open("wb") as out:
        program = [str(Path(sys.executable).with_name("mandate-reporting")), "api"]
        process = subprocess.Popen(program, env=environment, stdout=out, stderr=out)
    try:
        yield Api(f"http://127.0.0.1:{port}", process, log, world)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
async def api(world: World, tmp_path: Path) -> AsyncIterator[Api]:
    with served(world, tmp_path) as api:
        async with httpx.AsyncClient(base_url=api.url, trust_env=False) as client, asyncio.timeout(60):
            while True:
                assert api.process.poll() is None, api.log.read_text()
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield api


async def leaves(world: World) -> list[bytes]:
    """The leaf hashes of governance, in order: what its ledger says that each document is."""
    async with asyncpg_connection(world.store.dsn) as connection:
        return [row[0] for row in await connection.fetch("select leaf from ledger.events order by position")]


async def watch(process: psutil.Process, highest: list[int]) -> None:
    while True:
        highest.append(process.memory_info().rss)
        await asyncio.sleep(0.02)


async def test_every_document_is_exported_in_constant_memory(api: Api, world: World) -> None:
    """Twice, so that what the first export warmed up is known: the second one keeps no trace of its length."""
    expected = await leaves(world)
    process = psutil.Process(api.process.pid)
    async with api.export(source="governance", last="governance:2000") as answer:
        await answer.aread()
    before, highest = process.memory_info().rss, [0]
    watching = asyncio.create_task(watch(process, highest))
    number = 0
    async with api.export(source="governance") as answer:
        assert answer.headers["mandate-count"] == str(len(expected))
        assert answer.headers["mandate-last"] == f"governance:{len(expected)}"
        async for line in lines(answer):
            assert leaf_hash(line) == expected[number], f"governance:{number + 1}"
            number += 1
    watching.cancel()
    assert number == len(expected) > DOCUMENTS
    assert max(highest) - before < GROWTH, f"{(max(highest) - before) >> 20} MiB for {number} documents"
    assert api.complaints() == []


async def lines(answer: httpx.Response) -> AsyncIterator[bytes]:
    rest = b""
    async for block in answer.aiter_bytes():
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield line
    assert rest == b""


async def test_an_export_that_broke_off_goes_on_to_the_same_end(api: Api, world: World) -> None:
    """The reader leaves in the middle, more is recorded, and the rest is what it was."""
    expected = await leaves(world)
    found = []
    async with api.export(source="governance") as answer:
        end = answer.headers["mandate-last"]
        async for line in lines(answer):
            found.append(line)
            if len(found) == DOCUMENTS // 3:
                break
    await fill_one_more(world)
    after = f"governance:{int(orjson.loads(found[-1])['sequence'])}"
    async with api.export(source="governance", after=after, last=end) as answer:
        assert answer.headers["mandate-last"] == end
        found += [line async for line in lines(answer)]
    assert [leaf_hash(line) for line in found] == expected
    assert api.complaints() == [], "a reader who leaves is no fault"


async def fill_one_more(world: World) -> None:
    revise = ReviseDraft.model_validate({"title": "More", "paths": PATHS})
    await decide(world.store, world.person("pmo-1"), STANDARD, "long", revise)


async def test_the_end_of_the_process_breaks_an_export_off(api: Api) -> None:
    """At once, and so that nobody takes a part for the whole; streams of events end, too."""
    async with api.export() as answer, httpx.AsyncClient(base_url=api.url, timeout=60, trust_env=False) as client:
        arriving = answer.aiter_bytes()
        await anext(arriving)
        async with client.stream("GET", "/v1/events", headers=api.headers) as events:
            assert events.status_code == 200
            api.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(5):
                async for _ in events.aiter_bytes():
                    pass
        with pytest.raises(httpx.RemoteProtocolError):
            async for _ in arriving:
                pass
    assert await asyncio.to_thread(api.process.wait, 10) == 0
    assert api.complaints() == []
