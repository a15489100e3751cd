"""Replay: every event of a ledger, decoded and folded."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from bench.comparison import Comparison
from bench.databases import fresh_ledger
from bench.workload import Caller, prepare
from mandate_events.document.event import Recorded
from mandate_events.ledger.reader import Reader
from mandate_events.ledger.statements import AFTER
from mandate_events.ledger.store import Store
from mandate_local.postgres import EmbeddedPostgres
from projects.main import PROJECTS

EVENTS = 200_000

COPIES = """
insert into ledger.events (position, stream, version, type, recorded_at, document, leaf)
select last.position + row_number() over (order by n, e.position), e.stream || '-' || n, e.version, e.type,
    e.recorded_at, e.document, e.leaf
from ledger.events e, generate_series(1, $1) n, (select max(position) as position from ledger.events) last
"""


class Replays:
    """One ledger of 200,000 real documents, read in two ways."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self._postgres = postgres
        self._dsn: str | None = None

    def comparisons(self) -> Sequence[Comparison]:
        return [
            Comparison(
                f"replay of {EVENTS:,} events",
                "events/s",
                "reading the same rows and decoding them with msgspec",
                0.8,
                self._ours,
                self._bare,
            )
        ]

    async def _ledger(self) -> str:
        if self._dsn is None:
            self._dsn = await fresh_ledger(self._postgres, PROJECTS)
            async with Store(PROJECTS, self._dsn) as store:
                await prepare(store, 64)
                callers = [Caller(store, number) for number in range(64)]
                for _ in range(40):
                    await asyncio.gather(*(caller.step() for caller in callers))
            connection = await asyncpg.connect(self._dsn)
            count = await connection.fetchval("select count(*) from ledger.events")
            await connection.execute(COPIES, EVENTS // count)
            await connection.execute("vacuum analyze ledger.events")
            await connection.close()
        return self._dsn

    async def _ours(self) -> float:
        pool = await asyncpg.create_pool(await self._ledger(), min_size=1, max_size=1)
        reader = Reader(PROJECTS, pool)
        begun, count = time.perf_counter(), 0
        async for record in reader.replay():
            assert record.type
            count += 1
        elapsed = time.perf_counter() - begun
        await pool.close()
        return count / elapsed

    async def _bare(self) -> float:
        connection = await asyncpg.connect(await self._ledger())
        decode = msgspec.json.Decoder(Recorded[dict[str, Any]]).decode
        begun, count, after = time.perf_counter(), 0, 0
        while rows := await connection.fetch(AFTER, after, 5_000):
            for row in rows:
                decode(row["document"])
            count += len(rows)
            after = rows[-1]["position"]
        elapsed = time.perf_counter() - begun
        await connection.close()
        return count / elapsed
