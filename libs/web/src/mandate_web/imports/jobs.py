"""Jobs: imports that are too large to be answered at once, kept in schema `work` until they are done.

A job is durable before it is told of. The leading worker carries it out in chunks; the results of a chunk and how far
the job is are written in one transaction. A chunk that is repeated because the process died gives the same keys again,
and so does nothing twice. Work is not part of the record: it is forgotten a month after its end.
"""

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from typing import Final

import asyncpg
from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, Text

from mandate_events.deciding import Refused, Unknown
from mandate_events.deciding.outcome import KeyReused, LedgerBroken
from mandate_events.ledger.following import passes
from mandate_events.ledger.store import Store
from mandate_web.imports.bulk_body import Entry
from mandate_web.imports.importing import Given, Importing, Outcome, carry_out, kept, kept_problem
from mandate_web.problems.problem import Problem

log = logging.getLogger(__name__)

MAX_OPEN: Final = 5
"""Jobs that a person may have queued or running."""
CHUNK: Final = 200
IDLE: Final = 0.5
PRUNE_EVERY: Final = 3600.0

JOBS: Final = Table(
    "jobs",
    MetaData(schema="work"),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("correlation", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("reached", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("cancelled_at", DateTime(timezone=True)),
)

_FIND: Final = "select * from work.jobs where id = $1"
_MINE: Final = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_OPEN_OF: Final = "select count(*) from work.jobs where person = $1 and state in ('queued', 'running')"
_ADD: Final = """
insert into work.jobs (id, kind, person, correlation, digest, total) values ($1, $2, $3, $4, $5, $6) returning *
"""
_CANCEL: Final = """
update work.jobs set cancelled_at = clock_timestamp()
where id = $1 and state in ('queued', 'running') and cancelled_at is null
"""
_OPEN: Final = "select * from work.jobs where state in ('queued', 'running') and kind = $1 order by created_at"
_BEGIN: Final = """
update work.jobs set state = 'running', started_at = clock_timestamp() where id = $1 and state = 'queued'
"""
_END_CANCELLED: Final = """
update work.jobs set state = 'cancelled', ended_at = clock_timestamp() where id = $1 and state in ('queued', 'running')
"""
_CHUNK: Final = "select line, content, result from work.lines where job = $1 and line > $2 order by line limit $3"
_RESULTS: Final = """
update work.lines set result = outcome.result, content = null
from unnest($2::integer[], $3::bytea[]) as outcome (line, result) where job = $1 and lines.line = outcome.line
"""
_PROGRESS: Final = """
update work.jobs set done = done + $4, accepted = accepted + $5, refused = refused + $4 - $5, reached = $3,
    state = case when done + $4 = total then 'done' else state end,
    ended_at = case when done + $4 = total then clock_timestamp() end
where id = $1 and reached = $2 and state = 'running'
"""
_TOLD: Final = """
select line, result from work.lines join work.jobs on jobs.id = lines.job
where job = $1 and line > $2 and line <= reached order by line limit $3
"""
_PRUNE: Final = "delete from work.jobs where ended_at < clock_timestamp() - interval '30 days'"


class Jobs:
    """The jobs of one kind of import: given and asked for over HTTP, carried out by the leading worker."""

    def __init__(self, store: Store, importing: Importing) -> None:
        self._store = store
        self._importing = importing

    # --- for whoever gives and asks ---

    async def add(self, given: Given, entries: Sequence[Entry]) -> tuple[asyncpg.Record, bool]:
        """Keep an import, to be carried out; and whether it was there before.

        Raises `KeyReused` where its key stands for another body, and refuses more open jobs than a person may have.
        """
        async with self._store.pool.acquire() as connection, connection.transaction():
            await connection.execute(_MINE, given.person)
            if found := await connection.fetchrow(_FIND, given.id):
                if found["digest"] != given.digest:
                    raise KeyReused
                return found, True
            if await connection.fetchval(_OPEN_OF, given.person) >= MAX_OPEN:
                raise Refused("too-many-imports", most=MAX_OPEN)
            values = given.id, self._importing.name, given.person, given.correlation, given.digest, len(entries)
            added = await connection.fetchrow(_ADD, *values)
            lines = [(given.id, entry.line, *_columns(entry)) for entry in entries]
            columns = ("job", "line", "content", "result")
            await connection.copy_records_to_table("lines", schema_name="work", columns=columns, records=lines)
            assert added is not None
            return added, False

    async def find(self, id_: str) -> asyncpg.Record:
        """Raises `Unknown`."""
        found = await self._store.pool.fetchrow(_FIND, id_)
        if found is None:
            raise Unknown(f"import/{id_}")
        return found

    async def cancel(self, id_: str) -> asyncpg.Record:
        """Ask that it stops: the chunk that is at work is finished. One that has ended stays as it is."""
        await self._store.pool.execute(_CANCEL, id_)
        return await self.find(id_)

    async def results(self, id_: str, after: int, limit: int) -> "list[asyncpg.Record]":
        """What the next lines came to, as far as they are done: line and outcome as kept."""
        rows: list[asyncpg.Record] = await self._store.pool.fetch(_TOLD, id_, after, limit)
        return rows

    # --- for the leading worker ---

    async def work(self) -> None:
        """Carry out what is open, the jobs in turns of one chunk, until cancelled."""
        pruned_at = -math.inf
        while True:
            try:
                if time.monotonic() - pruned_at > PRUNE_EVERY:
                    await self.prune()
                    pruned_at = time.monotonic()
                opened = await self._store.pool.fetch(_OPEN, self._importing.name)
                for job in opened:
                    await self._advance(job)
            except Exception as error:
                if self._store.appender.broken:  # for good: only a new process helps
                    raise LedgerBroken(str(error)) from error
                if not passes(error):
                    raise
                log.warning("the imports wait: %r", error)
                opened = []
            if not opened:
                await asyncio.sleep(IDLE)

    async def prune(self) -> None:
        """Forget the jobs that ended a month ago."""
        await self._store.pool.execute(_PRUNE)

    async def _advance(self, job: asyncpg.Record) -> None:
        pool = self._store.pool
        if job["cancelled_at"] is not None:
            await pool.execute(_END_CANCELLED, job["id"])
            return
        if job["state"] == "queued":
            await pool.execute(_BEGIN, job["id"])
        rows = await pool.fetch(_CHUNK, job["id"], job["reached"], CHUNK)
        read = [Entry(row["line"], row["content"]) for row in rows if row["result"] is None]
        given = Given(job["id"], job["person"], job["digest"], job["correlation"])
        outcomes = await carry_out(self._store, self._importing, given, read)
        await self._keep(job, rows[-1]["line"], len(rows), read, outcomes)

    async def _keep(
        self, job: asyncpg.Record, reached: int, count: int, read: Sequence[Entry], outcomes: Sequence[Outcome]
    ) -> None:
        accepted = sum(not isinstance(outcome, Problem) for outcome in outcomes)
        async with self._store.pool.acquire() as connection, connection.transaction():
            moved = await connection.execute(_PROGRESS, job["id"], job["reached"], reached, count, accepted)
            if moved == "UPDATE 1":  # else another led meanwhile, and came to the same
                lines, results = [entry.line for entry in read], [kept(outcome) for outcome in outcomes]
                await connection.execute(_RESULTS, job["id"], lines, results)


def _columns(entry: Entry) -> tuple[bytes | None, bytes | None]:
    """Content and result: a line that cannot be read has its result from the beginning."""
    if isinstance(entry.content, Problem):
        return None, kept_problem(entry.content)
    return entry.content, None
