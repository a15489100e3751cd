"""One promise, two transports: every document of a source, byte for byte, in order, at least once, from any place."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg
import orjson
import pytest

from mandate_events.document.canonical import MAX_DOCUMENT_BYTES
from mandate_events.ledger.local import LocalSource
from mandate_events.transport.kafka import KafkaSink, KafkaSource, declare_topics
from mandate_events.transport.port import Delivery, Loss, Source
from mandate_events.worker.relay import Relay
from mandate_local.postgres import EmbeddedPostgres
from tests.integration.ledgers import Governance, Ledger, governing, new_ledger

MANY = 5_000


@dataclass(frozen=True, slots=True)
class Transport:
    """A ledger that somebody writes, and sources that follow it."""

    ledger: Ledger
    source: Callable[[], Source]
    governance: Governance


@pytest.fixture(scope="module", params=["local", "kafka"])
async def transport(request: pytest.FixtureRequest, postgres: EmbeddedPostgres) -> AsyncIterator[Transport]:
    ledger = await new_ledger(postgres, "governance")
    async with AsyncExitStack() as stack:
        if request.param == "local":
            source: Callable[[], Source] = lambda: LocalSource("governance", ledger.dsn)  # noqa: E731
        else:
            bootstrap = request.getfixturevalue("kafka").bootstrap
            name = await stack.enter_async_context(relayed(ledger, bootstrap))
            source = lambda: KafkaSource(name, bootstrap)  # noqa: E731
        governance = await stack.enter_async_context(governing(ledger))
        yield Transport(ledger, source, governance)


@asynccontextmanager
async def relayed(ledger: Ledger, bootstrap: str) -> AsyncIterator[str]:
    """A topic of its own, filled by the real relay on a leader's connection."""
    name = f"governance-{uuid.uuid4().hex[:8]}"
    await declare_topics(bootstrap, [name])
    connection = await asyncpg.connect(ledger.dsn)
    relay = asyncio.create_task(Relay("governance", connection, KafkaSink(name, bootstrap)).run())
    try:
        yield name
    finally:
        relay.cancel()
        with suppress(asyncio.CancelledError):
            await relay
        await connection.close()


@asynccontextmanager
async def following(transport: Transport, place: int = 0) -> AsyncIterator[Source]:
    source = transport.source()
    await source.open(place)
    try:
        yield source
    finally:
        await source.close()


async def read(source: Source, count: int, limit: int = 500, patience: float = 20) -> list[Delivery]:
    """So many deliveries, or what has come when patience ends."""
    deliveries: list[Delivery] = []
    end = time.monotonic() + patience
    while len(deliveries) < count and time.monotonic() < end:
        received = await source.receive(limit, 1.0)
        assert len(received) <= limit
        deliveries += received
    return deliveries


async def test_5000_documents_arrive_byte_for_byte_in_order(transport: Transport) -> None:
    await transport.governance.observe(MANY // 2)
    expected = await transport.ledger.documents()
    assert len(expected) > MANY
    async with following(transport) as source:
        deliveries = await read(source, len(expected))
        assert [delivery.document for delivery in deliveries] == expected
        assert [int(orjson.loads(d.document)["sequence"]) for d in deliveries] == list(range(1, len(expected) + 1))
        assert await source.behind() == 0


async def test_reading_goes_on_from_the_place_of_any_delivery(transport: Transport) -> None:
    async with following(transport) as source:
        deliveries = (await read(source, 30))[:30]
    for number, delivery in enumerate(deliveries[:-1]):
        async with following(transport, delivery.place) as source:
            (following_one,) = await first(source, 1)
        assert following_one == deliveries[number + 1]
    for delivery in deliveries[::7]:
        async with following(transport, delivery.place - 1) as source:
            assert await first(source, 1) == [delivery], "one less, and it comes again"


async def first(source: Source, limit: int) -> Sequence[Delivery]:
    for _ in range(20):
        if received := await source.receive(limit, 1.0):
            return received
    return []


async def test_a_reader_that_breaks_off_again_and_again_misses_nothing(transport: Transport) -> None:
    expected = (await transport.ledger.documents())[:200]
    found: list[bytes] = []
    place = 0
    while len(found) < len(expected):
        async with following(transport, place) as source:
            received = await first(source, 40)
            assert received
            found += [delivery.document for delivery in received[:23]]  # what was received further is lost with it
            place = received[:23][-1].place
    assert found[: len(expected)] == expected


async def test_an_empty_wait_takes_the_time_that_was_asked_for(transport: Transport) -> None:
    async with at_the_end(transport) as source:
        for wait in (0.2, 0.7):
            begin = time.monotonic()
            assert list(await source.receive(10, wait)) == []
            assert wait * 0.9 <= time.monotonic() - begin < wait + 0.4


async def test_news_wakes_a_reader_promptly(transport: Transport) -> None:
    async with at_the_end(transport) as source:
        for _ in range(3):
            arrival = asyncio.create_task(arrived(source))
            await asyncio.sleep(0.15)
            begin = time.monotonic()
            await transport.governance.observe()
            assert await arrival - begin < 0.5


async def arrived(source: Source) -> float:
    assert await source.receive(10, 10.0)
    return time.monotonic()


@asynccontextmanager
async def at_the_end(transport: Transport) -> AsyncIterator[Source]:
    count = len(await transport.ledger.documents())
    async with following(transport) as source:
        await read(source, count)
        yield source


async def test_the_largest_documents_arrive(transport: Transport) -> None:
    """Last in this file: the ledger then holds what no command made."""
    async with at_the_end(transport) as source:
        last = len(await transport.ledger.documents())
        documents = [largest(last + number) for number in range(1, 41)]
        await transport.ledger.append_raw(*documents)
        assert [delivery.document for delivery in await read(source, len(documents))] == documents


def largest(sequence: int) -> bytes:
    heading = {"id": str(sequence), "sequence": f"{sequence:020d}", "source": "/mandate/governance", "padding": ""}
    missing = MAX_DOCUMENT_BYTES - len(orjson.dumps(heading))
    document = orjson.dumps({**heading, "padding": "x" * missing})
    assert len(document) == MAX_DOCUMENT_BYTES
    return document


async def test_a_place_that_is_no_longer_there_is_a_loss(transport: Transport) -> None:
    beyond = len(await transport.ledger.documents()) + 1_000

    async def read_on() -> None:
        async with following(transport, beyond) as source:
            await read(source, 1, patience=10)

    with pytest.raises(Loss):
        await asyncio.wait_for(read_on(), 15)


async def test_a_closed_source_leaves_nothing_behind(transport: Transport) -> None:
    before = asyncio.all_tasks()
    for cancelled in (False, True):
        async with following(transport) as source:
            waiting: Awaitable[object] = asyncio.create_task(source.receive(10, 5.0))
            await waiting
            if cancelled:
                busy = asyncio.create_task(arrived(source))
                await asyncio.sleep(0)
                busy.cancel()
                with suppress(asyncio.CancelledError):
                    await busy
    await asyncio.sleep(0.1)
    assert not {task for task in asyncio.all_tasks() - before if not task.done()}
