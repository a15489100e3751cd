"""Databases to measure on: one server with fsync on, a fresh ledger for each measurement."""

import asyncio
import time
from uuid import uuid4

import asyncpg

from mandate_events.deciding.domain import Domain
from mandate_events.ledger.schema import create_ledger
from mandate_local.postgres import EmbeddedPostgres

DOCUMENT = b"x" * 1000
RAW = """
create table raw (position bigserial primary key, stream text, version int, document bytea, unique (stream, version))
"""


async def fresh_ledger(postgres: EmbeddedPostgres, domain: Domain) -> str:
    """The DSN of an empty ledger."""
    name = f"bench_{uuid4().hex[:12]}"
    postgres.ensure_database(name)
    connection = await asyncpg.connect(postgres.dsn(name))
    await connection.execute(create_ledger(domain.service))
    await connection.execute(RAW)
    await connection.execute("checkpoint")
    await connection.close()
    return postgres.dsn(name)


async def raw_commits(dsn: str, callers: int, seconds: float) -> float:
    """The physical limit: one-row commits per second, each caller on a connection of its own."""
    pool = await asyncpg.create_pool(dsn, min_size=callers, max_size=callers)
    end = time.perf_counter() + seconds
    done = 0

    async def caller() -> None:
        nonlocal done
        async with pool.acquire() as connection:
            while time.perf_counter() < end:
                await connection.execute(
                    "insert into raw (stream, version, document) values ($1, 1, $2)", uuid4().hex, DOCUMENT
                )
                done += 1

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    elapsed = time.perf_counter() - begun
    await pool.close()
    return done / elapsed
