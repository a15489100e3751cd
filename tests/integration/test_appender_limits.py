"""How much is recorded at once: a limit for one decision, and batches that fit a statement. Nobody pays for a
neighbour."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from mandate_events.deciding import TooLarge
from mandate_events.deciding import batch as batches
from mandate_events.deciding.batch import MAX_EVENTS, Submission
from mandate_events.deciding.outcome import Accepted
from mandate_events.ledger.store import Store
from mandate_local.postgres import EmbeddedPostgres
from tests.integration.ledgers import Ledger, new_ledger
from tests.integration.pots import POT, POTS, fill


@pytest.fixture
async def ledger(postgres: EmbeddedPostgres) -> Ledger:
    return await new_ledger(postgres, "governance")


async def outcomes(store: Store, *submissions: Submission) -> list[Any]:
    return list(await asyncio.gather(*map(store.submit, submissions), return_exceptions=True))


async def batch_sizes(ledger: Ledger) -> list[int]:
    """Events of one batch bear one time."""
    times = Counter(row[0] for row in await ledger.query("select recorded_at from ledger.events order by position"))
    return list(times.values())


async def test_one_that_is_too_large_is_refused_and_its_neighbours_are_not(ledger: Ledger) -> None:
    async with Store(POTS, ledger.dsn) as store:
        asked = [fill("a"), fill("large", times=MAX_EVENTS + 1), fill("b", times=MAX_EVENTS), fill("c")]
        first, large, second, third = await outcomes(store, *asked)
        assert isinstance(large, TooLarge)
        assert [type(each) for each in (first, second, third)] == [Accepted] * 3
        assert second.version == MAX_EVENTS
        assert (await store.reader.fold(POT, "large")).version == 0


async def test_what_does_not_fit_is_written_with_the_next_batch(ledger: Ledger) -> None:
    async with Store(POTS, ledger.dsn) as store:
        came = await outcomes(store, *(fill(f"p{number % 3}", times=1_500) for number in range(7)))
        assert sorted(each.version for each in came) == [1_500, 1_500, 1_500, 3_000, 3_000, 3_000, 4_500]
    sizes = await batch_sizes(ledger)
    assert max(sizes) <= batches.BATCH_EVENTS
    assert sum(sizes) == 2 + 7 * 1_500


@pytest.mark.parametrize("callers", [5, 60])
async def test_small_batches_keep_the_order_and_lose_nobody(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, callers: int
) -> None:
    """Also where the next batch is decided while one is being written."""
    monkeypatch.setattr(batches, "BATCH_EVENTS", 10)
    async with Store(POTS, ledger.dsn) as store:
        await store.submit(fill("p"))
        came = await outcomes(store, *(fill("p", times=4) for _ in range(callers)))
        assert [each.version for each in came] == [1 + 4 * (number + 1) for number in range(callers)]
    assert max(await batch_sizes(ledger)) <= 10


async def test_bytes_count_too(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_BYTES", 100_000)
    async with Store(POTS, ledger.dsn) as store:
        came = await outcomes(store, *(fill(f"p{number}", note="x" * 30_000) for number in range(9)))
        assert {each.version for each in came} == {1}
    assert max(await batch_sizes(ledger)) <= 3


async def test_twins_of_one_who_waits_for_the_next_batch_are_answered_with_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_EVENTS", 5)
    async with Store(POTS, ledger.dsn) as store:
        await store.submit(fill("p"))
        twin = fill("p", times=3)
        first, one, same = await outcomes(store, fill("p", times=3), twin, twin)
        assert (first.version, one.version, same.version) == (4, 7, 7)
        assert same.replayed
