"""What decisions read is loaded beside the appender: with few queries, in nobody's way, and never used when stale."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest

from governance.main import GOVERNANCE
from governance.strategy.intake import ProposeProject
from governance.strategy.prioritisation import PRIORITISATION, PrioritisePortfolio
from governance.strategy.proposal import PROPOSAL
from governance.strategy.scoring_model import SCORING_MODEL, DefineScoringModel
from mandate_events.deciding import Aggregate, Looking, Streams
from mandate_events.deciding.batch import Fold
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import Accepted
from mandate_events.ledger import preparing
from mandate_events.ledger.preparing import Preparing
from mandate_events.ledger.statements import HISTORY
from mandate_events.ledger.store import Store
from mandate_local.postgres import EmbeddedPostgres
from tests.integration.ledgers import Ledger, eventually, governing, new_ledger
from tests.integration.offices import command
from tests.integration.pots import POT, POTS, SUMS, Filled, Summed, add_up, fill


class Pool:
    """The pool of a store, which counts what is asked of it and can be held up or fail."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.queries = 0
        self.fails = False
        self.read, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    async def fetch(self, *arguments: Any) -> Any:
        self.queries += 1
        if self.fails:
            raise OSError("the server is away")
        rows = await self._pool.fetch(*arguments)
        self.read.set()
        await self.go_on.wait()
        return rows

    @asynccontextmanager
    async def held_up(self) -> AsyncIterator[None]:
        """Whatever is read meanwhile arrives only afterwards."""
        self.read.clear()
        self.go_on.clear()
        try:
            yield
        finally:
            self.go_on.set()


class Watched:
    """A store of which is known what it asks of its database."""

    def __init__(self, store: Store) -> None:
        assert store._preparing
        self.store = store
        self.pool = Pool(store.pool)
        store._preparing._pool = self.pool
        self.loaded_in_batches = 0
        store.appender._ledger.connection.add_query_logger(self._asked)

    def _asked(self, query: Any) -> None:
        self.loaded_in_batches += query.query == HISTORY

    async def total(self, *pots: str) -> int:
        """What they hold together by a sum that is put on record now."""
        await self.store.submit(add_up(*pots))
        fold = await self.store.reader.fold(SUMS, "all")
        records = [record async for record in self.store.reader.replay()]
        last = next(r for r in reversed(records) if r.subject == "sums/all" and r.streamversion == fold.version)
        total: int = last.data.total
        return total

    def forget(self) -> None:
        self.store.appender._ledger.folds.clear()

    async def deaf(self) -> None:
        """It hears no more of what others write."""
        ledger = self.store.appender._ledger

        async def removed() -> bool:
            with suppress(asyncpg.InterfaceError):  # it is catching up just now
                await ledger.connection.remove_listener("ledger", ledger._heard)
                return True
            return False

        await eventually(removed)


@pytest.fixture
async def ledger(postgres: EmbeddedPostgres) -> Ledger:
    return await new_ledger(postgres, "governance")


@asynccontextmanager
async def watched(ledger: Ledger) -> AsyncIterator[Watched]:
    async with Store(POTS, ledger.dsn) as store:
        yield Watched(store)


async def fill_all(store: Store, *pots: str, **more: Any) -> None:
    await asyncio.gather(*(store.submit(fill(pot, **more)) for pot in pots))


def names(count: int) -> list[str]:
    return [f"p{number}" for number in range(count)]


# --- few queries ---


async def test_a_thousand_cold_streams_are_loaded_with_a_query_for_each_level(ledger: Ledger) -> None:
    first, second = names(500), [f"q{number}" for number in range(500)]
    async with watched(ledger) as warm:
        await fill_all(warm.store, *second)
        await asyncio.gather(*(warm.store.submit(fill(p, next=q)) for p, q in zip(first, second, strict=True)))
    async with watched(ledger) as cold:
        answer = await cold.store.submit(add_up(*first))
        assert answer.position == 1_003, "two of the rights, a thousand of the pots, and this"
        assert cold.pool.queries == 2
        assert cold.loaded_in_batches == 0
        assert await cold.total(*first) == 1_000
        assert cold.pool.queries == 2, "what is cached is not loaded again"


async def test_many_who_come_at_once_share_their_queries(ledger: Ledger) -> None:
    pots = names(200)
    async with watched(ledger) as cold:
        await fill_all(cold.store, *pots)
        assert cold.pool.queries == 1
        assert cold.loaded_in_batches == 0


