"""The history and the refusals: the documents of all ledgers, filtered, byte for byte, shown to whom they concern."""

import asyncio
import json
import logging
import socket
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, cast

import asyncpg
import httpx
import pytest
from sqlalchemy import AsyncAdaptedQueuePool

from governance.appointments import appointment
from mandate_events.deciding.outcome import Denied
from mandate_events.document.identifiers import uuid7
from mandate_local.postgres import EmbeddedPostgres
from tests.integration.ledgers import eventually
from tests.integration.reporting_world import (
    World,
    asyncpg_connection,
    decide,
    publish,
    recorded,
    serving,
    small_world,
)

NDJSON = "application/x-ndjson"


@pytest.fixture(scope="module")
async def world(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with small_world(postgres, tmp_path_factory.mktemp("identity"), "test_history") as world:
        yield world


async def test_ndjson_is_the_ledger_byte_for_byte(world: World) -> None:
    for source, dsn in (("governance", world.store.dsn), ("projects", world.projects)):
        answer = await world.get("/v1/history", source=source, headers={"accept": NDJSON})
        assert answer.headers["content-type"] == NDJSON
        assert answer.content == b"".join(document + b"\n" for _, document in await recorded(dsn))


async def test_an_export_is_the_same_in_fewer_bytes_to_who_takes_gzip(world: World) -> None:
    plain = await world.get("/v1/history", headers={"accept": NDJSON, "accept-encoding": "identity"})
    packed = await world.get("/v1/history", headers={"accept": NDJSON, "accept-encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept, Accept-Encoding, Origin")
    assert (packed.content, "content-encoding" in plain.headers) == (plain.content, False)
    assert packed.num_bytes_downloaded < plain.num_bytes_downloaded / 2


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
                "rule": document["data"].get("rule"),
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


@pytest.mark.parametrize(
    ("name", "member"),
    [("authority", "authority"), ("rule", "rule"), ("causation", "causation")],
)
async def test_what_a_document_rests_on_can_be_asked_for(world: World, name: str, member: str) -> None:
    everything = await world.listed("/v1/history", limit=500)
    chosen = next(item for item in everything if item[member] is not None)
    wanted = [item for item in everything if item[member] == chosen[member]]
    assert await world.listed("/v1/history", limit=2, **{name: chosen[member]}) == wanted
    cursor = (await world.get("/v1/history", limit=1)).json()["next"]
    mixed = await world.get("/v1/history", limit=1, cursor=cursor, **{name: chosen[member]})
    assert (mixed.status_code, mixed.json()["type"]) == (422, "/problems/cursor-mismatch")


async def test_a_rule_is_taken_from_refusals_and_from_nothing_else(world: World) -> None:
    everything = await world.listed("/v1/history", limit=500)
    assert {item["rule"] for item in everything if item["name"] == "command-denied"} == {"no-right"}
    for odd in ({"rule": 7}, {"rule": None}, {"rule": "x" * 300}, {"rule": ["no-right"]}, {"rules": "no-right"}):
        await publish(world.projects, "mandate.projects.gate-decision-not-noted.v1", world.ids[9], odd)
    answered = {"rule": "not-the-next-gate"}
    position = await publish(world.projects, "mandate.projects.gate-decision-not-noted.v1", world.ids[9], answered)
    [found] = await world.listed("/v1/history", source="projects", rule="not-the-next-gate")
    assert found["position"] == position
    assert {item["rule"] for item in await world.listed("/v1/denials")} == {"no-right"}
    assert await world.listed("/v1/denials", rule="self-appointment") == []


async def test_what_was_known_at_an_instant(world: World) -> None:
    """The past is what had been recorded by then, however much was recorded since."""
    everything = await world.listed("/v1/history", limit=500)
    instant = everything[len(everything) // 2]["recorded_at"]
    then = [item for item in everything if item["recorded_at"] <= instant]
    answer = await world.get("/v1/history", limit=500, known_at=instant)
    assert answer.json()["items"] == then
    assert answer.headers["memento-datetime"].endswith("GMT")
    cuts = dict.fromkeys(("governance", "projects", "reporting"), 0)
    for item in then:
        cuts[item["source"]] = max(cuts[item["source"]], item["position"])
    told = ", ".join(f"{source}:{cut}" for source, cut in sorted(cuts.items()))
    assert answer.headers["mandate-position"] == told
    lines = (await world.get("/v1/history", known_at=instant, headers={"accept": NDJSON})).content.splitlines()
    assert len(lines) == len(then)
    refusals = [item for item in then if item["name"] == "command-denied"]
    assert await world.listed("/v1/denials", known_at=instant) == refusals
    assert (await world.get("/v1/history", known_at="2999-01-01T00:00:00Z")).status_code == 422


# --- exports ---


async def test_an_export_says_where_it_ends_and_goes_on_to_the_same_end(world: World) -> None:
    whole = await world.get("/v1/history", headers={"accept": NDJSON})
    lines = whole.content.splitlines(keepends=True)
    last = json.loads(lines[-1])
    end = whole.headers["mandate-last"]
    assert whole.headers["mandate-count"] == str(len(lines))
    assert end == f"{last['source'].rpartition('/')[2]}:{int(last['sequence'])}"
    counted = Counter(json.loads(line)["source"].rpartition("/")[2] for line in lines)
    assert whole.headers["mandate-position"] == ", ".join(f"{name}:{counted[name]}" for name in sorted(counted))
    await publish(world.projects, "mandate.projects.moon-landed.v1", world.ids[9], {})
    for number in (1, len(lines) // 2, len(lines) - 1):
        middle = json.loads(lines[number - 1])
        after = f"{middle['source'].rpartition('/')[2]}:{int(middle['sequence'])}"
        rest = await world.get("/v1/history", after=after, last=end, headers={"accept": NDJSON})
        assert rest.content == b"".join(lines[number:])
        assert (rest.headers["mandate-last"], rest.headers["mandate-position"]) == (
            end,
            whole.headers["mandate-position"],
        )
        assert rest.headers["mandate-count"] == str(len(lines) - number)
    nothing = await world.get("/v1/history", after=end, last=end, headers={"accept": NDJSON})
    assert (nothing.content, "mandate-last" in nothing.headers) == (b"", False)
    items = await world.listed("/v1/history", after=after, last=end, sort="entry")
    assert [item["position"] for item in items] == [int(last["sequence"])]


@pytest.mark.parametrize("wrong", ["7", "governance:", "governance:x", "nobody:1", "governance:999999999"])
async def test_a_place_that_is_none(world: World, wrong: str) -> None:
    for name in ("after", "last"):
        answer = await world.get("/v1/history", **{name: wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"?{name}")


async def test_a_reader_who_leaves_early_is_no_fault(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The query that was running is finished, and its connection is used again."""
    headers = {"authorization": f"Bearer {world.tokens['auditor-1']}", "accept": NDJSON}
    caplog.set_level(logging.INFO)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with serving(world.app, listener), httpx.AsyncClient(base_url=url, trust_env=False) as client:
        for pause in (0.0, 0.001, 0.002, 0.005, 0.01) * 4:
            async with client.stream("GET", "/v1/history", headers=headers) as answer:
                assert answer.status_code == 200
                await asyncio.sleep(pause)
    pool = cast("AsyncAdaptedQueuePool", world.engine.pool)

    async def all_back() -> bool:
        return pool.checkedout() == 0

    await eventually(all_back)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


# --- the story of one request ---


async def test_a_story_is_a_tree_across_services(world: World) -> None:
    """Governance decides, projects answers, governance answers that: each beneath what it answers."""
    story = uuid7()
    request = await told(world, story, "key-of-a-command", world.ids[4])
    answer = await told(world, story, request["id"], world.ids[4])
    other = await told(world, story, request["id"], world.ids[4])
    last = await told(world, story, answer["id"], world.ids[4])
    second = await told(world, story, "key-of-another", world.ids[4])
    page = (await world.get("/v1/story", correlation=story)).raise_for_status().json()
    shown = [(item["depth"], item["document"]["position"], item["hidden"]) for item in page["items"]]
    order = [(0, request), (1, answer), (2, last), (1, other), (0, second)]
    assert shown == [(depth, int(document["sequence"]), False) for depth, document in order]
    entries = {item["document"]["position"]: item["document"]["entry"] for item in page["items"]}
    assert page["items"][2]["parent"] == entries[int(answer["sequence"])]
    assert page["complete"] is True
    then = (await world.get("/v1/story", correlation=story, known_at=answer["time"])).json()
    assert [item["document"]["position"] for item in then["items"]] == [
        int(request["sequence"]),
        int(answer["sequence"]),
    ]


async def test_what_may_not_be_seen_of_a_story_is_hidden(world: World) -> None:
    """A cause that a manager may not see is there without its content; what leads to nothing of theirs is not."""
    mine = [row["id"] for row in await world.listed("/v1/portfolio") if row["manager"] == world.person("pm-1")]
    [theirs, *_] = sorted(set(world.ids) - set(mine))
    story = uuid7()
    cause = await told(world, story, "key", theirs)
    await told(world, story, cause["id"], theirs)
    effect = await told(world, story, cause["id"], mine[0])
    await told(world, story, effect["id"], theirs)
    answer = await world.get("/v1/story", "pm-1", correlation=story)
    [hidden, seen] = answer.json()["items"]
    assert (hidden["depth"], hidden["hidden"], hidden["document"]) == (0, True, None)
    assert (seen["depth"], seen["hidden"], seen["document"]["position"]) == (1, False, int(effect["sequence"]))
    assert cause["id"] not in answer.text.replace(seen["document"]["causation"], "")
    assert theirs not in answer.text
    only_theirs = uuid7()
    await told(world, only_theirs, "key", theirs)
    assert (await world.get("/v1/story", "pm-1", correlation=only_theirs)).json()["items"] == []
    assert (await world.get("/v1/story", "observer-1", correlation=story)).status_code == 403


async def test_a_long_story_says_that_it_is_not_complete(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporting.history.story_routes.LONGEST", 2)
    story = uuid7()
    for _ in range(3):
        await told(world, story, "key", world.ids[4])
    page = (await world.get("/v1/story", correlation=story)).json()
    assert (len(page["items"]), page["complete"]) == (2, False)


async def told(world: World, correlation: str, causation: str, project: str) -> dict[str, Any]:
    """One more document of a story."""
    position = await publish(
        world.projects, "mandate.projects.moon-landed.v1", project, {}, correlation=correlation, causation=causation
    )
    document: dict[str, Any] = json.loads((await recorded(world.projects))[position - 1][1])
    return document


async def test_the_archive_only_grows(world: World, postgres: EmbeddedPostgres) -> None:
    async with asyncpg_connection(postgres.dsn("test_history_reporting")) as connection:
        for statement in (
            "update archive.documents set actor = 'nobody'",
            "delete from archive.documents where entry = 1",
            "truncate archive.documents",
            "set session_replication_role = replica; delete from archive.documents",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"archive\.documents is refused"):
                await connection.execute(statement)


async def test_refusals_are_seen_by_the_pmo_auditors_and_the_person(world: World) -> None:
    everybody = {world.person("stranger"), world.person("pm-1")}
    for who in ("pmo-1", "auditor-1"):
        assert {item["person"] for item in await world.listed("/v1/denials", who, limit=1)} == everybody
        chosen = await world.listed("/v1/denials", who, actor=world.person("pm-1"))
        assert [item["actor"] for item in chosen] == [world.person("pm-1")]
    assert [item["actor"] for item in await world.listed("/v1/denials", "pm-1")] == [world.person("pm-1")]
    assert await world.listed("/v1/denials", "observer-1") == []
    for who in ("pm-1", "observer-1", "stranger", "founder"):
        answer = await world.get("/v1/denials", who, actor=world.person("pm-2"))
        assert (answer.status_code, answer.json()["rule"]) == (403, "no-right")


async def test_refusals_tell_which_command_on_which_thing_how_often_and_between_when(world: World) -> None:
    """The service signs the count of those that were repeated; whose they are, and where, it says."""
    id_, person = world.ids[1], world.person("pm-2")
    mine = appointment.AppointManager(person=person, reason="I would like to")
    for _ in range(3):
        with pytest.raises(Denied):
            await decide(world.store, person, appointment.APPOINTMENT, id_, mine)
    await world.store.record_repeats()
    repeats, first = await world.listed("/v1/denials", "auditor-1", project=id_)
    for item, actor, count in ((repeats, "system/denials", 2), (first, person, 1)):
        assert (item["actor"], item["person"], item["count"]) == (actor, person, count)
        assert (item["command"], item["on"], item["rule"]) == ("AppointManager", f"appointment/{id_}", "no-right")
        assert item["project"] == id_
        assert item["person_role"] == "project_manager"
    assert first["first_at"] == first["last_at"] == first["recorded_at"]
    assert first["last_at"] < repeats["first_at"] < repeats["last_at"] < repeats["recorded_at"]
    assert await world.listed("/v1/denials", "pm-2", project=id_) == [repeats, first]
    for who, seen in (("auditor-1", 2), ("pm-2", 2), ("officer-1", 0)):
        told = await world.listed("/v1/history", who, project=id_, type="command-denied")
        assert [item["entry"] for item in told] == [repeats["entry"], first["entry"]][:seen]
    page = (await world.get(f"/v1/projects/{id_}", "auditor-1")).json()
    assert {item["name"] for item in page["decisions"]} >= {"manager-appointed"}
    assert "command-denied" not in {item["name"] for item in page["decisions"]}


async def test_a_refusal_that_says_less_is_shown_as_far_as_it_goes(world: World) -> None:
    """Earlier versions told neither project nor instants; a later one may tell them in another way."""
    id_ = world.ids[9]
    for data in ({"command": "DecideGate", "on": "gate-review/1", "rule": "r"}, {"command": 7, "rule": "r"}):
        await publish(world.projects, "mandate.projects.command-denied.v1", id_, data)
    later, earlier = await world.listed("/v1/denials", rule="r")
    assert (earlier["command"], earlier["on"], earlier["count"]) == ("DecideGate", "gate-review/1", 1)
    assert (earlier["first_at"], earlier["last_at"]) == (None, None)
    assert (later["command"], later["on"], later["rule"]) == (None, None, "r")
