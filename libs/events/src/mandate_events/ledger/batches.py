"""One batch after the other: decided, written with one statement, and answered; the next is decided meanwhile."""

import asyncio
import logging
from typing import Final

import asyncpg

from mandate_events.deciding.batch import Batch, Full, NotLoaded
from mandate_events.deciding.outcome import Accepted, LedgerBehind, LedgerBroken, LedgerUnavailable
from mandate_events.ledger.answering import Identity, Item, keys_of, known_answers
from mandate_events.ledger.following import CONNECTION_LOST, Following, Overtaken
from mandate_events.ledger.judging import decide, judge
from mandate_events.ledger.repeats import Repeats
from mandate_events.ledger.schema import BEHIND
from mandate_events.ledger.waiting import Waiting
from mandate_events.ledger.writing import write
from mandate_events.metrics import APPEND_BATCH, APPEND_COLLISIONS, APPEND_SECONDS

log = logging.getLogger(__name__)

MAX_BATCH: Final = 512
BREATH: Final = 16
TURNS_AFTER_COLLISION: Final = 200

NOT_AN_ITEMS_FAULT: Final = frozenset({"25", "40", "42", "53", "55", "57", "58", "XX"})
"""SQLSTATE classes of a database that cannot write now (read-only, full, cancelled, ...), whatever the command."""

LOCK: Final = 0x4D414E44
"""Advisory lock by which several processes take turns after a collision."""


