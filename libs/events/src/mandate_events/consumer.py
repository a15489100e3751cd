"""The consumer: one cursor per source, moved in the transaction of the effect; killed anywhere, it does nothing twice.

It expects one number from a source. An earlier one is a duplicate, unless its bytes are known and differ: a fork. A
later one is a loss. Both stop it with an alarm, because to go on would be to believe a ledger that contradicts itself.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mandate_events import parking
from mandate_events.canonical import digest
from mandate_events.event import Catalogue, Heading, Recorded, UnknownType, UnknownVersion, read_heading
from mandate_events.following import CONNECTION_LOST
from mandate_events.kafka import TransportUnavailable
from mandate_events.metrics import CONSUMER_LAG, HALTED, PARKED
from mandate_events.policy import PolicyRunner
from mandate_events.projection import Projection
from mandate_events.transport import Delivery, Source

log = logging.getLogger(__name__)

BATCH: Final = 500
WAIT: Final = 1.0
LAST_RETRY: Final = 5.0


class Halted(RuntimeError):
    """The source contradicts itself; a person has to look."""


class Loss(Halted):
    """A number of the source never arrived."""


class Fork(Halted):
    """The source gave one number to two documents."""


class Fenced(RuntimeError):
    """Another process moved this cursor."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document in its turn; `record` is None where its type is not known here."""

    heading: Heading
    document: bytes
    record: Recorded[Any] | None
    error: str | None = None


