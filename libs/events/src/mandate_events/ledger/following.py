"""What one process knows of the ledger: its end, its clock, and the folds it keeps current.

One connection follows the ledger by LISTEN/NOTIFY. The same connection writes, so that nothing can come between what
was read and what is decided on it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import asyncpg
from sqlalchemy.exc import DBAPIError

from mandate_events.deciding import Aggregate
from mandate_events.deciding.batch import Batch, Fold
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import LedgerBehind, LedgerBroken, LedgerUnavailable, Overloaded
from mandate_events.document.canonical import leaf_hash
from mandate_events.ledger.changes import Changes
from mandate_events.ledger.home import Standing, settle, standing
from mandate_events.ledger.news import News
from mandate_events.ledger.schema import HOME
from mandate_events.ledger.statements import AT, HISTORY, LAST, RECOVERED, TAIL
from mandate_events.metrics import LEDGER_CLOSED

log = logging.getLogger(__name__)

Connect: TypeAlias = Callable[[], Awaitable["asyncpg.Connection[Any]"]]

MAX_FOLDS: Final = 50_000
TICK: Final = timedelta(microseconds=1)
EPOCH: Final = datetime.fromtimestamp(0, UTC)

CONNECTION_LOST: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg's own confusion when a connection dies at the wrong moment
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
)
"""How asyncpg says that a connection is gone or cannot be had; the outcome of what was running is unknown."""

PASSING_STATES: Final = ("08", "40", "53", "57P", "58")
"""SQLSTATEs of connection, rollback (deadlock), resources (disk full), an operator's intervention, the system."""


def passes(error: BaseException) -> bool:
    """Whether a fault is a matter of time: what is away, full or busy. What was tried can be tried again later."""
    if isinstance(error, DBAPIError):  # SQLAlchemy wraps what asyncpg raises
        cause = error.orig.__cause__ if error.orig else None
        torn = error.connection_invalidated or isinstance(cause, asyncpg.InternalClientError)
        return torn or swapped(error) or _state(cause).startswith(PASSING_STATES)
    if isinstance(error, (*CONNECTION_LOST, LedgerUnavailable, Overloaded)):
        return True
    return _state(error).startswith(PASSING_STATES)


def swapped(error: DBAPIError) -> bool:
    """Whether a statement was planned for tables of other types than now bear the names; the next try plans anew."""
    return error.orig is not None and isinstance(error.orig.__cause__, asyncpg.InvalidCachedStatementError)


