"""A service's ledger, opened: one appender to decide, one reader to answer, one pool beneath the reader."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any

import asyncpg

from mandate_events.appender import Appender
from mandate_events.batch import Submission
from mandate_events.domain import Domain
from mandate_events.identifiers import derived, uuid7
from mandate_events.outcome import Accepted, LedgerUnavailable, Overloaded
from mandate_events.reader import Reader
from mandate_events.rights import COLLAPSE, DENIAL, RIGHTS_TABLE, AdoptRights, RecordRepeats

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


class Store:
    """`async with Store(domain, dsn) as store`: everything a service does with its own ledger."""

    def __init__(self, domain: Domain, dsn: str, *, read_connections: int = 4) -> None:
        self.domain = domain
        self.dsn = dsn
        self.appender = Appender(domain, self._connect)
        self._read_connections = read_connections
        self._pool: asyncpg.Pool[Any] | None = None
        self._reader: Reader | None = None
        self._opened = AsyncExitStack()
        self._counts: dict[tuple[str, str, str, str], tuple[int, str]] = {}
        """What was submitted of the appender's repeats and not accepted yet: the count, and its key."""

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
            opened.push_async_callback(self.appender.stop)
            await self.appender.start()
            await self.adopt_rights()
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
        assert self._reader is not None, "the store is not open"
        return await self.appender.submit(submission)

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
        """Put the refusals that were collapsed into an earlier one on record, with their count.

        A count keeps its key until it is accepted: one whose outcome is unknown is not counted twice.
        """
        repeats = self.appender.repeats
        for kind in list(repeats):
            count, key = self._counts.setdefault(kind, (repeats[kind], uuid7()))
            person, command, on, rule = kind
            submission = Submission(
                DENIAL,
                person,
                RecordRepeats(command=command, on=on, rule=rule, count=count),
                actor="system/denials",
                route="record-repeats",
                key=key,
            )
            try:
                await self.submit(submission)
            except (Overloaded, LedgerUnavailable):  # the next minute
                return
            except Exception:
                log.exception("%s refusals of %s could not be put on record", count, person)
                continue
            del self._counts[kind]
            repeats.subtract({kind: count})
            if not repeats[kind]:
                del repeats[kind]

    async def _record_repeats_each_minute(self) -> None:
        while True:
            await asyncio.sleep(COLLAPSE.total_seconds())
            await self.record_repeats()
