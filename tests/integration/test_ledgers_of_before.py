"""Ledgers that version 0.1.0 wrote, before its modules were put into chapters: they open, go on, and say the same.

Dumps of them, and what that version said of them, are kept in tests/fixtures/ledgers-shape-3.
"""

import asyncio
import dataclasses
import gzip
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

# What of today's code is asked. Where it is moved, these lines follow; nothing below names a module.
from governance.office.office import OFFICE, THE_OFFICE, AppointObserver
from mandate_events.deciding import Aggregate, Instruction
from mandate_events.deciding.batch import Submission
from mandate_events.document.identifiers import uuid7
from mandate_events.ledger.engine import create_engine
from mandate_events.ledger.migrating import migrate, newest
from mandate_events.ledger.schema import create_roles
from mandate_events.views.building import bring, build, swap
from mandate_local.postgres import EmbeddedPostgres
from mandate_replay.export import Checked, documents
from mandate_replay.replay import rows, thing
from mandate_web.app.service import Service
from mandate_web.chapters.opened import Opened
from mandate_web.settings import Settings
from projects.control.forecast import FORECAST, ReviseForecast
from tests import services
from tests.faults.ledger_checks import (
    Ledger,
    check_archive,
    check_consumers,
    check_ledger,
    check_origins,
    read,
    read_archive,
)
from tests.faults.restoring import run
from tests.integration.ledgers import eventually

FIXTURE: Final = Path(__file__).parents[1] / "fixtures" / "ledgers-shape-3"
SERVICES: Final[Mapping[str, Service]] = {service.name: service for service in services.SERVICES}
EACH: Final = pytest.mark.parametrize("service", SERVICES)

Json = dict[str, Any]

ADDED: Final = frozenset(
    {
        "about",
        "answer",
        "closed_at",
        "decided_at",
        "decision_reason",
        "evidence",
        "kind",
        "may_decide",
        "opened_at",
        "reason",
        "requested_at",
        "standard_says",
    }
)
"""Fields of pages and columns of lists that later versions show besides."""

AS_PAGES: Final[Mapping[str, Callable[[Json], Json]]] = {
    "gate-reviews": lambda page: {**page, "opened_at": page["requested_at"]},
    "compliance-reviews": lambda page: {**page, "findings": len(page["findings"])},
}
"""Lists that tell each thing as its page since then: what a row told, by the page. Their tables are others."""

ROWS: Final = """
select cast((select jsonb_object_agg(key, value) from jsonb_each_text(to_jsonb(one))) as text) from views.{} as one
"""
"""Each row as an object of texts: numbers as PostgreSQL writes them, instants in UTC."""

History = tuple[list[Any], Checked]
"""What is replayed: documents with their headings, and what was found in checking them."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The three databases on a server, restored and migrated."""

    postgres: EmbeddedPostgres
    names: Mapping[str, str]
    revisions: Mapping[str, tuple[str | None, str | None]]
    """By service: the revision that the migration found, and the one that it left."""

    def dsn(self, service: str, role: str | None = None) -> str:
        return self.postgres.dsn(self.names[service], user=f"{service}_{role}" if role else "postgres")

    async def query(self, service: str, sql: str, *arguments: Any) -> "list[asyncpg.Record]":
        connection = await asyncpg.connect(self.dsn(service), server_settings={"timezone": "UTC"})
        try:
            found: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return found
        finally:
            await connection.close()

    async def ledgers(self) -> dict[str, Ledger]:
        return {service: await read(service, self.dsn(service)) for service in SERVICES}


async def restore(postgres: EmbeddedPostgres) -> Restored:
    """Into new databases: the roles, the dumps, and then what the product does with databases that it finds."""
    names = {service: f"{service}_of_before_{uuid.uuid4().hex[:8]}" for service in SERVICES}
    revisions = {}
    for name, service in SERVICES.items():
        await asyncio.to_thread(postgres.ensure_database, names[name])
        dsn = postgres.dsn(names[name])
        sql = create_roles(name) + gzip.decompress((FIXTURE / f"{name}.sql.gz").read_bytes()).decode()
        await asyncio.to_thread(run, "psql", "-Xq", "-v", "ON_ERROR_STOP=1", f"--dbname={dsn}", text=sql)
        revisions[name] = await migrate(dsn, service.migrations)
        engine = create_engine(dsn)
        await bring(engine, service.lists)
        await engine.dispose()
    return Restored(postgres, names, revisions)


@pytest.fixture(scope="module")
async def restored(postgres: EmbeddedPostgres) -> Restored:
    """For tests that add nothing to the ledgers."""
    return await restore(postgres)


