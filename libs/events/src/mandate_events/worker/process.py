"""The worker: one leader per service relays and consumes; the others stand by and take over within seconds."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final

import asyncpg

from mandate_events.ledger.following import CONNECTION_LOST
from mandate_events.ledger.home import LedgerBehindTopic, standing
from mandate_events.transport.port import Fenced, Sink
from mandate_events.worker.consumer import Consumer
from mandate_events.worker.relay import Relay

log = logging.getLogger(__name__)

LEADER: Final = 0x4C454144
"""Session advisory lock of the leading worker, held on the connection that the relay reads with."""

STANDBY: Final = 1.0

SETTINGS: Final = {
    "application_name": "mandate-leader",
    # a host that loses its power says no good-bye: after half a minute the lock is free
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
}


async def take_lead(connection: "asyncpg.Connection[Any]") -> bool:
    """Lead with this connection for as long as it lives, unless another one does."""
    taken: bool = await connection.fetchval("select pg_try_advisory_lock($1)", LEADER)
    return taken


class Worker:
    """Runs the relay and the consumers of one service, and what else is its leader's, while it leads."""

    def __init__(
        self,
        service: str,
        dsn: str,
        sink: Sink | None,
        consumers: Callable[[], Sequence[Consumer]],
        also: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
    ) -> None:
        """`also`: whatever else the leader does, each until cancelled."""
        self._service = service
        self._dsn = dsn
        self._sink = sink
        self._consumers = consumers
        self._also = also
        self.leading = asyncio.Event()
        self.standing_by = False
        """The database answers, and another one leads, or nobody may."""

    async def run(self) -> None:
        """Lead, or stand by, until cancelled. An unexpected error ends it loudly: its supervisor starts it again."""
        while True:
            try:
                connection = await asyncpg.connect(self._dsn, server_settings=SETTINGS, timeout=10)
            except CONNECTION_LOST as error:
                log.warning("the worker of %s waits for its database: %r", self._service, error)
                await asyncio.sleep(STANDBY)
                continue
            try:
                await self._stand_by(connection)
                self.standing_by = False
                self.leading.set()
                log.info("this worker leads %s", self._service)
                await self._lead(connection)
            except* (*CONNECTION_LOST, Fenced, LedgerBehindTopic) as lost:
                log.warning("the worker of %s no longer leads: %r", self._service, lost.exceptions)
            finally:
                self.standing_by = False
                self.leading.clear()
                with suppress(*CONNECTION_LOST, TimeoutError):
                    await connection.close(timeout=2)
            await asyncio.sleep(STANDBY / 10)

    async def _stand_by(self, connection: "asyncpg.Connection[Any]") -> None:
        """Until nobody else leads. A closed ledger is led by nobody: the one who recovers it takes the lock."""
        while True:
            if (await standing(connection)).behind is None and await take_lead(connection):
                return
            self.standing_by = True
            await asyncio.sleep(STANDBY)

    async def _lead(self, connection: "asyncpg.Connection[Any]") -> None:
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(gone))
            if self._sink:
                group.create_task(Relay(self._service, connection, self._sink).run())
            for consumer in self._consumers():
                group.create_task(consumer.run())
            for work in self._also:
                group.create_task(work())

    @staticmethod
    async def _watch(gone: asyncio.Event) -> None:
        """The lock goes with its connection, also while the relay waits for Kafka and does not look at it."""
        await gone.wait()
        raise ConnectionResetError("the connection that holds the leader's lock is gone")
