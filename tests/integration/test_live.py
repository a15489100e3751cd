"""Live updates over a socket: what is recorded arrives once, in order, to who may see it, and to nobody else."""

import asyncio
import json
import logging
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from governance.appointments import appointment
from governance.main import SERVICE as GOVERNANCE
from governance.office import office
from governance.strategy import intake, proposal
from mandate_events.deciding.batch import Submission
from mandate_events.deciding.outcome import Denied
from mandate_events.document.identifiers import uuid7
from mandate_events.values.money import MoneyInput
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.live import connection
from mandate_web.live import events as live
from mandate_web.settings import Settings
from tests.integration.described import check_item
from tests.integration.ledgers import eventually
from tests.integration.reporting_world import World, asyncpg_connection, decide, publish, recorded, serving, small_world

PATH = "/v1/events"
NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    type: str
    document: bytes


@dataclass(slots=True)
class Stream:
    """An open stream: the events that arrive, and what else is said."""

    answer: httpx.Response
    last: int | None = None
    """What a browser would send as `Last-Event-ID`."""
    said: list[str] = field(default_factory=list)
    _lines: AsyncIterator[str] | None = None

    async def next(self) -> Event | None:
        """The next event; None at the end of the stream."""
        self._lines = self._lines or self.answer.aiter_lines()
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
                self.said.append(line)
                continue
            if "id" in fields:
                self.last = int(fields["id"])
            if "data" in fields:
                return Event(int(fields["id"]), fields["event"], fields["data"].encode())
            fields = {}
        return None

    async def take(self, number: int) -> list[Event]:
        async with asyncio.timeout(20):
            events = [await self.next() for _ in range(number)]
        return [event for event in events if event]

    async def is_quiet(self, seconds: float = 0.5) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self.next() is None
        except TimeoutError:
            return True

    async def ends(self, seconds: float = 20) -> bool:
        async with asyncio.timeout(seconds):
            return await self.next() is None


@dataclass(frozen=True, slots=True)
class Served:
    """One service behind a socket, beside the world whose ledger it follows as another process would."""

    world: World
    app: FastAPI
    url: str

    @property
    def live(self) -> live.Live:
        found: live.Live = self.app.state.live
        return found

    def headers(self, who: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.world.tokens[who]}"}

    @asynccontextmanager
    async def follow(self, who: str, last: int | None = None, **params: Any) -> AsyncIterator[Stream]:
        headers = self.headers(who) | ({} if last is None else {"last-event-id": str(last)})
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False) as client,
            client.stream("GET", PATH, params=params, headers=headers) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            yield Stream(answer)

    async def get(self, who: str, method: str = "GET", **params: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False) as client:
            return await client.request(method, PATH, params=params, headers=self.headers(who))

    async def empty(self) -> None:
        """All streams are gone, and their places are free."""

        async def nobody() -> bool:
            return not self.live._people and not self.live._awake

        await eventually(nobody)