@pytest.fixture(scope="module")
def expected() -> Json:
    said: Json = json.loads(gzip.decompress((FIXTURE / "expected.json.gz").read_bytes()))
    return said


@pytest.fixture(scope="module")
async def history(restored: Restored, tmp_path_factory: pytest.TempPathFactory) -> History:
    """An export of all documents, in the order in which reporting heard them, read back."""
    export = tmp_path_factory.mktemp("ledgers-of-before") / "history.ndjson"
    export.write_bytes(b"".join(each.document + b"\n" for each in await read_archive(restored.dsn("reporting"))))
    checked = Checked()
    return list(documents([export], checked, None)), checked


# --- comparing ---


def check_same(expected: Any, found: Any, where: str) -> None:
    """Both say the same. Fails with every difference and where it is, and where nothing was expected at all."""
    assert expected, f"there is nothing to compare {where} with"
    differing = list(differences(expected, found, where))
    assert not differing, "\n".join(["the version of before and this one differ:", *differing])


def differences(expected: Any, found: Any, where: str) -> Iterator[str]:
    match expected, found:
        case dict(), dict():
            for name in sorted((expected.keys() | found.keys()) - (ADDED - expected.keys())):
                if name not in found:
                    yield f"{where} > {name}: it was {expected[name]!r}, and is gone"
                elif name not in expected:
                    yield f"{where} > {name}: it is {found[name]!r}, and was not there"
                else:
                    yield from differences(expected[name], found[name], f"{where} > {name}")
        case list(), list():
            if len(expected) != len(found):
                yield f"{where}: there were {len(expected)}, and are {len(found)}"
            for number, (was, now) in enumerate(zip(expected, found, strict=False), start=1):
                row = was.get("id", number) if isinstance(was, dict) else number
                yield from differences(was, now, f"{where} > {row}")
        case _:
            if (type(expected), expected) != (type(found), found):
                yield f"{where}: it was {expected!r}, and is {found!r}"


def as_json(shown: Any) -> Any:
    return json.loads(json.dumps(shown))


# --- what was recorded ---


@EACH
def test_the_migrations_find_what_they_had_made(restored: Restored, expected: Json, service: str) -> None:
    found, left = restored.revisions[service]
    assert found == expected["services"][service]["revision"]
    assert left == newest(SERVICES[service].migrations)


@EACH
async def test_every_stream_is_whole_and_ends_where_it_ended(restored: Restored, expected: Json, service: str) -> None:
    ledger = await read(service, restored.dsn(service))
    check_ledger(ledger)
    assert len(ledger.rows) == expected["services"][service]["events"] > 0
    heads = {
        row.stream: {"version": row.version, "sha256": hashlib.sha256(row.document).hexdigest()} for row in ledger.rows
    }
    check_same(expected["services"][service]["streams"], heads, service)


async def test_the_ledgers_rest_on_each_other_and_are_archived(restored: Restored) -> None:
    ledgers = await restored.ledgers()
    check_origins(ledgers)
    check_archive(await read_archive(restored.dsn("reporting")), ledgers)


# --- what it is shown as ---


@pytest.mark.parametrize("service", ["governance", "projects"])
def test_every_thing_is_shown_as_it_was(history: History, expected: Json, service: str) -> None:
    pages = expected["services"][service]["pages"]
    check_same(pages, {stream: as_json(thing(*history, service, stream)) for stream in pages}, service)


def test_every_list_is_what_it_was(history: History, expected: Json) -> None:
    assert expected["lists"]
    for name, listed in expected["lists"].items():
        now = as_json(list(rows(*history, name, "governance" if name in AS_PAGES else None)))
        if as_before := AS_PAGES.get(name):
            names = {member for row in listed for member in row}
            now = [{member: row[member] for member in names} for row in map(as_before, now)]
        check_same(listed, now, name)


@EACH
async def test_every_view_is_built_from_the_record_as_it_was(restored: Restored, expected: Json, service: str) -> None:
    lists, said = SERVICES[service].lists, expected["services"][service]
    engine = create_engine(restored.dsn(service))
    try:
        await build(engine, lists)
        await swap(engine, lists)
    finally:
        await engine.dispose()
    waiting = await restored.query(service, "select key from ledger.parked where consumer = 'views'")
    held_up = {row[0] for row in waiting}
    assert held_up <= set(said["parked"]), "events are parked that were not"
    keys = {view.name: view.key_columns for view in lists.views}
    assert said["views"]
    for table, listed in said["views"].items():
        if table.replace("_", "-") in AS_PAGES:
            continue
        found = [json.loads(row[0]) for row in await restored.query(service, ROWS.format(table))]
        by_key = {"/".join(row[name] for name in keys[table]): row for row in found}
        check_same(_without(held_up, listed), _without(held_up, by_key), f"{service} {table}")