async def test_a_ranking_of_cold_proposals_is_decided_after_one_query(ledger: Ledger) -> None:
    cost = {"amount": "10", "currency": "AUD"}
    common = {"portfolio": "roads", "title": "A road", "forecast_cost": cost}
    proposals = [ProposeProject.model_validate({**common, "reference": f"R{number}"}) for number in range(300)]
    criteria = [{"id": "value", "title": "Value", "weight": "1"}]
    define = DefineScoringModel.model_validate({"title": "Worth", "criteria": criteria, "reason": "to test"})
    async with governing(ledger) as warm:
        officer = warm.officer
        await asyncio.gather(*(warm.store.submit(command(PROPOSAL, one.id, one, officer)) for one in proposals))
        await warm.store.submit(command(SCORING_MODEL, "worth", define, officer))
    ranking = {"portfolio": "roads", "model": "worth@1", "budget": cost, "proposals": [one.id for one in proposals]}
    prioritise = PrioritisePortfolio.model_validate({**ranking, "reason": "to test"})
    async with Store(GOVERNANCE, ledger.dsn) as store:
        cold = Watched(store)
        await store.submit(command(SCORING_MODEL, "other", define, officer))  # that the officer may is known from here
        before = cold.pool.queries, cold.loaded_in_batches
        assert isinstance(await store.submit(command(PRIORITISATION, "r1", prioritise, officer)), Accepted)
        assert (cold.pool.queries, cold.loaded_in_batches) == (before[0] + 1, before[1])


async def test_others_are_answered_while_somebody_waits_for_what_is_cold(ledger: Ledger) -> None:
    async with watched(ledger) as one:
        await fill_all(one.store, "warm", "p0")
        one.forget()
        await fill_all(one.store, "warm")
        async with one.pool.held_up():
            cold = asyncio.create_task(one.total("p0", "warm"))
            await one.pool.read.wait()
            for _ in range(3):
                await one.store.submit(fill("warm"))
            assert not cold.done()
        assert await cold == 6


