"""Durable append through the store, with real documents, rights and deciding inside."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

import uvloop

from bench.comparison import Comparison
from bench.databases import fresh_ledger, raw_commits
from bench.workload import Caller, Reviser, prepare, prepare_drafts
from governance.main import GOVERNANCE
from mandate_events.ledger.store import Store
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.app.tuning import tune_garbage_collection
from projects.main import PROJECTS

SECONDS = 2.0


async def drive(steps: Sequence[Callable[[], Awaitable[None]]], seconds: float) -> float:
    """Commands per second of so many callers, each waiting for its answer."""
    end = time.perf_counter() + seconds
    done = 0

    async def caller(step: Callable[[], Awaitable[None]]) -> None:
        nonlocal done
        while time.perf_counter() < end:
            await step()
            done += 1

    begun = time.perf_counter()
    await asyncio.gather(*(caller(step) for step in steps))
    return done / (time.perf_counter() - begun)


def comparisons(postgres: EmbeddedPostgres) -> Sequence[Comparison]:
    goals = {1: 0.7, 8: 0.9, 32: 1.2, 128: 2.0}
    rows = [
        Comparison(
            f"append, {callers} caller{'s' if callers > 1 else ''}",
            "commands/s",
            "raw asyncpg one-row commits, as many callers",
            goal,
            lambda callers=callers: _append(postgres, callers),  # type: ignore[misc]
            lambda callers=callers: _raw(postgres, callers),  # type: ignore[misc]
        )
        for callers, goal in goals.items()
    ]
    rows.append(
        Comparison(
            "append, 128 callers on one stream",
            "commands/s",
            "the same on 128 streams",
            0.9,
            lambda: _revise(postgres, 1),
            lambda: _revise(postgres, 128),
        )
    )
    rows.append(
        Comparison(
            "append, 2 processes with 64 callers each",
            "commands/s, summed",
            "1 process with 128 callers",
            0.8,
            lambda: _processes(postgres, 2),
            lambda: _processes(postgres, 1),
        )
    )
    return rows


async def _append(postgres: EmbeddedPostgres, callers: int) -> float:
    async with Store(PROJECTS, await fresh_ledger(postgres, PROJECTS)) as store:
        await prepare(store, callers)
        return await drive([Caller(store, number).step for number in range(callers)], SECONDS)


async def _raw(postgres: EmbeddedPostgres, callers: int) -> float:
    return await raw_commits(await fresh_ledger(postgres, PROJECTS), callers, SECONDS)


async def _revise(postgres: EmbeddedPostgres, streams: int) -> float:
    async with Store(GOVERNANCE, await fresh_ledger(postgres, GOVERNANCE)) as store:
        await prepare_drafts(store, streams)
        return await drive([Reviser(store, number % streams).step for number in range(128)], SECONDS)


async def _processes(postgres: EmbeddedPostgres, count: int) -> float:
    dsn = await fresh_ledger(postgres, PROJECTS)
    async with Store(PROJECTS, dsn) as store:
        await prepare(store, 128)
    each = 128 // count
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.appending", dsn, str(number * each), str(each), stdout=asyncio.subprocess.PIPE
        )
        for number in range(count)
    ]
    answers = await asyncio.gather(*(child.communicate() for child in children))
    return sum(float(output) for output, _ in answers)


async def _child(dsn: str, first: int, callers: int) -> float:
    async with Store(PROJECTS, dsn) as store:
        return await drive([Caller(store, first + number).step for number in range(callers)], SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("dsn")
    parser.add_argument("first", type=int)
    parser.add_argument("callers", type=int)
    options = parser.parse_args()
    tune_garbage_collection()
    print(uvloop.run(_child(options.dsn, options.first, options.callers)))
