"""Views built beside the live ones, compared, swapped and swapped back, while everybody goes on reading and writing."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, Numeric, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from mandate_events.ledger.engine import create_engine
from mandate_events.transport import parking
from mandate_events.views import building
from mandate_events.views.building import BEFORE, NEXT, NotOurs, back, bring, build, swap
from mandate_events.views.comparing import compare, standings
from mandate_events.views.record import Lists
from mandate_events.views.view import View, table
from mandate_local.postgres import EmbeddedPostgres
from reporting import main
from reporting.people.views import MANDATES_VIEW
from reporting.portfolio.views import PORTFOLIO_VIEW
from tests.integration.over_http import PROPOSALS, Product, proposal, until
from tests.integration.reporting_world import PROPOSED, World, publish, small_world
from tests.services import GOVERNANCE_LISTS
from tests.services import REPORTING_LISTS as LISTS


@pytest_asyncio.fixture(scope="module")
async def world(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with small_world(postgres, tmp_path_factory.mktemp("identity"), "test_views_swap") as world:
        yield world


@pytest_asyncio.fixture(scope="module")
async def engine(world: World) -> AsyncIterator[AsyncEngine]:
    """As the role that migrates."""
    assert world.settings.migrate_database
    engine = create_engine(world.settings.migrate_database)
    yield engine
    await engine.dispose()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "CHUNK", 7)


async def rows(engine: AsyncEngine, schema: str = "views", view: View = PORTFOLIO_VIEW) -> list[Mapping[str, Any]]:
    wanted = select(view.table).order_by(*view.table.primary_key)
    async with engine.connect() as connection:
        found = await connection.execute(wanted, execution_options={"schema_translate_map": {"views": schema}})
        return [dict(row) for row in found.mappings()]


async def hold(world: World, number: int) -> None:
    kind = "project-held" if number % 2 else "project-resumed"
    await publish(world.projects, f"mandate.projects.{kind}.v1", world.ids[1], {"gate": "after-define"})


async def status_of(world: World) -> str:
    [row] = [row for row in await world.listed("/v1/portfolio") if row["id"] == world.ids[1]]
    status: str = row["status"]
    return status


async def test_what_is_built_is_what_is_live(world: World, engine: AsyncEngine, small_chunks: None) -> None:
    await world.listed("/v1/portfolio")
    told: list[tuple[int, int]] = []
    place = await build(engine, LISTS, lambda place, end: told.append((place, end)))
    assert [place for place, _ in told] == [*range(7, place, 7), place]
    assert {end for _, end in told} == {place}
    assert [(each.table, each.live, each.next, each.differ) for each in await compare(engine, LISTS)] == [
        ("mandates", each.live, each.live, 0) if each.table == "mandates" else ("portfolio", PROPOSED, PROPOSED, 0)
        for each in await compare(engine, LISTS)
    ]
    live = await rows(engine)
    assert await rows(engine, NEXT) == live
    assert await swap(engine, LISTS) == place
    assert await rows(engine) == live
    assert [each.schema for each in await standings(engine, LISTS)] == ["views", BEFORE]


async def test_what_differs_is_shown(world: World, engine: AsyncEngine) -> None:
    await build(engine, LISTS)
    async with engine.begin() as connection:
        await connection.execute(
            text("update views.portfolio set title = 'Forged' where reference in ('R001', 'R002')")
        )
        await connection.execute(text("delete from views.portfolio where reference = 'R003'"))
    [_, portfolio] = await compare(engine, LISTS)
    assert (portfolio.live, portfolio.next, portfolio.differ) == (PROPOSED - 1, PROPOSED, 3)
    assert sorted(portfolio.examples) == sorted(f'{{"id": "{world.ids[number]}"}}' for number in (1, 2, 3))
    await swap(engine, LISTS)
    assert len([row for row in await world.listed("/v1/portfolio") if row["title"] != "Forged"]) == PROPOSED


async def test_readers_always_see_a_whole_table(world: World, engine: AsyncEngine, small_chunks: None) -> None:
    """Under load, with many swaps: no read fails, none sees a part, and nothing that was written is lost."""
    done = asyncio.Event()
    reads = 0

    async def read() -> None:
        nonlocal reads
        headers = {"authorization": f"Bearer {world.tokens['auditor-1']}"}
        while not done.is_set():
            answer = await world.client.get("/v1/portfolio?limit=500", headers=headers)
            assert answer.status_code == 200, answer.text
            assert len(answer.json()["items"]) == PROPOSED
            reads += 1

    async def write() -> None:
        for number in range(40):
            await hold(world, number)

    async def swaps() -> None:
        for _ in range(3):
            await build(engine, LISTS)
            await swap(engine, LISTS)
            await back(engine, LISTS)
            await swap(engine, LISTS)

    async def work() -> None:
        await asyncio.gather(write(), swaps())
        done.set()

    await asyncio.wait_for(asyncio.gather(work(), read(), read(), read()), 120)
    assert reads > 20
    assert await status_of(world) == "held"
    await build(engine, LISTS)
    assert [each.differ for each in await compare(engine, LISTS)] == [0, 0]
    await swap(engine, LISTS)


async def test_two_builders_share_the_work(world: World, engine: AsyncEngine, small_chunks: None) -> None:
    await asyncio.gather(build(engine, LISTS), build(engine, LISTS))
    assert await rows(engine, NEXT) == await rows(engine)
    await swap(engine, LISTS)


def command(world: World, *arguments: str, chunk: int = 500) -> list[str]:
    program = f"import mandate_events.views.building as b; b.CHUNK = {chunk}; from reporting.main import cli; cli()"
    return [sys.executable, "-c", program, *arguments]


def environment(world: World) -> dict[str, str]:
    assert world.settings.migrate_database
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MANDATE_", "KAFKA_"))},
        "MANDATE_PRODUCTION": "false",
        "MANDATE_DATABASE": world.settings.database,
        "MANDATE_MIGRATE_DATABASE": world.settings.migrate_database,
        "MANDATE_TRANSPORT": "local",
        "MANDATE_LOCAL_SOURCES": '{"governance": "postgresql://x", "projects": "postgresql://x"}',
        "MANDATE_ISSUER_URL": world.issuer,
    }


async def run(world: World, *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command(world, *arguments),
        env=environment(world),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said.decode()


async def test_a_build_that_is_killed_goes_on_where_it_was(world: World, engine: AsyncEngine) -> None:
    process = await asyncio.create_subprocess_exec(
        *command(world, "views", "build", chunk=2), env=environment(world), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(3):
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
    assert int(line.split()[0]) == 6
    process.send_signal(signal.SIGKILL)
    await process.wait()
    [_, next_, *_] = await standings(engine, LISTS)
    assert next_.schema == NEXT
    assert 6 <= next_.place < next_.end
    told: list[int] = []
    await build(engine, LISTS, lambda place, _: told.append(place))
    assert told[0] > next_.place
    assert await rows(engine, NEXT) == await rows(engine)
    await swap(engine, LISTS)


async def test_back_loses_nothing_that_came_meanwhile(world: World, engine: AsyncEngine) -> None:
    await build(engine, LISTS)
    await hold(world, 1)
    await world.listed("/v1/portfolio")
    await swap(engine, LISTS)
    await hold(world, 0)
    assert await status_of(world) == "active"
    [_, before] = await standings(engine, LISTS)
    assert (before.schema, before.place) == (BEFORE, before.end - 1)
    await back(engine, LISTS)
    assert await status_of(world) == "active"
    await hold(world, 1)
    assert await status_of(world) == "held"
    [_, next_] = await standings(engine, LISTS)
    assert next_.schema == NEXT, "and forward again"
    await swap(engine, LISTS)
    assert await status_of(world) == "held"


async def test_what_is_parked_belongs_to_its_tables(world: World, engine: AsyncEngine) -> None:
    """An event that cannot be read waits in each of them; discarded once, it is given up for all."""
    other = world.ids[2]
    await publish(world.projects, "mandate.projects.phase-started.v1", other, {"phase": 7})
    await publish(world.projects, "mandate.projects.phase-started.v1", other, {"phase": "last", "gate": "none"})
    await world.listed("/v1/portfolio")
    await build(engine, LISTS)
    assert [each.parked for each in await standings(engine, LISTS) if each.schema != BEFORE] == [2, 2]
    await swap(engine, LISTS)
    assert [each.parked for each in await standings(engine, LISTS)] == [2, 2]
    async with engine.begin() as connection:
        [first, _] = await parking.parked(connection, "views")
        await parking.discard(connection, first, "operator", "not ours")
    await publish(world.projects, "mandate.projects.rights-adopted.v1", other, {"hash": "0", "table": []})
    await world.listed("/v1/portfolio")
    await back(engine, LISTS)

    async def goes_on() -> bool:
        return [row["phase"] for row in await rows(engine) if row["id"] == other] == ["last"]

    await until(goes_on)
    await build(engine, LISTS)
    assert [each.differ for each in await compare(engine, LISTS)] == [0, 0]
    await swap(engine, LISTS)


# --- another version of the program ---

OTHER_PORTFOLIO = table(
    "portfolio",
    *(column._copy() for column in PORTFOLIO_VIEW.table.c if column.name != "budget_amount"),
    Column("budget_amount", Numeric(18, 4)),
    Column("changes", Integer, nullable=False),
)


CHANGED = View(
    OTHER_PORTFOLIO,
    PORTFOLIO_VIEW.events,
    PORTFOLIO_VIEW.change,
    lambda row: {**PORTFOLIO_VIEW.derive(row), "changes": (row["changes"] or 0) + 1},  # type: ignore[misc]
)
OTHER = replace(LISTS, views=(CHANGED, MANDATES_VIEW))


@asynccontextmanager
async def worker_of(world: World, lists: Lists, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The consumers of a program with these lists, beside those of this version."""
    monkeypatch.setitem(main.SERVICE.house.__dict__, "lists", lists)
    async with main.SERVICE.connect(world.settings) as opened:
        running = [asyncio.create_task(consumer.run()) for consumer in main.SERVICE.consumers(opened)]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            monkeypatch.undo()