def _without(held_up: set[str], listed: Mapping[str, Json]) -> dict[str, Json]:
    """The rows without those of projects whose events are parked."""
    return {key: row for key, row in listed.items() if held_up.isdisjoint((row.get("id"), row.get("project")))}


# --- going on ---


async def test_they_are_opened_and_go_on(postgres: EmbeddedPostgres, expected: Json) -> None:
    """Policies hear everything a second time besides: the keys of before are known, and nothing is done twice."""
    restored = await restore(postgres)
    before = await restored.ledgers()
    for service in ("governance", "projects"):
        await restored.query(service, "update ledger.cursors set sequence = 0, place = 0 where consumer = 'policies'")
    project = next(row["id"] for row in expected["lists"]["portfolio"] if row["reference"] == "S-010")
    observer = str(uuid.uuid4())
    async with AsyncExitStack() as stack:
        running = {name: await stack.enter_async_context(_opened(restored, name)) for name in SERVICES}
        for name, opened in running.items():
            await _fold_every_stream(opened, before[name])

        async def act(service: str, who: str, aggregate: Aggregate[Any], id_: str, command: Instruction) -> None:
            person = expected["people"][who]
            submission = Submission(aggregate, id_, command, actor=person, route="test", key=uuid7())
            await running[service].store.submit(submission)

        appoint = AppointObserver(person=observer, reason="Reads what was recorded before")
        await act("governance", "pmo-1", OFFICE, THE_OFFICE, appoint)
        forecast = {"cost": {"amount": "290000.00", "currency": "AUD"}, "reason": "The tenders are in"}
        await act("projects", "pm-1", FORECAST, project, ReviseForecast.model_validate(forecast))
        await _let_all_be_heard(restored, running)
    after = await restored.ledgers()
    added = {}
    for name, ledger in after.items():
        begun = len(before[name].rows)
        assert ledger.rows[:begun] == before[name].rows
        added[name] = sorted(row.type.split(".")[2] for row in ledger.rows[begun:] if "rights-" not in row.type)
        check_ledger(ledger)
        assert set(ledger.parked) <= set(before[name].parked)
        check_consumers(dataclasses.replace(ledger, parked=()), after)
    assert added == {
        "governance": ["mandate-given", "observer-appointed"],
        "projects": ["forecast-revised", "mandate-recognised"],
        "reporting": [],
    }
    check_origins(after)
    check_archive(await read_archive(restored.dsn("reporting")), after)
    held = await restored.query("reporting", "select role from views.mandates where person = $1", observer)
    assert [row[0] for row in held] == ["observer"]


def _opened(restored: Restored, service: str) -> AbstractAsyncContextManager[Opened]:
    """The service as a process of it opens its ledger; it reads the others' over the local transport."""
    settings = Settings(
        production=False,
        deployment="local",
        database=restored.dsn(service, "append"),
        transport="local",
        local_sources={other: restored.dsn(other, "read") for other in SERVICES if other != service},
        issuer_url="http://127.0.0.1/identity",
    )
    return SERVICES[service].open(settings)


async def _fold_every_stream(opened: Opened, ledger: Ledger) -> None:
    """Also those that have no page; a start may have added to that of the rights."""
    domain = opened.store.domain
    for stream, version in {row.stream: row.version for row in ledger.rows}.items():
        kind, _, id_ = stream.partition("/")
        fold = await opened.store.reader.fold(domain.aggregates[kind], id_)
        assert fold.version >= version > 0, f"{domain.service} reads {stream} up to {fold.version}, not {version}"


async def _let_all_be_heard(restored: Restored, running: Mapping[str, Opened]) -> None:
    """Every consumer follows until all are at the ends."""

    async def at_the_ends() -> bool:
        ledgers = await restored.ledgers()
        cursors = [(source, at) for each in ledgers.values() for (_, source), at in each.cursors.items()]
        return all(at == len(ledgers[source].rows) for source, at in cursors)

    consumers = [each for name, opened in running.items() for each in SERVICES[name].consumers(opened)]
    async with asyncio.TaskGroup() as group:
        following = [group.create_task(consumer.run()) for consumer in consumers]
        await eventually(at_the_ends, 60, "the consumers did not come to the ends of the ledgers")
        for task in following:
            task.cancel()