def _state(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or ""


class Overtaken(Exception):
    """What was decided without events was decided on a state that is no longer the last one."""


class Following:
    """The cached folds, each complete up to `position`, and the connection that keeps them so."""

    def __init__(self, domain: Domain, connect: Connect, *, published: bool, ahead: timedelta) -> None:
        self.domain = domain
        self.standing = Standing(None, "not connected", None)
        self.recovered: dict[tuple[str, str, str], bytes] = {}
        """Answers to commands whose keys a restore lost, by principal, cause and stream."""
        self.news = News()
        self.folds: dict[str, Fold] = {}
        self.position = 0
        self.expected = 0
        """Where the ledger ends when what is being written is."""
        self.behind = True
        """Another process has written since; `catch_up` reads it."""
        self.woken = asyncio.Event()
        """Set when that becomes so, or by who has other work for whoever waits here."""
        self._changes = Changes()
        self._time = EPOCH
        self._leaf: bytes | None = None  # of the event at `position`, empty before the first
        self._offset = timedelta()
        self._ahead = ahead
        self._moved = True  # what is known of its home may no longer be so
        self._published = published
        self._connect = connect
        self._connection: asyncpg.Connection[Any] | None = None

    @property
    def connection(self) -> "asyncpg.Connection[Any]":
        if self._connection is None:
            raise asyncpg.InterfaceError("not connected")
        return self._connection

    async def open(self) -> None:
        """Connect, or connect again. A ledger that is shorter now, or another one, is not ours: `LedgerBroken`."""
        if self._connection:
            self._connection.terminate()
        self._connection = connection = await self._connect()
        end = await connection.fetchrow(LAST)
        assert end is not None
        last, clock = end
        if last < self.position:
            raise LedgerBroken(f"the ledger ends at {last}; this process has seen {self.position}")
        self.set_clock(clock)
        if self._leaf is None:  # the first time nothing is cached, so only the end matters
            self.position = self._changes.floor = last
        recorded_at, leaf = await connection.fetchrow(AT, self.position) or (EPOCH, b"")
        if self._leaf not in (None, leaf):
            raise LedgerBroken(f"position {self.position} is not the event that this process has seen there")
        self._time, self._leaf = recorded_at, leaf
        await connection.add_listener("ledger", self._heard)
        self.behind = True
        await self._look_at_home()

    async def close(self) -> None:
        if self._connection:
            with suppress(*CONNECTION_LOST, TimeoutError):
                await self._connection.close(timeout=5)

    def now(self) -> datetime:
        """The database's clock, never behind the last event, and never on a whole second.

        A whole second would be spelled without its microseconds; times in documents all look the same.
        """
        now = max(self._time, EPOCH + self._offset + timedelta(seconds=time.monotonic()))
        return now if now.microsecond else now + TICK

    def set_clock(self, database: datetime) -> None:
        """Every answer of the database carries its clock."""
        self._offset = database + self._ahead - EPOCH - timedelta(seconds=time.monotonic())

    async def catch_up(self) -> None:
        """Read what other processes wrote since, and let the cached folds follow."""
        self.behind = False
        if self._moved:
            await self._look_at_home()
        while rows := await self.connection.fetch(TAIL, self.position):
            for position, stream, version, type_, document, recorded_at in rows:
                if position != self.position + 1:
                    raise LedgerBroken(f"position {position} follows {self.position}")
                fold = self.folds.get(stream)
                if fold and version > fold.version:  # a fold that was loaded since may be ahead
                    self.folds[stream] = self._then(fold, type_, document)
                self._changes.note((stream,), position)
                self.position, self._time, self._leaf = position, recorded_at, leaf_hash(document)
        self.news.tell()

    @property
    def refusal(self) -> LedgerBehind | None:
        """Why nothing may be decided on this ledger now."""
        return self.standing.refusal

    def doubt(self) -> None:
        """The database refused to write: what this process knows of the ledger's home is old."""
        self.behind = self._moved = True

    async def _look_at_home(self) -> None:
        """May commands be taken here? A ledger without a topic is at home wherever it is opened."""
        self._moved = False
        self.standing = await standing(self.connection)
        if not self._published and self.standing.uncompared:
            await settle(self.connection, self.domain.service)
            self.standing = await standing(self.connection)
        LEDGER_CLOSED.labels(self.domain.service).set(self.refusal is not None)
        rows = await self.connection.fetch(RECOVERED)
        self.recovered = {(principal, cause, stream): response for principal, cause, stream, response in rows}

    async def load(self, wanted: dict[str, Aggregate[Any]]) -> None:
        """Fold streams that are not in the cache; a stream without events is cached as such."""
        folds = {stream: Fold(aggregate) for stream, aggregate in wanted.items()}
        for stream, type_, document in await self.connection.fetch(HISTORY, list(wanted)):
            folds[stream] = self._then(folds[stream], type_, document)
        self.folds.update(folds)

    def take(self, folds: Mapping[str, Fold], position: int) -> None:
        """Streams that were folded elsewhere, each complete to this position, enter the cache: those that have not
        changed since, as far as is remembered. What is cached already is at least as new.

        One that is ahead of this process is right too, as one that `load` has read: what is decided on it commits
        only if nothing was missed, and `catch_up` passes over what it holds. But there is something to catch up with.
        """
        for stream, fold in folds.items():
            if stream not in self.folds and self._changes.none_since(stream, position):
                self.folds[stream] = fold
        if position > max(self.position, self.expected):
            self.behind = True
            self.woken.set()

    async def prove(self) -> None:
        """What was decided without events was decided on the last state. Raises `Overtaken` where it was not."""
        proof = await self.connection.fetchrow(LAST)
        assert proof is not None
        self.set_clock(proof[1])
        if proof[0] < self.position:
            raise LedgerBroken(f"the ledger ends at {proof[0]}; this process has seen {self.position}")
        if proof[0] > self.position:
            raise Overtaken

    def keep(self, batch: Batch) -> None:
        """The batch is durable: what it was decided on, plus what it did, is the state now."""
        self.folds.update(batch.changed)
        self._changes.note(batch.changed, batch.position)
        self.position = batch.position
        self._time, self._leaf = batch.now, batch.rows[-1].leaf
        self.news.tell()

    def forget_oldest(self) -> None:
        """Bound the cache. Between batches only: a batch relies on what it has loaded."""
        if len(self.folds) > MAX_FOLDS:
            for stream in list(self.folds)[: MAX_FOLDS // 4]:
                del self.folds[stream]

    def _then(self, fold: Fold, type_: str, document: bytes) -> Fold:
        return fold.then(self.domain.catalogue, type_, document, self.domain.asked)

    def _heard(self, connection: Any, pid: int, _channel: str, payload: object) -> None:
        if pid != connection.get_server_pid():
            self.behind = True
            self._moved = self._moved or payload == HOME
            self.woken.set()
