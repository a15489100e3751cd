"""The appender: one round trip per batch, fenced by a primary key.

Every process has one. Concurrent commands queue; the appender takes the whole queue, decides in order on the running
state and writes everything with one statement. `position` is the primary key: if another process wrote first the
insert fails as a whole, this process reads what it missed and decides again. So what commits was decided on state
proven current, position order is commit order, and there are no gaps.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from mandate_events.batch import Batch, Decision, NotLoaded, Submission
from mandate_events.canonical import check_text
from mandate_events.deciding import Refused
from mandate_events.domain import Domain
from mandate_events.following import CONNECTION_LOST, Connect, Following
from mandate_events.metrics import APPEND_BATCH, APPEND_COLLISIONS, APPEND_SECONDS
from mandate_events.outcome import (
    Accepted,
    Denied,
    KeyReused,
    LedgerBroken,
    LedgerUnavailable,
    Overloaded,
    restored,
    stored,
)
from mandate_events.statements import KEYS, LAST, WRITE

log = logging.getLogger(__name__)

MAX_BATCH: Final = 512
MAX_QUEUE: Final = 8_192
TURNS_AFTER_COLLISION: Final = 200
LOCK: Final = 0x4D414E44
"""Advisory lock by which several processes take turns after a collision."""


class Overtaken(Exception):
    """A batch without events was decided on a state that is no longer the last one."""


@dataclass(slots=True, eq=False)
class _Item:
    submission: Submission
    answer: "asyncio.Future[Accepted]"
    twins: list["_Item"] = field(default_factory=list)
    decision: Decision | None = None
    outcome: Accepted | Exception | None = None

    def give(self, outcome: Accepted | Exception) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
            self.answer.exception()  # a caller that went away must not turn this into a warning
        else:
            self.answer.set_result(outcome)


class Appender:
    """Decides commands and makes their events durable, many at a time."""

    def __init__(self, domain: Domain, connect: Connect) -> None:
        self._domain = domain
        self._ledger = Following(domain, connect, on_news=self._wake_up)
        self._queue: deque[_Item] = deque()
        self._contended = 0
        self._limit = MAX_BATCH
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self.broken: Exception | None = None
        """Why this appender will never decide again; the process must be restarted."""
        self.repeats: dict[tuple[str, str, str, str], int] = {}
        self.committed = asyncio.Event()
        """Set after each commit of this process; who waits for it clears it."""

    # --- the callers' side ---

    async def submit(self, submission: Submission) -> Accepted:
        """Decide one command; its events are durable on return.

        Raises what the domain refuses with, `KeyReused`, `Overloaded` (nothing was done) or `LedgerUnavailable`
        (unknown outcome: submit again with the same key).
        """
        if self.broken:
            raise LedgerUnavailable(str(self.broken)) from self.broken
        if self._closing or len(self._queue) >= MAX_QUEUE:
            raise Overloaded
        for text in (
            submission.id,
            submission.key,
            submission.route,
            submission.actor,
            submission.correlation,
        ):
            check_text(text or "")
        item = _Item(submission, asyncio.get_running_loop().create_future())
        self._queue.append(item)
        self._wake.set()
        return await item.answer

    @property
    def position(self) -> int:
        """The last position this process knows of."""
        return self._ledger.position

    # --- life ---

    async def start(self) -> None:
        await self._ledger.open()
        self._task = asyncio.create_task(self._run(), name=f"appender-{self._domain.service}")

    async def stop(self) -> None:
        """Finish what has been submitted, then close."""
        self._closing = True
        self._wake.set()
        if self._task:
            await self._task
        await self._ledger.close()

    def _wake_up(self) -> None:
        self._wake.set()

    async def _run(self) -> None:
        while True:
            if not self._queue:
                if self._closing:
                    return
                await self._wake.wait()
                self._wake.clear()
            try:
                if self._ledger.behind:
                    await self._ledger.catch_up()
                self._ledger.forget_oldest()
                if items := self._take():
                    await self._process(items)
            except CONNECTION_LOST as error:
                log.warning("lost the connection to the ledger: %r", error)
                await self._reconnect()
            except Exception as error:  # the process must not decide on a ledger it does not understand
                log.exception("the appender stops")
                self._fail(error)
                raise

    def _take(self) -> list[_Item]:
        """The next batch, twins (same key) attached to the first of them."""
        items: dict[tuple[str, str, str], _Item] = {}
        while self._queue and len(items) < self._limit:
            item = self._queue.popleft()
            if item.answer.cancelled():
                continue
            first = items.setdefault(item.submission.identity, item)
            if first is not item:
                first.twins.append(item)
        return list(items.values())

    def _fail(self, error: Exception) -> None:
        self.broken = error
        while self._queue:
            self._queue.popleft().give(LedgerUnavailable(str(error)))

    def _requeue(self, items: list[_Item]) -> None:
        for item in reversed(items):
            self._queue.extendleft(reversed(item.twins))
            item.twins = []
            self._queue.appendleft(item)

    # --- one batch ---

    async def _process(self, items: list[_Item]) -> None:
        try:
            await self._attempt(items)
        except Exception:  # unknown outcome: their keys tell, when they are written again
            self._requeue([item for item in items if not item.answer.done()])
            raise

    async def _attempt(self, items: list[_Item]) -> None:
        try:
            if self._contended:
                self._contended -= 1
                connection = self._ledger.connection
                async with connection.transaction():
                    await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
                    await self._ledger.catch_up()
                    batch = await self._decide(items)
                    await self._write(batch, items)
            else:
                batch = await self._decide(items)
                await self._write(batch, items)
        except (asyncpg.UniqueViolationError, Overtaken) as collision:
            await self._collided(collision, items)
        except CONNECTION_LOST:
            raise
        except asyncpg.PostgresError as error:
            self._isolate(items, error)
        else:
            self._limit = min(self._limit * 2, MAX_BATCH)
            if batch.rows:
                self._ledger.keep(batch)
                self.committed.set()
            await self._answer(items)

    async def _decide(self, items: list[_Item]) -> Batch:
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
                    wanted[missing.stream] = missing.aggregate
            if not wanted:
                return batch

    def _judge(self, batch: Batch, item: _Item, *, keep: bool) -> None:
        """Decide one item. With `keep` false it is only asked what it needs, because an earlier one must wait."""
        item.decision = None
        try:
            item.decision = batch.decide(item.submission, keep=keep)
            position = item.decision.rows[-1].position if item.decision.rows else None
            item.outcome = Accepted(item.submission.stream, item.decision.version_after, position)
        except NotLoaded:
            raise
        except Refused as refusal:
            item.outcome = refusal
            if refusal.authority:
                item.decision = batch.deny(item.submission, refusal, keep=keep)
                position = item.decision.rows[-1].position if item.decision else None
                item.outcome = Denied(refusal.rule, refusal.detail, position)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's answer and nobody else's
            item.outcome = error

    async def _write(self, batch: Batch, items: list[_Item]) -> None:
        """One statement: events, heads, keys and blobs. A batch without events proves itself by the last position."""
        connection = self._ledger.connection
        if not batch.rows:
            proof = await connection.fetchrow(LAST)
            assert proof is not None
            self._ledger.set_clock(proof[1])
            if proof[0] != self._ledger.position:
                raise Overtaken
            return
        rows = batch.rows
        answered = [item for item in items if item.decision and item.decision.rows]
        outcomes = [stored(item.outcome) for item in answered]  # type: ignore[arg-type]
        folds = batch.changed
        with APPEND_SECONDS.time():
            written = await connection.fetchrow(
                WRITE,
                [row.position for row in rows],
                [row.stream for row in rows],
                [row.version for row in rows],
                [row.type for row in rows],
                batch.now,
                [row.document for row in rows],
                [row.leaf for row in rows],
                [item.submission.actor for item in answered],
                [item.submission.route for item in answered],
                [item.submission.key for item in answered],
                [item.submission.fingerprint for item in answered],
                outcomes,
                [item.decision.rows[-1].position for item in answered],  # type: ignore[union-attr]
                list(folds),
                [fold.version for fold in folds.values()],
                [bytes.fromhex(fold.head) for fold in folds.values()],
                list(batch.blobs),
                [media_type for media_type, _ in batch.blobs.values()],
                [content for _, content in batch.blobs.values()],
                str(batch.position),
            )
        assert written is not None
        APPEND_BATCH.observe(len(items))
        self._ledger.set_clock(written[1])

    async def _answer(self, items: list[_Item]) -> None:
        """Answer each caller; one who got no event only after the key was looked up (it may have succeeded before)."""
        unproven = []
        for item in items:
            if item.decision and item.decision.rows:
                self._give(item, item.outcome)
            else:
                unproven.append(item)
        known = await self._known(unproven) if unproven else {}
        for item in unproven:
            if item.submission.identity in known:
                self._give(item, self._replay(item, known[item.submission.identity]))
            else:
                if isinstance(item.outcome, Denied):
                    self._count_repeat(item, item.outcome)
                self._give(item, item.outcome)

    def _give(self, item: _Item, outcome: Accepted | Exception | None) -> None:
        assert outcome is not None
        item.give(outcome)
        self._answer_twins(item, outcome)

    def _answer_twins(self, item: _Item, outcome: Accepted | Exception) -> None:
        committed = (isinstance(outcome, Accepted) and outcome.position) or (
            isinstance(outcome, Denied) and outcome.position
        )
        for twin in item.twins:
            if not committed:
                self._queue.append(twin)
            elif twin.submission.fingerprint != item.submission.fingerprint:
                twin.give(KeyReused())
            elif isinstance(outcome, Denied):
                twin.give(Denied(outcome.rule, outcome.detail, outcome.position, replayed=True))
            else:
                assert isinstance(outcome, Accepted)
                twin.give(Accepted(outcome.stream, outcome.version, outcome.position, replayed=True))
        item.twins = []

    def _count_repeat(self, item: _Item, denied: Denied) -> None:
        submission = item.submission
        name = type(submission.command).__name__
        kind = (submission.actor, name, submission.stream, denied.rule)
        self.repeats[kind] = self.repeats.get(kind, 0) + 1

    # --- when it does not go smoothly ---

    async def _collided(self, collision: Exception, items: list[_Item]) -> None:
        """Somebody wrote first: answer the keys that are stored, read what was missed, decide the rest again."""
        APPEND_COLLISIONS.inc()
        constraint = getattr(collision, "constraint_name", None)
        if constraint == "commands_pkey":
            known = await self._known(items)
            for item in items:
                if item.submission.identity in known:
                    self._give(item, self._replay(item, known[item.submission.identity]))
        else:
            self._contended = TURNS_AFTER_COLLISION
            before = self._ledger.position
            await self._ledger.catch_up()
            if constraint and self._ledger.position == before:
                raise LedgerBroken(f"{collision} but there is nothing new after position {before}")
        self._requeue([item for item in items if not item.answer.done()])

    def _isolate(self, items: list[_Item], error: asyncpg.PostgresError) -> None:
        """One of them cannot be written and the database does not say which: smaller batches find it."""
        if len(items) > 1:
            self._limit = len(items) // 2
            self._requeue(items)
            return
        log.error("a command could not be recorded: %r", error)
        self._give(items[0], error)

    async def _known(self, items: list[_Item]) -> dict[tuple[str, str, str], tuple[bytes, bytes]]:
        keys = [item.submission.identity for item in items]
        rows = await self._ledger.connection.fetch(KEYS, *(list(column) for column in zip(*keys, strict=True)))
        return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}

    @staticmethod
    def _replay(item: _Item, known: tuple[bytes, bytes]) -> Accepted | Exception:
        fingerprint, response = known
        return restored(response) if fingerprint == item.submission.fingerprint else KeyReused()

    async def _reconnect(self) -> None:
        delay = 0.05
        while True:
            try:
                return await self._ledger.open()
            except CONNECTION_LOST as error:
                if self._closing:
                    return self._fail(LedgerUnavailable(f"stopping without a connection: {error!r}"))
            await asyncio.sleep(delay)
            delay = min(delay * 2, 1.0)