class Consumer:
    """Follows one source for one purpose: a policy, or projections."""

    def __init__(
        self,
        name: str,
        source: Source,
        catalogue: Catalogue,
        engine: AsyncEngine,
        *,
        service: str,
        policy: PolicyRunner | None = None,
        projections: Iterable[Projection] = (),
    ) -> None:
        self.name = name
        self.source = source
        self._catalogue = catalogue
        self._engine = engine
        self._service = service
        self._policy = policy
        self._projections = tuple(projections)
        self._sequence = 0
        self._place = 0
        self._blocked: set[str] = set()

    # --- the loop ---

    async def run(self) -> None:
        """Follow until cancelled. A transport or database that is away is waited for; a contradiction halts."""
        delay = 0.1
        while True:
            try:
                await self.open()
                delay = 0.1
                while True:
                    await self.step()
            except (*CONNECTION_LOST, TransportUnavailable) as error:
                log.warning("%s of %s waits: %r", self.name, self.source.name, error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_RETRY)
            except Halted as halt:
                HALTED.labels(self._service, self.name, self.source.name).set(1)
                log.critical("%s of %s halted: %s", self.name, self.source.name, halt)
                return
            finally:
                await self.source.close()

    async def open(self) -> None:
        """Take up the cursor, and what was parked until this program could read it."""
        async with self._engine.begin() as connection:
            await connection.execute(text(_BEGIN), self._which())
            self._sequence, self._place = (await connection.execute(text(_CURSOR), self._which())).one()
        await self.retry(only_upgraded=True)
        await self.source.open(self._place)

    async def step(self) -> int:
        """Handle the next documents; returns how many."""
        deliveries = await self.source.receive(BATCH, WAIT)
        if not deliveries:
            await self._observe()
            return 0
        incoming = await self._sift(deliveries)
        failures = await self._react(incoming)
        async with self._engine.begin() as connection:
            await self._advance(connection, incoming, deliveries[-1].place)
            failures |= await self._project(connection, incoming, failures)
            for item in incoming:
                if error := failures.get(item.heading.position):
                    await self._park(connection, item, error)
        self._blocked |= {item.heading.key for item in incoming if item.heading.position in failures}
        await self._observe()
        return len(incoming)

    # --- the promise of the source ---

    async def _sift(self, deliveries: Sequence[Delivery]) -> list[Incoming]:
        incoming: list[Incoming] = []
        expected = self._sequence + 1
        earlier: dict[int, bytes] = {}
        for delivery in deliveries:
            heading = read_heading(delivery.document)
            if heading.position < expected:
                earlier[heading.position] = digest(delivery.document)
            elif heading.position > expected:
                raise Loss(f"{self.source.name}:{expected} never arrived; {heading.position} did")
            else:
                incoming.append(self._decoded(heading, delivery.document))
                expected += 1
        await self._check_duplicates(earlier, incoming)
        return incoming

    def _decoded(self, heading: Heading, document: bytes) -> Incoming:
        try:
            return Incoming(heading, document, self._catalogue.decode(heading.type, document))
        except UnknownType:
            return Incoming(heading, document, None)
        except UnknownVersion:
            return Incoming(heading, document, None, error=f"unknown version: {heading.type}")
        except ValueError as error:  # msgspec.DecodeError: the document does not hold what its type promises
            return Incoming(heading, document, None, error=f"not readable as {heading.type}: {error}")

    async def _check_duplicates(self, earlier: dict[int, bytes], incoming: Sequence[Incoming]) -> None:
        if not earlier:
            return
        known = {item.heading.position: digest(item.document) for item in incoming}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "select sequence, digest from ledger.received where source = :source and sequence = any(:numbers)"
                ),
                {"source": self.source.name, "numbers": list(earlier)},
            )
            known |= {row[0]: row[1] for row in rows}
        for sequence, its_digest in earlier.items():
            if sequence in known and known[sequence] != its_digest:
                raise Fork(f"{self.source.name}:{sequence} arrived twice with different bytes")

    async def _advance(self, connection: AsyncConnection, incoming: Sequence[Incoming], place: int) -> None:
        """Move the cursor by compare-and-swap, and remember what each number was."""
        last = incoming[-1].heading.position if incoming else self._sequence
        moved = await connection.execute(
            text(_MOVE), {**self._which(), "from": self._sequence, "to": last, "place": place}
        )
        if moved.rowcount != 1:
            raise Fenced(f"the cursor of {self.name} on {self.source.name} was moved by another process")
        if incoming:
            await connection.execute(
                text(_REMEMBER),
                {
                    "source": self.source.name,
                    "sequences": [item.heading.position for item in incoming],
                    "digests": [digest(item.document) for item in incoming],
                },
            )
        self._sequence, self._place = last, place

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
                outcomes = await asyncio.gather(*(self._try(other) for other in run))
                for other, error in zip(run, outcomes, strict=True):
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
        except CONNECTION_LOST:
            raise
        except Exception as error:
            log.exception("%s cannot handle %s:%s", self.name, self.source.name, item.heading.position)
            return repr(error)
        return None

    async def _project(
        self, connection: AsyncConnection, incoming: Sequence[Incoming], failures: dict[int, str]
    ) -> dict[int, str]:
        """Apply all in one savepoint; where that fails, one by one, parking what cannot be applied."""
        if not self._projections:
            return {}
        blocked = set(self._blocked) | {item.heading.key for item in incoming if item.heading.position in failures}
        clean = not any(item.heading.key in blocked for item in incoming)
        if clean and await self._apply(connection, incoming) is None:
            return {}
        found: dict[int, str] = {}
        for item in incoming:
            if item.heading.key in blocked:
                found.setdefault(item.heading.position, failures.get(item.heading.position, parking.WAITING))
            elif error := await self._apply(connection, [item]):
                found[item.heading.position] = error
                blocked.add(item.heading.key)
        return found

    async def _apply(self, connection: AsyncConnection, items: Sequence[Incoming]) -> str | None:
        savepoint = await connection.begin_nested()
        try:
            for item in items:
                if item.record is not None:
                    for projection in self._projections:
                        await projection.apply(connection, item.record, item.document)
        except CONNECTION_LOST:
            raise
        except Exception as error:
            await savepoint.rollback()
            if len(items) == 1:
                log.exception("%s cannot apply %s:%s", self.name, self.source.name, items[0].heading.position)
            return repr(error)
        await savepoint.commit()
        return None

    # --- parking ---

    async def _park(self, connection: AsyncConnection, item: Incoming, error: str) -> None:
        await parking.park(connection, self.name, self.source.name, item.document, error)

    async def retry(self, *, key: str | None = None, only_upgraded: bool = False) -> int:
        """Handle parked events again, in order; returns how many went through."""
        async with self._engine.connect() as connection:
            waiting = await parking.parked(connection, self.name, self.source.name)
        self._blocked = {item.key for item in waiting}
        if only_upgraded:
            keys = {item.key for item in waiting if item.error.startswith("unknown version")}
            keys &= {item.key for item in waiting if self._catalogue.knows(item.type)}
        else:
            keys = {item.key for item in waiting if key in (None, item.key)}
        done = 0
        stuck: set[str] = set()
        for parked in (item for item in waiting if item.key in keys):
            if parked.key in stuck:
                continue
            error = await self._handle_again(parked)
            if error is None:
                done += 1
            else:
                stuck.add(parked.key)
        self._blocked -= keys - stuck
        return done

    async def _handle_again(self, parked: parking.Parked) -> str | None:
        item = self._decoded(read_heading(parked.document), parked.document)
        error = item.error
        if error is None and self._policy is not None and item.record is not None:
            error = await self._try(item)
        async with self._engine.begin() as connection:
            if error is None and self._projections:
                error = await self._apply(connection, [item])
            if error is None:
                await parking.unpark(connection, parked)
            else:
                await self._park(connection, item, error)
        return error

    async def _observe(self) -> None:
        behind = await self.source.behind()
        if behind is not None:
            CONSUMER_LAG.labels(self._service, self.name, self.source.name).set(behind)
        PARKED.labels(self._service, self.name).set(len(self._blocked))

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
_REMEMBER: Final = """
insert into ledger.received (source, sequence, digest)
select :source, sequence, digest from unnest(cast(:sequences as bigint[]), cast(:digests as bytea[]))
    as row (sequence, digest)
on conflict (source, sequence) do nothing
"""
