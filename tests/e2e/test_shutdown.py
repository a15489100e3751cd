"""SIGTERM under load: what was answered is on record, what was not is had from another process, and nothing twice.

And whoever is told to end does so, with all that it started.
"""

import asyncio
import signal
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psutil
import pytest

from mandate_local.postgres import EmbeddedPostgres
from tests.e2e.running import Product
from tests.e2e.topology import Process, Topology, topology

CLIENTS: Final = 24
GRACE: Final = 20.0
OBSERVERS: Final = "/governance/v1/office/observers"


@pytest.fixture(scope="module")
def stage(postgres: EmbeddedPostgres) -> Iterator[Topology]:
    """Governance alone, with an office that can appoint."""
    with (
        tempfile.TemporaryDirectory(prefix="mandate-shutdown-") as directory,
        topology(Path(directory), postgres) as stage,
    ):
        stage.migrate("governance")
        api = stage.api("governance")
        office = {"name": "Office", "time_zone": "UTC", "currency": "AUD", "reason": "Start"}
        stage.give("founder", "/governance/v1/office", office)
        for member in ("pmo-1", "pmo-2"):
            stage.give("founder", "/governance/v1/office/members", {"person": stage.person(member), "reason": "First"})
        api.stop(GRACE)
        yield stage


@dataclass(slots=True)
class Load:
    """Commands, each with its key: those that were answered, and those of which nobody knows."""

    url: str
    headers: dict[str, str]
    answered: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    heavy: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    async def client(self) -> None:
        """One person's program: one connection, one command after the other, until it is told to end."""
        async with httpx.AsyncClient(timeout=30) as http:
            while not self.ended:
                person = str(uuid.uuid4())
                try:
                    answer = await self.appoint(http, self.url, person)
                except httpx.TransportError as error:
                    self.unknown[person] = repr(error)
                    await asyncio.sleep(0.05)
                    continue
                if answer.status_code == 503:
                    self.unknown[person] = answer.text
                else:
                    assert answer.status_code == 201, answer.text
                    self.answered[person] = answer.json()["position"]
                    if len(self.answered) >= 20 * CLIENTS:
                        self.heavy.set()

    async def appoint(self, http: httpx.AsyncClient, url: str, person: str) -> httpx.Response:
        headers = {**self.headers, "Idempotency-Key": f"appoint-{person}"}
        return await http.post(url, json={"person": person, "reason": "To test"}, headers=headers)

    async def retry(self, url: str) -> None:
        """Give every command whose outcome is unknown once more, with its key."""
        async with httpx.AsyncClient(timeout=30) as http:
            for person in self.unknown:
                answer = await self.appoint(http, url, person)
                assert answer.status_code == 201, answer.text
                self.answered[person] = answer.json()["position"]


async def under_load(stage: Topology, api: Process, number: int) -> Load:
    """Commands from many clients; in the midst of them the process gets a signal."""
    load = Load(stage.url(OBSERVERS), stage.headers("pmo-1"))
    clients = [asyncio.create_task(load.client()) for _ in range(CLIENTS)]
    try:
        async with asyncio.timeout(30):
            while len(load.answered) < 20 * CLIENTS:  # noqa: ASYNC110 - the load of several tasks
                await asyncio.sleep(0.01)
        begun = time.monotonic()
        api.popen.send_signal(number)
        code = await asyncio.to_thread(api.popen.wait, GRACE)
        took = time.monotonic() - begun
        await asyncio.sleep(0.3)
    finally:
        load.ended = True
    await asyncio.gather(*clients)
    if number == signal.SIGTERM:
        text = api.log.read_text()
        assert code == 0, text
        assert took < 5, f"it took {took:.1f} s to finish what took milliseconds:\n{text}"
        assert "Traceback" not in text, text
        assert "Cancel" not in text, text
    return load


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_every_command_happens_once(stage: Topology, number: signal.Signals) -> None:
    api = await asyncio.to_thread(stage.api, "governance")
    load = await under_load(stage, api, number)
    assert load.unknown, "the load ended before the process did"
    second = await asyncio.to_thread(stage.api, "governance")
    await load.retry(stage.url(OBSERVERS))
    rows = await stage.query(
        "governance",
        """select position, convert_from(document, 'utf8')::jsonb #>> '{data,person}' as person from ledger.events
           where type = 'mandate.governance.mandate-given.v1' and stream = any($1) order by position""",
        [f"mandate/{person}" for person in load.answered],
    )
    recorded = {row["person"]: row["position"] for row in rows}
    assert [person for person, count in Counter(row["person"] for row in rows).items() if count > 1] == []
    assert load.answered.items() <= recorded.items(), "what was answered is what was recorded"
    assert load.unknown.keys() <= load.answered.keys()
    await asyncio.to_thread(second.stop, GRACE)


async def test_a_second_process_goes_on_while_the_first_one_ends(stage: Topology) -> None:
    """A rolling restart: somebody always answers."""
    first = await asyncio.to_thread(stage.api, "governance")
    second = await asyncio.to_thread(stage.api, "governance")
    others = Load(stage.url(OBSERVERS), stage.headers("pmo-1"))
    clients = [asyncio.create_task(others.client()) for _ in range(4)]
    stage.at["governance"] = first.url
    load = await under_load(stage, first, signal.SIGTERM)
    before = len(others.answered)
    await asyncio.sleep(0.5)
    others.ended = True
    await asyncio.gather(*clients)
    assert len(others.answered) > before
    assert not others.unknown, "the second process failed nobody"
    await load.retry(f"{second.url}{OBSERVERS.removeprefix('/governance')}")
    await asyncio.to_thread(second.stop, GRACE)


async def test_idle_and_half_open_connections_do_not_hold_it_up(stage: Topology) -> None:
    """Those that are kept alive, and one whose request never ends."""
    api = await asyncio.to_thread(stage.api, "governance")
    port = int(api.url.rpartition(":")[2])
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    assert b"200 OK" in await reader.readuntil(b"}")
    halves = [head[:20], b"POST /v1/office HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"]
    half = [await asyncio.open_connection("127.0.0.1", port) for _ in halves]
    for (_, other), begin in zip(half, halves, strict=True):
        other.write(begin)
        await other.drain()
    await asyncio.sleep(0.3)
    await asyncio.to_thread(api.stop, 10.0, signal.SIGINT)  # as by Ctrl-C, though who started it ignores that
    for each, other in ((reader, writer), *half):
        assert await each.read() == b"", "closed in order"
        other.close()
        await other.wait_closed()


async def test_a_connection_that_rested_is_still_good(stage: Topology) -> None:
    """Longer than clients and proxies keep theirs: no request meets a connection that is being closed."""
    api = await asyncio.to_thread(stage.api, "governance")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    for rest in (6.0, 0.0):  # uvicorn's own measure is 5 s, and so is httpx's
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"}")
        await asyncio.sleep(rest)
    writer.close()
    await asyncio.to_thread(api.stop, 10.0)


def test_the_product_ends_by_sigterm_too() -> None:
    """With all that it started, as by Ctrl-C in all other tests."""
    with tempfile.TemporaryDirectory(prefix="mandate-ending-") as directory:
        product = Product(Path(directory) / "data").start()
        assert "postgres" in {each.name() for each in psutil.Process(product.pid).children()}
        assert product.end(signal.SIGTERM) == 0
        product.http.close()