@pytest.fixture(scope="module")
async def world(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with small_world(postgres, tmp_path_factory.mktemp("identity"), "test_live") as world:
        yield world


@pytest.fixture(scope="module")
async def governance(world: World, postgres: EmbeddedPostgres) -> AsyncIterator[Served]:
    settings = Settings(
        production=False,
        deployment="local",
        database=postgres.dsn("test_live_governance", user="governance_append"),
        transport="local",
        local_sources={"projects": world.projects},
        issuer_url=world.issuer,
    )
    app = GOVERNANCE.app(settings)
    async with app.router.lifespan_context(app), _behind_a_socket(world, app) as served:
        yield served


@pytest.fixture(scope="module")
async def reporting(world: World) -> AsyncIterator[Served]:
    async with _behind_a_socket(world, world.app) as served:
        yield served


@asynccontextmanager
async def _behind_a_socket(world: World, app: FastAPI) -> AsyncIterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    async with serving(app, listener):
        yield Served(world, app, f"http://127.0.0.1:{listener.getsockname()[1]}")


async def observe(world: World) -> int:
    """Something happens in the office; returns its position in governance."""
    person = office.AppointObserver(person=uuid7().replace("-7", "-5", 1), reason="look")
    await decide(world.store, world.person("pmo-1"), office.OFFICE, "main", person)
    return world.store.appender.position


async def ledger(world: World) -> list[Event]:
    return [
        Event(number, type_, document)
        for number, (type_, document) in enumerate(await recorded(world.store.dsn), start=1)
    ]


# --- what arrives ---


async def test_a_stream_begins_now_and_tells_each_event_as_it_is_recorded(governance: Served) -> None:
    world = governance.world
    begun = world.store.appender.position
    async with governance.follow("pmo-1") as stream:
        headers = stream.answer.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        last = await observe(world)
        events = await stream.take(last - begun)
        assert events == (await ledger(world))[begun:last]
        assert stream.said[:2] == [f"retry: {live.RETRY}", f"id: {begun}"], "a reconnection goes on from the beginning"


async def test_a_stream_goes_on_where_it_was(governance: Served) -> None:
    everything = await ledger(governance.world)
    async with governance.follow("auditor-1", after=0) as stream:
        assert await stream.take(7) == everything[:7]
    async with governance.follow("auditor-1", last=7, after=0) as stream:
        assert await stream.take(len(everything) - 7) == everything[7:], "the header says more than the first address"
        await observe(governance.world)
        assert [event.id for event in await stream.take(1)] == [len(everything) + 1]


@pytest.mark.parametrize("after", ["-1", "x", "1.0", "999999999", "1" * 19, ""])
async def test_a_position_that_is_none(governance: Served, after: str) -> None:
    answer = await governance.get("pmo-1", after=after)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?after")


async def test_a_stream_goes_on_where_a_read_ended(governance: Served, reporting: Served) -> None:
    """In reporting a read states how far it reaches into each ledger, and a stream has positions of its own."""
    for served, path in ((governance, "/v1/office"), (reporting, "/v1/portfolio")):
        world = served.world
        await publish(world.projects, "mandate.projects.project-resumed.v1", world.ids[1], {})
        await world.get("/v1/portfolio")  # it has all of that
        async with httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
            stated = (await client.get(path, headers=served.headers("pmo-1"))).headers["mandate-position"]
        expected, reached = await observe(world), int(re.findall(r"governance:(\d+)", stated)[0])
        async with served.follow("pmo-1", after=stated) as stream:
            [event] = await stream.take(1)
            assert int(json.loads(event.document)["sequence"]) == reached + 1, "the first that the read had not"
            await stream.take(expected - reached - 1)
        async with served.follow("pmo-1", last=event.id + expected - reached - 1, after=stated) as stream:
            assert await stream.is_quiet(), "after a break the header counts"


async def test_what_a_read_reached_in_the_middle_of_all_ledgers(reporting: Served) -> None:
    """Nothing beyond is missed, whichever ledger's is the first."""
    entries = await reporting.world.listed("/v1/history", limit=500, sort="entry")
    cuts: dict[str, int] = dict.fromkeys(("governance", "projects", "reporting"), 0)
    for number, entry in enumerate(entries):
        stated = ",".join(f"{name}:{position}" for name, position in cuts.items())
        cuts[entry["source"]] = entry["position"]
        if number % 9 == 0:
            async with reporting.follow("auditor-1", after=stated) as stream:
                assert [event.id for event in await stream.take(1)] == [entry["entry"]]


async def test_ledgers_that_are_not_told_here(governance: Served, reporting: Served) -> None:
    for served, after in ((governance, "projects:1"), (reporting, "payroll:1")):
        answer = await served.get("pmo-1", after=after)
        assert answer.status_code == 422
        assert "none of these ledgers" in answer.json()["errors"][0]["detail"]


async def test_a_position_ahead_tells_where_the_end_is(governance: Served) -> None:
    """After a restore: the client is to read everything anew."""
    end = governance.world.store.appender.position
    for after in (str(end + 1), f"governance:{end + 1}"):
        answer = await governance.get("pmo-1", after=after)
        assert (answer.status_code, answer.json()["facts"]) == (422, {"position": end + 1, "end": end})


async def test_events_are_as_they_are_described(governance: Served) -> None:
    everything = await ledger(governance.world)
    async with governance.follow("auditor-1", after=0) as stream:
        for event in await stream.take(len(everything)):
            item = {"id": str(event.id), "event": event.type, "data": event.document.decode()}
            check_item("governance", PATH, "get", "text/event-stream", item)
    lines = (await governance.world.get("/v1/history", source="governance", headers={"accept": NDJSON})).content
    for line in lines.splitlines():
        check_item("reporting", "/v1/history", "get", NDJSON, json.loads(line))


async def test_who_is_not_known_gets_no_stream(governance: Served) -> None:
    async with httpx.AsyncClient(base_url=governance.url, trust_env=False) as client:
        assert (await client.get(PATH)).status_code == 401


async def test_head_has_no_body_and_does_not_wait(governance: Served) -> None:
    answer = await asyncio.wait_for(governance.get("pmo-1", "HEAD"), 5)
    assert (answer.status_code, answer.content) == (200, b"")
    await governance.empty()


async def test_reporting_tells_what_all_services_recorded(reporting: Served) -> None:
    world = reporting.world
    history = await world.listed("/v1/history", limit=500, sort="entry")
    async with reporting.follow("auditor-1", after=0) as stream:
        events = await stream.take(len(history))
        assert [event.id for event in events] == [item["entry"] for item in history]
        for source, dsn in (("governance", world.store.dsn), ("projects", world.projects)):
            told = [e.document for e in events if json.loads(e.document)["source"] == f"/mandate/{source}"]
            assert told == [document for _, document in await recorded(dsn)]
        await publish(world.projects, "mandate.projects.project-resumed.v1", world.ids[1], {})
        [event] = await stream.take(1)
        assert event.type == "mandate.projects.project-resumed.v1"


# --- who sees what ---


def _seen_by(document: dict[str, Any], person: str, projects: set[str]) -> bool:
    kind, _, id_ = document["subject"].partition("/")
    if kind in {"denial", "mandate"}:
        return bool(id_ == person)
    return document.get("partitionkey") in projects or kind in {"office", "standard", "rights-table"}


async def test_a_manager_sees_their_projects_the_framework_and_what_concerns_themselves(governance: Served) -> None:
    world = governance.world
    person = world.person("pm-1")
    mine = {row["id"] for row in await world.listed("/v1/portfolio", "pm-1")}
    expected = [event for event in await ledger(world) if _seen_by(json.loads(event.document), person, mine)]
    assert {json.loads(event.document)["subject"].partition("/")[0] for event in expected} >= {
        "denial",
        "mandate",
        "office",
        "proposal",
        "appointment",
        "standard",
    }
    async with governance.follow("pm-1", after=0) as stream:
        assert await stream.take(len(expected)) == expected
        with pytest.raises(Denied):
            await decide(
                world.store, world.person("pm-2"), office.OFFICE, "main", office.CharterOffice(name="Two", reason="!")
            )
        assert await stream.is_quiet(), "another's refusal"


async def test_an_observer_sees_no_refusals(governance: Served) -> None:
    world = governance.world
    denied = "mandate.governance.command-denied.v1"
    async with governance.follow("observer-1", after=0) as stream:
        expected = [event for event in await ledger(world) if event.type != denied]
        assert await stream.take(len(expected)) == expected


async def test_a_stranger_sees_their_own_refusals(governance: Served, reporting: Served) -> None:
    world = governance.world
    for served in (governance, reporting):
        async with served.follow("stranger", after=0) as stream:
            [event] = await stream.take(1)
            assert json.loads(event.document)["subject"] == f"denial/{world.person('stranger')}"
            await observe(world)
            assert await stream.is_quiet()


async def test_a_manager_sees_in_reporting_what_the_history_shows_them(reporting: Served) -> None:
    history = await reporting.world.listed("/v1/history", "pm-2", sort="entry")
    async with reporting.follow("pm-2", after=0) as stream:
        assert [event.id for event in await stream.take(len(history))] == [item["entry"] for item in history]


async def test_who_loses_the_mandate_receives_nothing_more(governance: Served) -> None:
    world = governance.world
    project = world.ids[5]
    manager = json.loads((await world.get(f"/v1/projects/{project}")).content)["manager"]
    before = next(name for name in ("pm-1", "pm-2") if world.person(name) == manager)
    async with governance.follow(before, project=project) as old, governance.follow("pm-3", project=project) as new:
        replace = appointment.ReplaceManager(person=world.person("pm-3"), reason="Left", handover="The files")
        await decide(world.store, world.person("pmo-1"), appointment.APPOINTMENT, project, replace)
        [first] = await new.take(1)
        assert first.type == "mandate.governance.manager-replaced.v1"
        officer = appointment.ReleaseOfficer(person=world.person("officer-1"), reason="done")
        await decide(world.store, world.person("pmo-1"), appointment.APPOINTMENT, project, officer)
        [second] = await new.take(1)
        assert second.type == "mandate.governance.officer-released.v1"
        assert await old.is_quiet()


async def test_a_token_that_expires_ends_the_stream(governance: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async with governance.follow("pmo-1") as stream:
        before = await observe(governance.world)
        while stream.last is None or stream.last < before:
            assert await stream.next()
        monkeypatch.setattr(governance.app.state.verifier, "_clock", lambda: time.time() + 25 * 3600)
        await observe(governance.world)
        assert await stream.ends()
    await governance.empty()


# --- many, slow, idle ---


async def many(world: World, number: int) -> str:
    """So many proposals of one portfolio; returns the last one's id."""
    cost = MoneyInput.model_validate({"amount": "1.00", "currency": "AUD"})
    proposals = [
        intake.ProposeProject(
            portfolio="many", reference=uuid7(), title="T" * 200, gate_path="short", forecast_cost=cost
        )
        for _ in range(number)
    ]
    for begin in range(0, number, 2_000):
        await asyncio.gather(
            *(
                world.store.submit(
                    Submission(proposal.PROPOSAL, each.id, each, actor=world.person("pmo-1"), route="test", key=uuid7())
                )
                for each in proposals[begin : begin + 2_000]
            )
        )
    return proposals[-1].id


async def lengthen(world: World) -> int:
    """A ledger that is longer than what sockets hold; returns its end."""
    if world.store.appender.position < 10_000:
        await many(world, 10_000)
    return world.store.appender.position


async def test_ten_thousand_events_with_a_filter(governance: Served) -> None:
    """All of them arrive in order; who filters gets theirs only, and a reconnection passes over the others."""
    world = governance.world
    begun = world.store.appender.position
    async with (
        governance.follow("pmo-1") as everything,
        governance.follow("pmo-1", type="observer-appointed") as filtered,
    ):
        last = await many(world, 10_000)
        end = await observe(world)
        events = await everything.take(10_000)
        assert [event.id for event in events] == list(range(begun + 1, begun + 10_001))
        [event] = await filtered.take(1)
        assert event.type == "mandate.governance.observer-appointed.v1"
        assert begun + 10_000 < event.id <= end
    async with governance.follow("pmo-1", after=begun, project=last) as one:
        [event] = await one.take(1)
        assert json.loads(event.document)["partitionkey"] == last


async def test_a_reader_who_takes_nothing_is_dropped_and_the_others_go_on(
    governance: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = governance.world
    await lengthen(world)
    monkeypatch.setattr(connection, "STALL", 0.5)
    caplog.set_level(logging.INFO)
    host, port = governance.url.removeprefix("http://").split(":")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.connect((host, int(port)))
        token = world.tokens["pmo-1"]
        slow.sendall(f"GET {PATH}?after=0 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        begun = world.store.appender.position
        async with governance.follow("pmo-2", after=0) as other, asyncio.timeout(60):
            assert [event.id for event in await other.take(begun)] == list(range(1, begun + 1))

            async def dropped() -> bool:
                return "a reader that took nothing was dropped" in caplog.messages

            await eventually(dropped)
            await observe(world)
            assert await other.take(1), "the others go on"
    await governance.empty()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_stream_makes_no_more_than_its_reader_takes(governance: Served) -> None:
    """A reader who waits costs one chunk and a socket's buffer, however much there is to tell."""
    end = await lengthen(governance.world)
    host, port = governance.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1_024)
    token = governance.world.tokens["pmo-1"]
    writer.write(f"GET {PATH}?after=0 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    reads = 0
    read = governance.live.feed.read

    async def counted(person: str, after: int) -> live.Chunk:
        nonlocal reads
        reads = max(reads, after)
        return await read(person, after)

    governance.live.feed.read = counted  # type: ignore[method-assign]
    try:
        await asyncio.sleep(1)
        assert 0 < reads < end, "it stopped on the way"
    finally:
        governance.live.feed.read = read  # type: ignore[method-assign]
        writer.close()
    await governance.empty()


async def test_an_idle_stream_says_so_and_holds_no_connection(
    governance: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE", 0.2)
    async with governance.follow("stranger") as stream:
        hidden = await observe(governance.world)
        listening = asyncio.create_task(stream.is_quiet(2))
        pool = governance.app.state.store.pool
        idle = []
        while not listening.done():
            idle.append(pool.get_idle_size() == pool.get_size())
            await asyncio.sleep(0.02)
        assert await listening
        assert idle.count(True) > 0.9 * len(idle)
        assert stream.said.count(":") >= 2
        assert stream.last == hidden, "what was passed over is not read again after a reconnection"


async def test_streams_are_limited(governance: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_OF_A_PERSON", 2)
    monkeypatch.setattr(live, "MOST", 3)
    async with governance.follow("pmo-1"), governance.follow("pmo-1"):
        answer = await governance.get("pmo-1")
        assert (answer.status_code, answer.json()["facts"]) == (429, {"most": 2})
        async with governance.follow("pmo-2"):
            answer = await governance.get("auditor-1")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    await governance.empty()


async def test_a_server_that_stops_ends_its_streams_at_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with _behind_a_socket(world, world.app) as leaving:
        streams = [leaving.follow("pmo-1") for _ in range(3)]
        opened = [await stream.__aenter__() for stream in streams]
        ends = asyncio.gather(*(stream.ends() for stream in opened))
        await asyncio.sleep(0.2)
        begun = time.monotonic()
    assert time.monotonic() - begun < 3
    assert await ends == [True] * 3
    for each in streams:
        await each.__aexit__(None, None, None)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_lost_database_ends_the_stream_and_a_new_one_goes_on(
    governance: Served, postgres: EmbeddedPostgres
) -> None:
    """The client connects again by itself, with the position it had."""
    end_all = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
    world = governance.world
    async with governance.follow("pmo-1") as stream:
        position = await observe(world)
        while stream.last is None or stream.last < position:
            assert await stream.next()
        async with asyncpg_connection(postgres.dsn("postgres")) as connection:
            await connection.execute(end_all, "test_live_governance")
        end = await observe(world)
        got = await stream.take(end - position)
    async with governance.follow("pmo-1", last=stream.last) as again:
        got += await again.take(end - (stream.last or 0))
    assert [event.id for event in got] == list(range(position + 1, end + 1))
