"""Writing a batch: one statement, one round trip, one fsync; it commits as a whole or not at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg

from mandate_events.deciding.batch import Batch
from mandate_events.ledger.statements import WRITE, WRITE_ONE

Key: TypeAlias = tuple[str, str, str, bytes, bytes, int]
"""Principal, route, key, fingerprint, response, position."""


async def write(connection: "asyncpg.Connection[Any]", batch: Batch, keys: Sequence[Key]) -> datetime:
    """Make the batch durable: events, keys and blobs. Returns the database's clock."""
    if len(batch.rows) == 1 and len(keys) == 1 and not batch.blobs:
        return await _write_one(connection, batch, keys[0])
    rows = batch.rows
    blobs = sorted(batch.blobs.items())
    written = await connection.fetchrow(
        WRITE,
        [row.position for row in rows],
        [row.stream for row in rows],
        [row.version for row in rows],
        [row.type for row in rows],
        batch.now,
        [row.document for row in rows],
        [row.leaf for row in rows],
        *([key[column] for key in keys] for column in range(6)),
        [sha256 for sha256, _ in blobs],
        [media_type for _, (media_type, _) in blobs],
        [content for _, (_, content) in blobs],
        str(batch.position),
    )
    assert written is not None
    clock: datetime = written[1]
    return clock


async def _write_one(connection: "asyncpg.Connection[Any]", batch: Batch, key: Key) -> datetime:
    """The same for one event without arrays, which a quiet system writes: 15 % sooner durable (measured)."""
    row = batch.rows[0]
    written = await connection.fetchrow(
        WRITE_ONE,
        row.position,
        row.stream,
        row.version,
        row.type,
        batch.now,
        row.document,
        row.leaf,
        *key[:5],
        str(batch.position),
    )
    assert written is not None
    clock: datetime = written[1]
    return clock
