"""The appender: one round trip per batch, fenced by a primary key.

Every process has one. Concurrent commands queue; the appender takes the whole queue, decides in order on the running
state and writes everything with one statement. `position` is the primary key: if another process wrote first the
insert fails as a whole, this process reads what it missed and decides again. So what commits was decided on state
proven current, position order is commit order, and there are no gaps.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from mandate_events.deciding.batch import Fold, Submission
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import (
    Accepted,
    Denied,
    LedgerBehind,
    LedgerUnavailable,
    Overloaded,
    restored,
)
from mandate_events.document.canonical import check_text
from mandate_events.ledger.answering import Item
from mandate_events.ledger.batches import Batches
from mandate_events.ledger.following import CONNECTION_LOST, Connect, Following
from mandate_events.ledger.news import News
from mandate_events.ledger.waiting import Waiting

log = logging.getLogger(__name__)

MAX_QUEUE: Final = 8_192
PATIENCE: Final = 10.0
"""Seconds that callers wait for a connection to come back before they are told that there is none."""


class Appender:
    """Decides commands and makes their events durable, many at a time."""

    def __init__(
        self, domain: Domain, connect: Connect, *, published: bool = False, ahead: timedelta = timedelta()
    ) -> None:
        self._domain = domain
        self._ledger = Following(domain, connect, published=published, ahead=ahead)
        self._queue = Waiting()
        self._batches = Batches(self._ledger, self._queue)
        self._wake = self._ledger.woken
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self.broken: Exception | None = None
        """Why this appender will never decide again; the process must be restarted."""
        self.repeats = self._batches.repeats

    # --- the callers' side ---

    async def submit(self, submission: Submission) -> Accepted:
        """Decide one command; its events are durable on return.

        Raises what the domain refuses with, `KeyReused`, `Overloaded` or `LedgerBehind` (nothing was done) or
        `LedgerUnavailable` (unknown outcome: submit again with the same key).
        """
        if self._ledger.recovered and not self.broken and not self.refusal and (answer := self._recovered(submission)):
            return answer
        self.admit(submission)
        item = Item(submission, asyncio.get_running_loop().create_future())
        self._queue.add(item)
        self._wake.set()
        return await item.answer

    def admit(self, submission: Submission) -> None:
        """Raises why it would not even be put into the queue now."""
        if self.broken:
            raise LedgerUnavailable(str(self.broken)) from self.broken
        if refusal := self.refusal:
            raise refusal
        if self._closing or len(self._queue) >= MAX_QUEUE:
            raise Overloaded
        check_text(f"{submission.id}{submission.key}{submission.route}{submission.actor}{submission.correlation}")

    def known(self, stream: str) -> Fold | None:
        """The stream as it is cached."""
        return self._ledger.folds.get(stream)

    def take(self, folds: Mapping[str, Fold], position: int) -> None:
        """Streams that were folded elsewhere, complete to this position: cached where they still are."""
        self._ledger.take(folds, position)

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
            self._queue.turn_away(error)
            raise

    async def _step(self) -> None:
        if not self._queue and not self._ledger.behind:  # news may have come, and been slept over, during a write
            await self._wake.wait()
            self._wake.clear()
        if self._ledger.behind:
            await self._ledger.catch_up()
        if refusal := self.refusal:
            self._queue.turn_away(refusal)
            return
        self._ledger.forget_oldest()
        await self._batches.next()

    async def _reconnect(self) -> None:
        delay, patient_until = 0.05, asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                return await self._ledger.open()
            except CONNECTION_LOST as error:
                if self._closing or asyncio.get_running_loop().time() > patient_until:
                    self._queue.turn_away(error)
                if self._closing:
                    return None
            await asyncio.sleep(delay)
            delay = min(delay * 2, 1.0)