async def test_what_was_loaded_is_asked_about_again_only_so_often(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A declaration that never ends costs queries, and no decision."""
    asked: list[str] = []

    def endless(_state: Any, _command: Any, _looking: Looking) -> Streams:
        asked.append("more")
        return [(POT, f"more-{number}") for number in range(len(asked))]

    endlessly: Aggregate[Any] = Aggregate(
        "sums", SUMS.decide, SUMS.evolve, SUMS.events, SUMS.records, endless, SUMS.opened_by
    )
    domain = Domain("governance", aggregates=[POT, endlessly], rights=POTS.rights.rows[2:], find_mandates=POTS.mandates)
    async with Store(domain, ledger.dsn) as store:
        one = Watched(store)
        submission = add_up("p0")
        submission.aggregate = endlessly
        store.domain._find_mandates = POTS._find_mandates
        assert isinstance(await store.submit(submission), Accepted)
        assert one.pool.queries == preparing.LEVELS


# --- never stale ---


@pytest.mark.parametrize("hears", [True, False])
async def test_a_fold_that_another_process_overtook_is_not_used(ledger: Ledger, hears: bool) -> None:
    async with watched(ledger) as one, watched(ledger) as other:
        await fill_all(other.store, "p0", "p1")
        if not hears:
            await one.deaf()
        async with one.pool.held_up():
            total = asyncio.create_task(one.total("p0", "p1"))
            await one.pool.read.wait()
            answer = await other.store.submit(fill("p0", by=10))
            if hears:

                async def followed() -> bool:
                    return one.store.appender.position == answer.position

                await eventually(followed)
        assert await total == 12


async def test_a_fold_that_an_own_write_overtook_is_not_used(ledger: Ledger) -> None:
    async with watched(ledger) as one:
        await fill_all(one.store, "p0", "p1")
        one.forget()
        async with one.pool.held_up():
            total = asyncio.create_task(one.total("p0", "p1"))
            await one.pool.read.wait()
            one.store.appender._ledger.folds["pot/p0"] = await one.store.reader.fold(POT, "p0")
            await one.store.submit(fill("p0", by=10))
            one.forget()  # so that only the memory of the change tells
        assert await total == 12


async def test_who_is_behind_what_was_loaded_catches_up_before_it_decides(ledger: Ledger) -> None:
    async with watched(ledger) as one, watched(ledger) as other:
        await one.deaf()
        await fill_all(other.store, "p0", "p1")
        await one.store.submit(add_up("p0", "p1"))
        assert one.store.appender._batches._contended == 0, "it did not collide"
        assert one.store.appender._ledger.folds["pot/p0"].version == 1
        assert await one.total("p0", "p1") == 2


async def test_a_cached_fold_is_not_replaced_by_an_older_one(ledger: Ledger) -> None:
    async with watched(ledger) as one:
        await fill_all(one.store, "p0")
        old = dict(one.store.appender._ledger.folds)
        position = one.store.appender.position
        await one.store.submit(fill("p0", by=5))
        one.store.appender.take(old, position)
        assert await one.total("p0") == 6
        one.forget()
        one.store.appender.take(old, position)
        assert "pot/p0" not in one.store.appender._ledger.folds
    async with watched(ledger) as later:
        position = later.store.appender.position
        for known, at in ((False, position - 1), (True, position)):
            later.store.appender.take({"pot/never": Fold(POT)}, at)
            assert ("pot/never" in later.store.appender._ledger.folds) == known, "nobody remembers so far back"


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_comes_between_each_sum_is_that_of_what_stands_before_it(ledger: Ledger, seed: int) -> None:
    """Two processes, caches that forget, queries that are held up: every sum on record is true at its position."""
    chance = random.Random(seed)  # noqa: S311 - a test, drawn again the same
    pots = names(6)

    async def act(at: Watched) -> None:
        for _ in range(12):
            await asyncio.sleep(chance.random() * 0.004)
            if chance.random() < 0.5:
                await at.store.submit(fill(chance.choice(pots), by=chance.randint(1, 9), next=chance.choice(pots)))
            else:
                await at.store.submit(add_up(*chance.sample(pots, 2)))

    async def disturb(at: Watched, done: asyncio.Event) -> None:
        while not done.is_set():
            async with at.pool.held_up():
                await asyncio.sleep(chance.random() * 0.01)
            if not at.store.appender._batches._ahead:
                at.store.appender._ledger.folds.pop(f"pot/{chance.choice(pots)}", None)
            await asyncio.sleep(chance.random() * 0.002)

    async with watched(ledger) as one, watched(ledger) as other:
        done = asyncio.Event()
        disturbing = [asyncio.create_task(disturb(each, done)) for each in (one, other)]
        await asyncio.gather(*(act(each) for each in (one, other) for _ in range(8)))
        done.set()
        await asyncio.gather(*disturbing)
        records = [record async for record in one.store.reader.replay()]
    holds = dict.fromkeys(pots, 0)
    sums = 0
    for record in records:
        match record.data:
            case Filled(by=by):
                holds[record.thing] += by
            case Summed(pots=summed, total=total):
                sums += 1
                assert total == sum(holds[pot] for pot in summed), record.position
    assert sums > 20


# --- when it does not go smoothly ---


async def test_what_cannot_be_loaded_beside_the_appender_is_loaded_by_it(ledger: Ledger) -> None:
    async with watched(ledger) as one:
        await fill_all(one.store, "p0", "p1")
        one.forget()
        one.pool.fails = True
        assert await one.total("p0", "p1") == 2
        assert one.loaded_in_batches > 0


async def test_one_who_goes_away_takes_nobody_along(ledger: Ledger) -> None:
    async with watched(ledger) as one:
        async with one.pool.held_up():
            leaving = asyncio.create_task(one.store.submit(fill("p0")))
            staying = asyncio.create_task(one.store.submit(fill("p1")))
            await one.pool.read.wait()
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving
        assert (await staying).stream == "pot/p1"


async def test_a_slow_database_is_left_to_the_appender(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "PATIENCE", 0.05)
    async with watched(ledger) as one, one.pool.held_up():
        assert (await one.store.submit(fill("p0"))).version == 1


async def test_a_store_that_closes_answers_who_waits(ledger: Ledger) -> None:
    async with watched(ledger) as one, one.pool.held_up():
        asked = asyncio.create_task(one.store.submit(fill("p0")))
        await one.pool.read.wait()
        assert isinstance(one.store._preparing, Preparing)
        await one.store._preparing.close()
        assert (await asked).version == 1


async def test_a_declaration_that_fails_is_no_refusal(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_looking: Looking) -> Sequence[Any]:
        raise LookupError("a fault in the program")

    async with watched(ledger) as one:
        monkeypatch.setattr(one.store.domain, "mandates_read", broken)
        assert (await one.store.submit(fill("p0"))).version == 1
