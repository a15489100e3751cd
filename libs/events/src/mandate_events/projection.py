"""Projections: events become tables that answer questions. Always replayable, never a source of truth.

A projection names its tables with its version (`portfolio_v1`), so that a changed one is built beside the old one.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.event import Heading, Recorded
from mandate_events.following import passes
from mandate_events.parking import WAITING
from mandate_events.transport import Incoming

log = logging.getLogger(__name__)

TURN: Final = 0x5455524E
"""Transaction advisory lock of whoever writes projections. Consumers of several sources write the same tables: one
after another they cannot deadlock, what they number has no gaps, and a rebuild sees no half of anything."""

Apply: TypeAlias = Callable[[AsyncConnection, Recorded[Any], bytes], Awaitable[None]]
"""Writes what one event changes. It sees the decoded event, and the document where the bytes themselves are kept."""

Keep: TypeAlias = Callable[[AsyncConnection, str, Sequence[tuple[Heading, bytes]]], Awaitable[None]]
"""Keeps every document of a source in order, whether its type is known here or not."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Tables, and what each event does to them."""

    name: str
    metadata: MetaData
    apply: Apply

    async def clear(self, connection: AsyncConnection) -> None:
        """Empty the tables, for a rebuild from zero."""
        for table in reversed(self.metadata.sorted_tables):
            await connection.execute(table.delete())


async def take_turn(connection: AsyncConnection) -> None:
    """Wait until nobody else writes projections; held to the end of the transaction. A statement of its own: what is
    read after it is current."""
    await connection.execute(text("select pg_advisory_xact_lock(:turn)"), {"turn": TURN})


async def project(
    connection: AsyncConnection,
    projections: Sequence[Projection],
    incoming: Sequence[Incoming],
    blocked: set[str],
    failures: Mapping[int, str],
) -> dict[int, str]:
    """Apply all in one savepoint; where that fails, one by one.

    Returns by position what has to be parked and why: what failed before or fails here, and what waits behind it. Its
    keys are added to `blocked`.
    """
    clean = not failures and not any(item.heading.key in blocked for item in incoming)
    if clean and await apply_all(connection, projections, incoming) is None:
        return {}
    found: dict[int, str] = {}
    for item in incoming:
        error = failures.get(item.heading.position)
        if error is None and item.record is not None:
            waits = item.heading.key in blocked
            error = WAITING if waits else await apply_all(connection, projections, [item])
        if error is not None:
            found[item.heading.position] = error
            blocked.add(item.heading.key)
    return found


async def apply_all(
    connection: AsyncConnection, projections: Sequence[Projection], items: Sequence[Incoming]
) -> str | None:
    """Apply events all or none; returns why none."""
    savepoint = await connection.begin_nested()
    try:
        for item in items:
            if item.record is not None:
                for projection in projections:
                    await projection.apply(connection, item.record, item.document)
    except Exception as error:
        if passes(error):
            raise
        await savepoint.rollback()
        if len(items) == 1:
            log.exception("cannot apply %s:%s", items[0].heading.source, items[0].heading.position)
        return repr(error)
    await savepoint.commit()
    return None
