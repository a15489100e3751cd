"""The appender: one round trip per batch, fenced by a primary key.

Every process has one. Concurrent commands queue; the appender takes the whole queue, decides in order on the running
state and writes everything with one statement. `position` is the primary key: if another process wrote first the
insert fails as a whole, this process reads what it missed and decides again. So what commits was decided on state
proven current, position order is commit order, and there are no gaps.
"""

import asyncio
import logging
from collections import Counter, deque
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from mandate_events.deciding import Refused
from mandate_events.deciding.batch import Batch, NotLoaded, Submission
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import (
    Accepted,
    Denied,
    LedgerBehind,
    LedgerBroken,
    LedgerUnavailable,
    Overloaded,
    restored,
)
from mandate_events.deciding.rights import is_system
from mandate_events.document.canonical import check_text
from mandate_events.ledger.answering import Item, keys_of, known_answers
from mandate_events.ledger.following import CONNECTION_LOST, Connect, Following
from mandate_events.ledger.news import News
from mandate_events.ledger.schema import BEHIND
from mandate_events.ledger.statements import LAST
from mandate_events.ledger.writing import write
from mandate_events.metrics import APPEND_BATCH, APPEND_COLLISIONS, APPEND_SECONDS

log = logging.getLogger(__name__)

MAX_BATCH: Final = 512
MAX_QUEUE: Final = 8_192
SPLIT: Final = 16
"""From so many waiting commands on, deciding and writing go on side by side."""

BREATH: Final = 16
TURNS_AFTER_COLLISION: Final = 200
PATIENCE: Final = 10.0
"""Seconds that callers wait for a connection to come back before they are told that there is none."""

NOT_AN_ITEMS_FAULT: Final = frozenset({"25", "40", "42", "53", "55", "57", "58", "XX"})
"""SQLSTATE classes of a database that cannot write now (read-only, full, cancelled, ...), whatever the command."""

LOCK: Final = 0x4D414E44
"""Advisory lock by which several processes take turns after a collision."""


class Overtaken(Exception):
    """A batch without events was decided on a state that is no longer the last one."""


