"""A service's ledger, opened: one appender to decide, one reader to answer, one pool beneath the reader."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Final

import asyncpg

from mandate_events.deciding.batch import Submission
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import Accepted, LedgerBehind, LedgerUnavailable, Overloaded
from mandate_events.deciding.rights import COLLAPSE, RIGHTS_TABLE, AdoptRights
from mandate_events.document.identifiers import derived
from mandate_events.ledger.appender import Appender
from mandate_events.ledger.following import passes
from mandate_events.ledger.home import LedgerBehindTopic, compare, settle
from mandate_events.ledger.preparing import Preparing
from mandate_events.ledger.reader import Reader
from mandate_events.transport.port import Sink, TransportUnavailable

log = logging.getLogger(__name__)

POINT_LOOKUPS = {"enable_seqscan": "off", "jit": "off"}
"""Every query of the ledger goes through an index. Without this, a plan cached while a table was small scans it when it
is large (measured: 10 times slower after 10,000 events)."""

APPEND_SETTINGS = {
    **POINT_LOOKUPS,
    "application_name": "mandate-append",
    "idle_in_transaction_session_timeout": "2000",  # a frozen process must not hold the others up
}

COMMAND_TIMEOUT = 20.0
"""Seconds after which a silent server counts as lost: over a broken network TCP alone would wait for hours."""


TOPIC_PATIENCE: Final = 5.0
"""Seconds that Kafka is given to tell the end of the topic before a ledger at its usual home goes on without it."""

LOOK: Final = 1.0
"""Seconds between two looks at whether a ledger that takes no commands may take them again."""


class Store:
    """`async with Store(domain, dsn) as store`: everything a service does with its own ledger.

    With a `topic`, a ledger that was restored takes no commands before it was compared with it (docs/adr/0016); it
    can be read all the same.
    """

    def __init__(
        self,
        domain: Domain,
        dsn: str,
        *,
        topic: Sink | None = None,
        read_connections: int = 4,
        clock_ahead: timedelta = timedelta(),
    ) -> None:
        self.domain = domain
        self.dsn = dsn
        self.appender = Appender(domain, self._connect, published=topic is not None, ahead=clock_ahead)
        self.at_start: Callable[[], Awaitable[None]] | None = None
        """What is to be submitted as soon as commands are taken."""
        self._topic = topic
        self._read_connections = read_connections
        self._pool: asyncpg.Pool[Any] | None = None
        self._reader: Reader | None = None
        self._preparing: Preparing | None = None
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> "Store":
        async with AsyncExitStack() as opened:
            pool = await opened.enter_async_context(
                asyncpg.create_pool(
                    self.dsn,
                    min_size=1,
                    max_size=self._read_connections,
                    server_settings={**POINT_LOOKUPS, "application_name": "mandate-read"},
                )
            )
            self._pool, self._reader = pool, Reader(self.domain, pool)
            await self._compare()
            self._preparing = Preparing(self.domain, self.appender, pool)
            opened.push_async_callback(self.appender.stop)
            opened.push_async_callback(self._preparing.close)
            await self.appender.start()
            try:
                await self._begin()
            except LedgerBehind as behind:
                log.warning("%s takes no commands: %s", self.domain.service, behind)
                waiting = asyncio.create_task(self._begin_later(), name="begin-later")
                opened.callback(waiting.cancel)
            if self._topic:
                comparing = asyncio.create_task(self._compare_away_from_home(), name="compare")
                opened.callback(comparing.cancel)
            opened.push_async_callback(self.record_repeats)
            minutes = asyncio.create_task(self._record_repeats_each_minute(), name="record-repeats")
            opened.callback(minutes.cancel)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()

    async def _connect(self) -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(
            self.dsn, server_settings=APPEND_SETTINGS, timeout=10, command_timeout=COMMAND_TIMEOUT
        )

    @property
    def reader(self) -> Reader:
        assert self._reader is not None, "the store is not open"
        return self._reader

    @property
    def pool(self) -> "asyncpg.Pool[Any]":
        assert self._pool is not None, "the store is not open"
        return self._pool

    async def submit(self, submission: Submission) -> Accepted:
        """Decide one command; its events are durable on return. See `Appender.submit`."""
        assert self._preparing is not None, "the store is not open"
        if wanted := self._preparing.lacks(submission):
            self.appender.admit(submission)
            await self._preparing.prepare(submission, wanted)
        return await self.appender.submit(submission)

    async def _begin(self) -> None:
        await self.adopt_rights()
        if self.at_start:
            await self.at_start()

    async def _begin_later(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self._begin()
            except (Overloaded, LedgerUnavailable):
                continue
            except Exception:
                log.exception("%s could not put on record what it does at a start", self.domain.service)
            else:
                log.info("%s takes commands", self.domain.service)
            return

    async def _compare(self) -> None:
        """Compare the ledger with its topic, if Kafka answers: it is at home here from then on, or closed."""
        if self._topic is None:
            return
        service = self.domain.service
        try:
            async with asyncio.timeout(TOPIC_PATIENCE):
                last = await self._topic.last()
        except (TransportUnavailable, TimeoutError) as error:
            log.info("the ledger of %s is not compared with its topic now: %r", service, error)
            return
        async with self.pool.acquire() as connection:
            try:
                await compare(connection, service, last)
                await settle(connection, service)
            except LedgerBehindTopic:
                return  # closed, for every process
            except asyncpg.ReadOnlySQLTransactionError:
                log.info("the ledger of %s is a standby, and at home nowhere", service)

    async def _compare_away_from_home(self) -> None:
        """Not only at the start: a database may be replaced under a running process."""
        while True:
            await asyncio.sleep(LOOK)
            if self.appender.uncompared:
                try:
                    await self._compare()
                except Exception as error:
                    if not passes(error):
                        raise
                    log.debug("the ledger of %s could not be compared: %r", self.domain.service, error)

    async def adopt_rights(self) -> None:
        """Put the table of rights on record where it differs from the last one."""
        rights = self.domain.rights
        await self.submit(
            Submission(
                RIGHTS_TABLE,
                self.domain.service,
                AdoptRights(hash=rights.hash, table=rights.table),
                actor="system/start",
                route="adopt-rights",
                key=derived("adopt-rights", rights.hash, str(self.appender.position)),
            )
        )

    async def record_repeats(self) -> None:
        """Put the refusals that were collapsed into an earlier one on record, with their count."""
        await self.appender.repeats.record(self.submit)

    async def _record_repeats_each_minute(self) -> None:
        while True:
            await asyncio.sleep(COLLAPSE.total_seconds())
            await self.record_repeats()
