"""The relay: the events table is the outbox. One leader sends it to Kafka in order; a crash only makes duplicates."""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from mandate_events.event import read_heading
from mandate_events.metrics import OUTBOX_AGE
from mandate_events.statements import AFTER
from mandate_events.transport import Sink

log = logging.getLogger(__name__)

BATCH: Final = 1_000
POLL: Final = 1.0

MOVE: Final = """
update ledger.cursors set sequence = $2 where consumer = 'relay' and source = $3 and sequence = $1
"""
BEGIN: Final = """
insert into ledger.cursors (consumer, source) values ('relay', $1) on conflict do nothing
"""
CURSOR: Final = "select sequence from ledger.cursors where consumer = 'relay' and source = $1"


class LedgerBehindTopic(RuntimeError):
    """The topic holds what the ledger does not, or other bytes under the same number: the database was restored."""


class Fenced(RuntimeError):
    """Another process moved the cursor: this one no longer leads."""


class Relay:
    """Publishes the ledger that `connection` reads; the leader's lock is held on the same connection."""

    def __init__(self, service: str, connection: "asyncpg.Connection[Any]", sink: Sink) -> None:
        self._service = service
        self._connection = connection
        self._sink = sink
        self._news = asyncio.Event()
        self._cursor = 0

    async def run(self) -> None:
        await self._connection.add_listener("ledger", self._heard)
        await self._connection.execute(BEGIN, self._service)
        self._cursor = await self._connection.fetchval(CURSOR, self._service)
        try:
            await self._sink.open()
            await self._compare()
            while True:
                self._news.clear()
                if not await self.step():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), POLL)
        finally:
            await self._sink.close()

    async def step(self) -> bool:
        """Send the next documents; false when there are none."""
        rows = await self._connection.fetch(AFTER, self._cursor, BATCH)
        if not rows:
            OUTBOX_AGE.labels(self._service).set(0)
            return False
        OUTBOX_AGE.labels(self._service).set((datetime.now(UTC) - rows[0][3]).total_seconds())
        await self._sink.publish([(row[1], row[2]) for row in rows])
        await self._move(rows[-1][0])
        return True

    async def _move(self, sequence: int) -> None:
        if await self._connection.execute(MOVE, self._cursor, sequence, self._service) != "UPDATE 1":
            raise Fenced("the relay's cursor was moved by another process")
        self._cursor = sequence

    async def _compare(self) -> None:
        """The topic's last document must be in the ledger, byte for byte."""
        last = await self._sink.last()
        if last is None:
            return
        position = read_heading(last).position
        ours = await self._connection.fetchval("select document from ledger.events where position = $1", position)
        if ours != last:
            state = "is not" if ours is None else "is another"
            raise LedgerBehindTopic(f"the topic ends with {self._service}:{position}, which {state} in the ledger")
        if position > self._cursor:
            await self._move(position)

    async def _heard(self, *_: object) -> None:
        self._news.set()