async def seen(engine: AsyncEngine) -> dict[str, int]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("select source, sequence from ledger.cursors where consumer = 'views'"))
        return {row[0]: row[1] for row in rows}


async def test_a_changed_view_is_built_compared_swapped_and_swapped_back(
    world: World, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.listed("/v1/portfolio")
    await build(engine, OTHER)
    [mandates, portfolio] = await compare(engine, OTHER)
    assert (mandates.differ, mandates.columns) == (0, [])
    assert (portfolio.live, portfolio.next, portfolio.columns) == (PROPOSED, PROPOSED, ["changes"])
    with pytest.raises(NotOurs):
        await swap(engine, LISTS)
    await swap(engine, OTHER)
    assert min(row["changes"] for row in await rows(engine, view=CHANGED)) > 0

    # readers of this version go on; its worker waits, since the tables are another's
    headers = {"authorization": f"Bearer {world.tokens['auditor-1']}"}
    for _ in range(10):
        answer = await world.client.get("/v1/portfolio?limit=500", headers=headers)
        assert (answer.status_code, len(answer.json()["items"])) == (200, PROPOSED)
    before = await seen(engine)
    await hold(world, 0)
    await asyncio.sleep(1.5)
    assert await seen(engine) == before
    with pytest.raises(NotOurs):
        await back(engine, OTHER)

    # the worker of the other version takes over
    async with worker_of(world, OTHER, monkeypatch):
        assert await status_of(world) == "active"

    # and this version can go back: nothing is lost
    await hold(world, 1)
    await back(engine, LISTS)
    assert await status_of(world) == "held"
    await build(engine, LISTS)
    assert [each.differ for each in await compare(engine, LISTS)] == [0, 0]
    await swap(engine, LISTS)


async def test_a_version_brings_its_views(world: World, engine: AsyncEngine) -> None:
    """As the embedded product does at its start."""
    assert not await bring(engine, LISTS)
    assert await bring(engine, OTHER)
    assert not await bring(engine, OTHER)
    assert await bring(engine, LISTS)
    assert len(await world.listed("/v1/portfolio")) == PROPOSED


async def test_the_command_line(world: World) -> None:
    code, said = await run(world, "views", "status")
    assert code == 0
    assert said.startswith("views: this version, ")
    for action, word in (
        ("build", "built up to"),
        ("compare", f"portfolio: {PROPOSED} rows live, {PROPOSED} next, 0 differ"),
        ("status", "views_next: this version"),
        ("swap", "live from"),
        ("back", "live from"),
        ("swap", "live from"),
    ):
        code, said = await run(world, "views", action)
        assert code == 0, said
        assert word in said
    for action in ("swap", "compare"):
        code, said = await run(world, "views", action)
        assert (code, "views_next" in said) == (1, True), said


async def test_lists_of_the_own_ledger(product: Product) -> None:
    for _ in range(3):
        await product.give(PROPOSALS, proposal())
    before = (await product.get(PROPOSALS)).json()
    engine = create_engine(product.postgres.dsn("governance"))
    try:
        await build(engine, GOVERNANCE_LISTS)
        assert [each.differ for each in await compare(engine, GOVERNANCE_LISTS)] == [0] * len(GOVERNANCE_LISTS.views)
        async with engine.begin() as connection:
            await connection.execute(text("delete from views.proposals"))
        receipt = await product.give(PROPOSALS, proposal())
        await swap(engine, GOVERNANCE_LISTS)
    finally:
        await engine.dispose()
    after = (await product.get(PROPOSALS, Mandate_Consistency=receipt["consistency"])).json()
    assert [item for item in after["items"] if item["id"] != receipt["id"]] == before["items"]