class Appender:
    """Decides commands and makes their events durable, many at a time."""

    def __init__(
        self, domain: Domain, connect: Connect, *, published: bool = False, ahead: timedelta = timedelta()
    ) -> None:
        self._domain = domain
        self._ledger = Following(domain, connect, published=published, ahead=ahead)
        self._queue: deque[Item] = deque()
        self._ahead: list[Item] = []
        self._contended = 0
        self._limit = MAX_BATCH
        self._wake = self._ledger.woken
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self.broken: Exception | None = None
        """Why this appender will never decide again; the process must be restarted."""
        self.repeats: Counter[tuple[str, str, str, str]] = Counter()

    # --- the callers' side ---

    async def submit(self, submission: Submission) -> Accepted:
        """Decide one command; its events are durable on return.

        Raises what the domain refuses with, `KeyReused`, `Overloaded` or `LedgerBehind` (nothing was done) or
        `LedgerUnavailable` (unknown outcome: submit again with the same key).
        """
        if self.broken:
            raise LedgerUnavailable(str(self.broken)) from self.broken
        if refusal := self.refusal:
            raise refusal
        if self._ledger.recovered and (answer := self._recovered(submission)):
            return answer
        if self._closing or len(self._queue) >= MAX_QUEUE:
            raise Overloaded
        check_text(f"{submission.id}{submission.key}{submission.route}{submission.actor}{submission.correlation}")
        item = Item(submission, asyncio.get_running_loop().create_future())
        self._queue.append(item)
        self._wake.set()
        return await item.answer

    @property
    def news(self) -> News:
        """Told of after each write, of this process or another."""
        return self._ledger.news

    @property
    def position(self) -> int:
        """The last position this process knows of."""
        return self._ledger.position

    def now(self) -> datetime:
        """The database's clock, never behind an event that this process knows of."""
        return self._ledger.now()

    @property
    def refusal(self) -> LedgerBehind | None:
        """Why no command is taken at all, as far as this process knows."""
        return self._ledger.refusal

    @property
    def uncompared(self) -> bool:
        """Whether the ledger has yet to be compared with its topic in this database."""
        return self._ledger.standing.uncompared

    def _recovered(self, submission: Submission) -> Accepted | None:
        """What was answered to this before its key was lost in a restore; raises it where it was a refusal."""
        cause = submission.causation or submission.key
        response = self._ledger.recovered.get((submission.actor, cause, submission.stream))
        if response is None:
            return None
        answer = restored(response)
        if isinstance(answer, Denied):
            raise answer
        return answer

    # --- life ---

    async def start(self) -> None:
        await self._ledger.open()
        self._task = asyncio.create_task(self._run(), name=f"appender-{self._domain.service}")

    async def stop(self) -> None:
        """Finish what has been submitted, then close."""
        self._closing = True
        self._wake.set()
        try:
            if self._task:
                await self._task
        finally:
            await self._ledger.close()

    async def _run(self) -> None:
        try:
            while self._queue or not self._closing:
                try:
                    await self._step()
                except CONNECTION_LOST as error:
                    log.warning("lost the connection to the ledger: %r", error)
                    await self._reconnect()
        except Exception as error:  # the process must not decide on a ledger it does not understand
            log.exception("the appender stops")
            self.broken = error
            self._turn_away(error)
            raise

    async def _step(self) -> None:
        if not self._queue and not self._ledger.behind:  # news may have come, and been slept over, during a write
            await self._wake.wait()
            self._wake.clear()
        if self._ledger.behind:
            await self._ledger.catch_up()
        if refusal := self.refusal:
            self._turn_away(refusal)
            return
        self._ledger.forget_oldest()
        if items := self._take():
            await self._process(items)

    def _take(self) -> list[Item]:
        """The next batch, twins (same key) attached to the first of them. Of many waiting only half: the other half
        is decided while the first is written.
        """
        limit = self._limit if len(self._queue) < SPLIT else min(self._limit, (len(self._queue) + 1) // 2)
        items: dict[tuple[str, str, str], Item] = {}
        while self._queue and len(items) < limit:
            item = self._queue.popleft()
            if item.answer.cancelled():
                continue
            first = items.setdefault(item.submission.identity, item)
            if first is not item:
                first.twins.append(item)
        return list(items.values())

    def _turn_away(self, error: Exception) -> None:
        answer = type(error) if isinstance(error, LedgerBehind) else LedgerUnavailable
        while self._queue:
            self._queue.popleft().give(answer(str(error)))

    def _requeue(self, items: list[Item]) -> None:
        """Back to the front of the queue, in their order, with all who still wait for an answer; behind them those
        that were decided on top of them.

        A caller that went away is left out; its twins are not: they wait on.
        """
        items, self._ahead = [*items, *self._ahead], []
        waiting = [each for item in items for each in (item, *item.twins) if not each.answer.done()]
        for item in items:
            item.twins = []
        self._queue.extendleft(reversed(waiting))

    # --- one batch after the other ---

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
        ahead = Batch(self._domain, self._ledger.folds, batch.position, now, on_top_of=batch.changed)
        writing = asyncio.ensure_future(self._write(batch, items))
        writing.add_done_callback(lambda _: self._wake.set())
        await self._decide_ahead(ahead, items, writing)
        await writing
        return ahead

    async def _decide_ahead(self, batch: Batch, items: list[Item], writing: "asyncio.Future[None]") -> None:
        """Decide what arrives during a write, as if it had succeeded; if it does not, all of it is decided again."""
        first_of = {item.submission.identity: item for item in items}
        while len(self._ahead) < self._limit and not (writing.done() and len(self._ahead) >= len(self._queue)):
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            item = self._queue.popleft()
            if item.answer.cancelled():
                continue
            first = first_of.setdefault(item.submission.identity, item)
            if first is not item:
                first.twins.append(item)
                continue
            try:
                self._judge(batch, item, keep=True)
            except NotLoaded:  # the connection is busy: it is loaded after the write
                self._queue.appendleft(item)
                return
            self._ahead.append(item)
            if len(self._ahead) % BREATH == 0:
                await asyncio.sleep(0)  # so that the end of the write is noticed

    async def _decide(self, items: list[Item]) -> Batch:
        """Decide all items in order, loading what they turn out to need."""
        wanted = {
            item.submission.stream: item.submission.aggregate
            for item in items
            if item.submission.stream not in self._ledger.folds
        }
        batch = Batch(self._domain, self._ledger.folds, self._ledger.position, self._ledger.now())
        begin = 0
        while True:
            if wanted:
                await self._ledger.load(wanted)
                wanted = {}
            for index in range(begin, len(items)):
                try:
                    self._judge(batch, items[index], keep=not wanted)
                except NotLoaded as missing:
                    if not wanted:
                        begin = index
                    wanted |= missing.streams
            if not wanted:
                return batch

    def _judge(self, batch: Batch, item: Item, *, keep: bool) -> None:
        """Decide one item. With `keep` false it is only asked what it needs, because an earlier one must wait."""
        item.decision = None
        try:
            try:
                item.decision = batch.decide(item.submission, keep=keep)
                position = item.decision.rows[-1].position if item.decision.rows else None
                item.outcome = Accepted(item.submission.stream, item.decision.version_after, position)
            except Refused as refusal:
                item.outcome = refusal
                if refusal.authority and not is_system(item.submission.actor):
                    item.decision = batch.deny(item.submission, refusal, keep=keep)
                    position = item.decision.rows[-1].position if item.decision else None
                    item.outcome = Denied(refusal.rule, refusal.facts, position)
        except NotLoaded:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's answer and nobody else's
            item.outcome = error

    async def _write(self, batch: Batch, items: list[Item]) -> None:
        """One statement: events, keys and blobs. A batch without events proves itself by the last position."""
        connection = self._ledger.connection
        if not batch.rows:
            proof = await connection.fetchrow(LAST)
            assert proof is not None
            self._ledger.set_clock(proof[1])
            if proof[0] < self._ledger.position:
                raise LedgerBroken(f"the ledger ends at {proof[0]}; this process has seen {self._ledger.position}")
            if proof[0] > self._ledger.position:
                raise Overtaken
            return
        keys = keys_of(items)
        with APPEND_SECONDS.time():
            self._ledger.set_clock(await write(connection, batch, keys))
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
                if isinstance(item.outcome, Denied):
                    self._count_repeat(item, item.outcome)
                self._give(item, item.outcome)

    def _give(self, item: Item, outcome: Accepted | Exception | None) -> None:
        assert outcome is not None
        item.give(outcome)
        self._queue.extend(item.answer_twins(outcome))

    def _count_repeat(self, item: Item, denied: Denied) -> None:
        submission = item.submission
        name = type(submission.command).__name__
        kind = (submission.actor, name, submission.concerns, denied.rule)
        self.repeats[kind] += 1

    # --- when it does not go smoothly ---

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

    async def _reconnect(self) -> None:
        delay, patient_until = 0.05, asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                return await self._ledger.open()
            except CONNECTION_LOST as error:
                if self._closing or asyncio.get_running_loop().time() > patient_until:
                    self._turn_away(error)
                if self._closing:
                    return None
            await asyncio.sleep(delay)
            delay = min(delay * 2, 1.0)
