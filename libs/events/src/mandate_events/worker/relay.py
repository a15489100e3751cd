"""The relay: the events table is the outbox. One leader sends it to Kafka in order; a crash only makes duplicates."""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from mandate_events.ledger.home import LedgerBehindTopic, compare, settle, standing
from mandate_events.ledger.statements import AFTER
from mandate_events.metrics import OUTBOX_AGE
from mandate_events.transport.port import Fenced, Sink, TransportUnavailable

log = logging.getLogger(__name__)

BATCH: Final = 1_000
POLL: Final = 1.0
RETRY: Final = 1.0

MOVE: Final = """
update ledger.cursors set sequence = $2 where consumer = 'relay' and source = $3 and sequence = $1
"""
BEGIN: Final = """
insert into ledger.cursors (consumer, source) values ('relay', $1) on conflict do nothing
"""
CURSOR: Final = "select sequence from ledger.cursors where consumer = 'relay' and source = $1"


class Relay:
    """Publishes the ledger that `connection` reads; the leader's lock is held on the same connection."""

    def __init__(self, service: str, connection: "asyncpg.Connection[Any]", sink: Sink) -> None:
        self._service = service
        self._connection = connection
        self._sink = sink
        self._news = asyncio.Event()
        self._cursor = 0
        self._waiting_since: datetime | None = None

    async def run(self) -> None:
        """Send until cancelled; a broker that is away is waited for."""
        OUTBOX_AGE.labels(self._service).set_function(self._age)
        await self._connection.add_listener("ledger", self._heard)
        waiting = False
        try:
            while True:
                try:
                    await self._open()
                    if waiting:
                        log.info("the relay of %s goes on", self._service)
                        waiting = False
                    await self._follow()
                except TransportUnavailable as error:
                    log.log(logging.DEBUG if waiting else logging.WARNING, "the relay waits: %s", error)
                    waiting = True
                    await asyncio.sleep(RETRY)
                finally:
                    await self._sink.close()
        finally:
            self._waiting_since = None

    async def step(self) -> bool:
        """Send the next documents; false when there are none."""
        rows = await self._next(BATCH)
        if not rows:
            return False
        await self._sink.publish([(row[1], row[2]) for row in rows])
        await self._move(rows[-1][0])
        return True

    async def _open(self) -> None:
        if behind := (await standing(self._connection)).behind:
            raise LedgerBehindTopic(behind)
        await self._connection.execute(BEGIN, self._service)
        self._cursor = await self._connection.fetchval(CURSOR, self._service)
        await self._next(1)  # how long it has been waiting is known also while the broker is away
        await self._sink.open()
        await self._compare()

    async def _follow(self) -> None:
        while True:
            self._news.clear()
            if not await self.step():
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._news.wait()

    async def _next(self, limit: int) -> "list[asyncpg.Record]":
        rows: list[asyncpg.Record] = await self._connection.fetch(AFTER, self._cursor, limit)
        self._waiting_since = rows[0][3] if rows else None
        return rows

    async def _move(self, sequence: int) -> None:
        if await self._connection.execute(MOVE, self._cursor, sequence, self._service) != "UPDATE 1":
            raise Fenced("the relay's cursor was moved by another process")
        self._cursor = sequence

    async def _compare(self) -> None:
        """The topic's last document must be in the ledger, byte for byte; sending goes on after it.

        That is ahead of the cursor where a crash came between, and behind it where the topic lost its end: then what
        it lost is sent again.
        """
        position = await compare(self._connection, self._service, await self._sink.last())
        await settle(self._connection, self._service)
        if position < self._cursor:
            log.warning("the topic of %s ends at %d, not at %d: sending again", self._service, position, self._cursor)
        if position != self._cursor:
            await self._move(position)

    def _age(self) -> float:
        """Seconds that the oldest document not yet sent has been waiting; told whenever it is asked."""
        since = self._waiting_since
        return max(0.0, (datetime.now(UTC) - since).total_seconds()) if since else 0.0

    def _heard(self, *_: object) -> None:
        self._news.set()
