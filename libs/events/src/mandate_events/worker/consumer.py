"""The consumer: one cursor per source, moved in the transaction of the effect; killed anywhere, it does nothing twice.

It expects one number from a source. An earlier one is a duplicate, unless its bytes are known and differ: a fork. A
later one is a loss. Both stop it with an alarm, because to go on would be to believe a ledger that contradicts itself.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mandate_events.deciding import NotYet
from mandate_events.deciding.outcome import LedgerBroken, WrittenByNewer
from mandate_events.document.canonical import digest
from mandate_events.document.event import Catalogue
from mandate_events.ledger.following import passes
from mandate_events.metrics import CONSUMER_LAG, HALTED, PARKED
from mandate_events.transport import parking
from mandate_events.transport.port import (
    UNKNOWN_VERSION,
    Delivery,
    Fenced,
    Halted,
    Incoming,
    Source,
    understood,
)
from mandate_events.views.projection import Keep, OtherViews, apply_all, check_ours, project, take_turn
from mandate_events.views.view import View
from mandate_events.worker.policy import PolicyRunner
from mandate_events.worker.promise import compare, remember, sift

log = logging.getLogger(__name__)

BATCH: Final = 500
WAIT: Final = 1.0
FIRST_RETRY: Final = 0.1
LAST_RETRY: Final = 5.0


class Consumer:
    """Follows one source for one purpose: a policy, or views."""

    def __init__(
        self,
        name: str,
        source: Source,
        catalogue: Catalogue,
        engine: AsyncEngine,
        *,
        service: str,
        policy: PolicyRunner | None = None,
        views: Iterable[View] = (),
        keep: Keep | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self._catalogue = catalogue
        self._engine = engine
        self._service = service
        self._policy = policy
        self._views = tuple(views)
        self._keep = keep
        self._sequence = 0
        self._place = 0
        self._blocked: set[str] = set()
        self._first: set[tuple[str, int]] | None = None
        """Of each key behind which events wait the first one, as last seen; None before that."""

    # --- the loop ---

    async def run(self) -> None:
        """Follow until cancelled. A transport or database that is away is waited for; a contradiction halts."""
        halted = HALTED.labels(self._service, self.name, self.source.name)
        halted.set(0)
        delay = FIRST_RETRY
        while True:
            try:
                await self.open()
                while True:
                    await self.step()
                    delay = FIRST_RETRY
            except Halted as halt:
                halted.set(1)
                log.critical("%s of %s halted: %s", self.name, self.source.name, halt)
                return
            except Exception as error:
                if not passes(error) and not isinstance(error, OtherViews):
                    raise
                log.warning("%s of %s waits: %r", self.name, self.source.name, error)
            finally:
                await self.source.close()
            await asyncio.sleep(delay)
            delay = min(delay * 2, LAST_RETRY)

    async def open(self) -> None:
        """Take up the cursor. The last document comes again, and proves that the source is still the one we know."""
        async with self._engine.begin() as connection:
            await connection.execute(text(_BEGIN), self._which())
            self._sequence, self._place = (await connection.execute(text(_CURSOR), self._which())).one()
        self._first = None
        await self.source.open(max(0, self._place - 1))

    async def step(self) -> int:
        """Handle the next documents; returns how many."""
        await self._release()
        deliveries = await self.source.receive(BATCH, WAIT)
        if not deliveries:
            await self._observe()
            return 0
        incoming = await self._sift(deliveries)
        failures = await self._react(incoming)
        async with self._engine.begin() as connection:
            await self._take_turn(connection)
            await self._advance(connection, incoming, deliveries[-1].place)
            if self._keep:
                await self._keep(connection, self.source.name, [(item.heading, item.document) for item in incoming])
            if self._views:
                failures |= await project(connection, self._views, incoming, self._blocked, failures)
            for item in incoming:
                if error := failures.get(item.heading.position):
                    await self._park(connection, item, error)
        if incoming:
            self._sequence = incoming[-1].heading.position
        self._place = deliveries[-1].place
        await self._observe()
        return len(incoming)

    # --- the promise of the source ---

    async def _sift(self, deliveries: Sequence[Delivery]) -> list[Incoming]:
        """What is next, in order; duplicates are dropped once their bytes are known to be the same."""
        incoming, earlier = sift(self.source.name, self._catalogue, deliveries, self._sequence + 1)
        if earlier:
            async with self._engine.connect() as connection:
                await compare(connection, self.source.name, earlier)
        return incoming

    async def _advance(self, connection: AsyncConnection, incoming: Sequence[Incoming], place: int) -> None:
        """Move the cursor by compare-and-swap, and remember what each number was."""
        last = incoming[-1].heading.position if incoming else self._sequence
        moved = await connection.execute(
            text(_MOVE), {**self._which(), "from": self._sequence, "to": last, "place": place}
        )
        if moved.rowcount != 1:
            raise Fenced(f"the cursor of {self.name} on {self.source.name} was moved by another process")
        arrived = [(item.heading.position, digest(item.document)) for item in incoming]
        await remember(connection, self.source.name, arrived)

    # --- handling ---

    async def _react(self, incoming: Sequence[Incoming]) -> dict[int, str]:
        """Submit the policy's commands: side by side as long as no key occurs twice, so that order per key holds."""
        failures = {item.heading.position: item.error for item in incoming if item.error}
        if self._policy is None:
            return failures
        blocked = set(self._blocked) | {item.heading.key for item in incoming if item.error}
        run: list[Incoming] = []
        for item in [*incoming, None]:
            if item is None or item.heading.key in {other.heading.key for other in run}:
                outcomes = await asyncio.gather(*(self._try(other) for other in run), return_exceptions=True)
                for other, error in zip(run, outcomes, strict=True):
                    if isinstance(error, BaseException):
                        raise error
                    if error:
                        failures[other.heading.position] = error
                        blocked.add(other.heading.key)
                run = []
            if item is None or item.record is None:
                continue
            if item.heading.key in blocked:
                failures[item.heading.position] = parking.WAITING
            else:
                run.append(item)
        return failures

    async def _try(self, item: Incoming) -> str | None:
        assert self._policy is not None
        assert item.record is not None
        try:
            await self._policy.react(item.record, item.document)
        except (NotYet, WrittenByNewer) as missing:  # an upgrade brings it
            return f"{parking.NOT_YET}: {missing}"
        except Exception as error:
            if passes(error) or isinstance(error, LedgerBroken):  # our own fault, not the event's
                raise
            log.exception("%s cannot handle %s:%s", self.name, self.source.name, item.heading.position)
            return repr(error)
        return None

    async def _take_turn(self, connection: AsyncConnection) -> None:
        """Nobody else projects now, and what waits is known as it is: a retry may have handled it, and a swap brings
        its own."""
        if self._views or self._keep:
            await take_turn(connection)
            await check_ours(connection, self._views)
            self._blocked = set(await parking.blocked(connection, self.name, self.source.name))

    # --- parking ---

    async def _park(self, connection: AsyncConnection, item: Incoming, error: str) -> None:
        await parking.park(connection, self.name, self.source.name, item.document, error)

    async def _release(self) -> None:
        """See what waits as it is now, and handle what can be: a person may have retried or discarded the event that
        others wait behind, an upgrade may know a version that was unknown, and what was missing may have come."""
        async with self._engine.connect() as connection:
            first = await parking.blocked(connection, self.name, self.source.name)
            waiting = await parking.count(connection, self.name, self.source.name) if first else 0
        PARKED.labels(self._service, self.name, self.source.name).set(waiting)
        self._blocked = set(first)
        seen, self._first = self._first, {(key, item.sequence) for key, item in first.items()}
        changed = seen is None or not seen <= self._first  # one of them is no longer parked
        if ready := {key for key, item in first.items() if self._can_be_handled(item, changed)}:
            await self.retry(ready)

    def _can_be_handled(self, first: parking.Parked, changed: bool) -> bool:
        upgraded = first.error.startswith(UNKNOWN_VERSION) and self._catalogue.knows(first.type)
        brought = changed and first.error.startswith(parking.NOT_YET)
        return upgraded or brought or first.error == parking.WAITING

    async def retry(self, keys: Collection[str] | None = None) -> int:
        """Handle parked events again, in order, all or those of some keys; returns how many went through."""
        async with self._engine.connect() as connection:
            waiting = await parking.parked(connection, self.name, self.source.name)
        done = 0
        stuck: set[str] = set()
        for parked in waiting:
            if parked.key in stuck or (keys is not None and parked.key not in keys):
                continue
            if await self._handle_again(parked) is None:
                done += 1
            else:
                stuck.add(parked.key)
        self._blocked = {item.key for item in waiting if keys is not None and item.key not in keys} | stuck
        return done

    async def _handle_again(self, parked: parking.Parked) -> str | None:
        item = understood(self._catalogue, parked.document)
        error = item.error
        if error is None and self._policy is not None and item.record is not None:
            error = await self._try(item)
        async with self._engine.begin() as connection:
            await self._take_turn(connection)
            if not await parking.claim(connection, parked):
                return None
            if error is None and self._views:
                error = await apply_all(connection, self._views, [item])
            if error is None:
                await parking.unpark(connection, parked)
            else:
                await self._park(connection, item, error)
        return error

    async def _observe(self) -> None:
        behind = await self.source.behind()
        if behind is not None:
            CONSUMER_LAG.labels(self._service, self.name, self.source.name).set(behind)

    def _which(self) -> dict[str, str]:
        return {"consumer": self.name, "source": self.source.name}


_BEGIN: Final = """
insert into ledger.cursors (consumer, source) values (:consumer, :source) on conflict do nothing
"""
_CURSOR: Final = "select sequence, place from ledger.cursors where consumer = :consumer and source = :source"
_MOVE: Final = """
update ledger.cursors set sequence = :to, place = :place
where consumer = :consumer and source = :source and sequence = :from
"""