class Batches:
    """What waits in the queue becomes durable on the ledger."""

    def __init__(self, ledger: Following, queue: Waiting) -> None:
        self._ledger = ledger
        self._queue = queue
        self._ahead: list[Item] = []
        self._contended = 0
        self._limit = MAX_BATCH
        self.repeats = Repeats()

    async def next(self) -> None:
        """Take the next batch, and go on while more is decided ahead."""
        if items := self._queue.take(self._limit):
            await self._process(items)

    async def _process(self, items: list[Item]) -> None:
        """Decide and write; while one batch is being written, the next is decided on top of it."""
        batch: Batch | None = None
        while items:
            try:
                batch = await self._attempt(items, batch)
            except Exception:  # unknown outcome: their keys tell, when they are written again
                self._requeue(items)
                raise
            items, self._ahead = self._ahead, []

    async def _attempt(self, items: list[Item], batch: Batch | None) -> Batch | None:
        """Write one batch (and decide it first, unless that was done ahead); returns the one decided meanwhile."""
        ahead = None
        try:
            if self._contended:
                batch = await self._in_turn(items)
            else:
                batch = batch or await self._decide(items)
                if self._queue:
                    ahead = await self._write_and_decide_ahead(batch, items)
                else:
                    await self._write(batch, items)
        except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, Overtaken) as collision:
            await self._collided(collision, items)
            return None
        except CONNECTION_LOST:
            raise
        except asyncpg.PostgresError as error:
            self._isolate(items, error)
            return None
        self._limit = min(self._limit * 2, MAX_BATCH)
        if batch.rows:
            self._ledger.keep(batch)
        await self._answer(items)
        return ahead

    async def _in_turn(self, items: list[Item]) -> Batch:
        """After a collision: take turns with the other processes, each deciding on what the one before wrote."""
        self._contended -= 1
        connection = self._ledger.connection
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
            await self._ledger.catch_up()
            batch = await self._decide(items)
            await self._write(batch, items)
        return batch

    async def _write_and_decide_ahead(self, batch: Batch, items: list[Item]) -> Batch:
        """Write one batch, and meanwhile decide those that wait on top of it."""
        now = max(batch.now, self._ledger.now())
        ahead = Batch(self._ledger.domain, self._ledger.folds, batch.position, now, on_top_of=batch.changed)
        writing = asyncio.ensure_future(self._write(batch, items))
        writing.add_done_callback(lambda _: self._ledger.woken.set())
        await self._decide_ahead(ahead, items, writing)
        await writing
        return ahead

    async def _decide_ahead(self, batch: Batch, items: list[Item], writing: "asyncio.Future[None]") -> None:
        """Decide what arrives during a write, as if it had succeeded; if it does not, all of it is decided again."""
        first_of: dict[Identity, Item] = {item.submission.identity: item for item in items}
        while len(self._ahead) < self._limit and not (writing.done() and len(self._ahead) >= len(self._queue)):
            if not self._queue:
                self._ledger.woken.clear()
                await self._ledger.woken.wait()
                continue
            item = self._queue.next(first_of)
            if item is None:
                continue
            try:
                judge(batch, item, keep=True)
            except (NotLoaded, Full):  # the connection is busy: loaded after the write, or decided for the next one
                self._queue.put_back([item])
                return
            self._ahead.append(item)
            if len(self._ahead) % BREATH == 0:
                await asyncio.sleep(0)  # so that the end of the write is noticed

    async def _decide(self, items: list[Item]) -> Batch:
        """Decide them in order; those that the batch has no room for wait for the next one."""
        batch, rest = await decide(self._ledger, items)
        del items[len(items) - len(rest) :]
        self._queue.put_back(rest)
        return batch

    async def _write(self, batch: Batch, items: list[Item]) -> None:
        """One statement: events, keys and blobs. A batch without events proves itself by the last position."""
        if not batch.rows:
            await self._ledger.prove()
            return
        keys = keys_of(items)
        self._ledger.expected = batch.position
        with APPEND_SECONDS.time():
            self._ledger.set_clock(await write(self._ledger.connection, batch, keys))
        APPEND_BATCH.observe(len(items))

    async def _answer(self, items: list[Item]) -> None:
        """Answer each caller; one who got no event only after the key was looked up (it may have succeeded before)."""
        unproven = []
        for item in items:
            if item.decision and item.decision.rows:
                self._give(item, item.outcome)
            else:
                unproven.append(item)
        known = await known_answers(self._ledger.connection, unproven) if unproven else {}
        for item in unproven:
            if item.submission.identity in known:
                self._give(item, item.replayed(known[item.submission.identity]))
            else:
                if item.repeat:
                    self.repeats.add(item.submission.actor, item.repeat)
                self._give(item, item.outcome)

    def _give(self, item: Item, outcome: Accepted | Exception | None) -> None:
        assert outcome is not None
        item.give(outcome)
        self._queue.add(*item.answer_twins(outcome))

    # --- when it does not go smoothly ---

    def _requeue(self, items: list[Item]) -> None:
        """They wait again, and behind them those that were decided on top of them."""
        items, self._ahead = [*items, *self._ahead], []
        self._queue.put_back(items)

    async def _collided(self, collision: Exception, items: list[Item]) -> None:
        """Somebody wrote first: answer the keys that are stored, read what was missed, decide the rest again."""
        APPEND_COLLISIONS.inc()
        constraint = getattr(collision, "constraint_name", None)
        if constraint == "commands_pkey":
            known = await known_answers(self._ledger.connection, items)
            for item in items:
                if item.submission.identity in known:
                    self._give(item, item.replayed(known[item.submission.identity]))
        else:
            self._contended = TURNS_AFTER_COLLISION
            before = self._ledger.position
            await self._ledger.catch_up()
            if constraint and self._ledger.position == before:
                raise LedgerBroken(f"{collision} but there is nothing new after position {before}")
        self._requeue(items)

    def _isolate(self, items: list[Item], error: asyncpg.PostgresError) -> None:
        """One of them cannot be written and the database does not say which: smaller batches find it."""
        if error.sqlstate == BEHIND:  # closed since they were decided
            self._ledger.doubt()
            for item in items:
                self._give(item, LedgerBehind(str(error)))
            return
        if str(error.sqlstate)[:2] in NOT_AN_ITEMS_FAULT:
            log.error("the ledger cannot be written: %r", error)
            for item in items:
                self._give(item, LedgerUnavailable(str(error)))
            return
        if len(items) > 1:
            self._limit = len(items) // 2
            self._requeue(items)
            return
        log.error("a command could not be recorded: %r", error)
        self._give(items[0], error)
