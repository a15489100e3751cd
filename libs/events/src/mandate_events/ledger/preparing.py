"""Loading what decisions will read, beside the appender: before a command queues, and for many commands at once.

Only time is saved here. A command is decided on what the appender holds, and what is not there it loads itself: so
whatever goes wrong here is left for it to meet, and to answer.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from mandate_events.deciding import Aggregate
from mandate_events.deciding.batch import Fold, Submission
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.looking import missing
from mandate_events.ledger.appender import Appender
from mandate_events.ledger.statements import HISTORY_AND_END

log = logging.getLogger(__name__)

LEVELS: Final = 8
"""How often it is asked anew what is read, each time knowing what was read before."""

TURNS: Final = 2
"""Queries at a time: who needs little need not wait for who needs much, and connections are left for reading."""

MAX_PREPARING: Final = 1_024
PATIENCE: Final = 2.0
"""Seconds for a query here; then the appender is left to find out what is wrong."""

BREATH: Final = 64


class Group:
    """Streams that are loaded with one query, for all who ask for them before it begins."""

    def __init__(self) -> None:
        self.wanted: dict[str, Aggregate[Any]] = {}
        self.folds: asyncio.Future[Mapping[str, Fold]] = asyncio.get_running_loop().create_future()


class Preparing:
    """Brings what commands will read into the appender's cache."""

    def __init__(self, domain: Domain, appender: Appender, pool: "asyncpg.Pool[Any]") -> None:
        self._domain = domain
        self._appender = appender
        self._pool = pool
        self._turns = asyncio.Semaphore(TURNS)
        self._gathering: Group | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0

    def lacks(self, submission: Submission) -> Mapping[str, Aggregate[Any]]:
        """What the command reads and is not in the cache; nothing where too many wait for theirs already."""
        return self._missing(submission, {}) if self._waiting < MAX_PREPARING else {}

    async def prepare(self, submission: Submission, wanted: Mapping[str, Aggregate[Any]]) -> None:
        """Load what it lacks, and level by level what is declared once that is known, with one query for each."""
        seen: dict[str, Fold] = {}
        self._waiting += 1
        try:
            for _ in range(LEVELS):
                found = await self._load(wanted) if wanted else {}
                if not found:
                    return
                seen |= {stream: found[stream] for stream in wanted}
                wanted = self._missing(submission, seen)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Those who wait go on without."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # they queue before the appender closes

    def _missing(self, submission: Submission, seen: Mapping[str, Fold]) -> dict[str, Aggregate[Any]]:
        known = self._appender.known
        try:
            if not seen:
                return missing(self._domain, submission, known)
            return missing(self._domain, submission, lambda stream: known(stream) or seen.get(stream))
        except Exception:
            log.exception("what %s reads cannot be told before it is decided", type(submission.command).__name__)
            return {}

    async def _load(self, wanted: Mapping[str, Aggregate[Any]]) -> Mapping[str, Fold]:
        """The streams, folded, with those of the others who ask now; nothing where that fails."""
        if self._gathering is None:
            self._gathering = Group()
            task = asyncio.create_task(self._run(self._gathering), name="prepare")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        group = self._gathering
        group.wanted |= wanted
        return await asyncio.shield(group.folds)  # a caller that goes away takes nobody along

    async def _run(self, group: Group) -> None:
        folds: Mapping[str, Fold] = {}
        try:
            async with self._turns:
                self._gathering = None
                folds, position = await self._fold(group.wanted)
            self._appender.take(folds, position)
        except Exception as error:  # noqa: BLE001 - the appender meets it too, and answers
            log.info("streams are left for the appender to load: %r", error)
        finally:
            if self._gathering is group:
                self._gathering = None
            group.folds.set_result(folds)

    async def _fold(self, wanted: Mapping[str, Aggregate[Any]]) -> tuple[Mapping[str, Fold], int]:
        """The streams as they were at one moment, and the last position of that moment."""
        async with asyncio.timeout(PATIENCE):
            rows = await self._pool.fetch(HISTORY_AND_END, list(wanted))
        folds = {stream: Fold(aggregate) for stream, aggregate in wanted.items()}
        for number, (_, stream, type_, document) in enumerate(rows, start=1):
            if stream is not None:
                folds[stream] = folds[stream].then(self._domain.catalogue, type_, document, self._domain.asked)
            if number % BREATH == 0:
                await asyncio.sleep(0)  # others are answered meanwhile
        return folds, rows[0][0]
