"""The relay sends the ledger in order, by one leader, through crashes, outages and databases that were set back."""

import asyncio
import gc
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from prometheus_client import REGISTRY

from mandate_events.ledger.home import LedgerBehindTopic
from mandate_events.transport.kafka import KafkaSink, TopicUnfit, declare_topics
from mandate_events.transport.port import Fenced
from mandate_events.worker.process import Worker
from mandate_events.worker.relay import Relay
from mandate_local.broker import KafkaBroker
from mandate_local.postgres import EmbeddedPostgres
from tests.integration.ledgers import (
    Governance,
    Ledger,
    changed,
    deduplicated,
    eventually,
    governing,
    new_ledger,
    topic_of,
)


@dataclass(frozen=True, slots=True)
class Outbox:
    """A ledger of ten people, and a topic of its own for it."""

    ledger: Ledger
    governance: Governance
    bootstrap: str
    topic: str

    def sink(self) -> KafkaSink:
        return KafkaSink(self.topic, self.bootstrap)

    @asynccontextmanager
    async def relay(self) -> AsyncIterator[Relay]:
        """On a leader's connection, not yet running."""
        connection = await asyncpg.connect(self.ledger.dsn)
        try:
            yield Relay("governance", connection, self.sink())
        finally:
            await connection.close()

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator["asyncio.Task[None]"]:
        async with self.relay() as relay:
            task = asyncio.create_task(relay.run())
            try:
                yield task
            finally:
                task.cancel()
                _, pending = await asyncio.wait({task}, timeout=8)
                assert not pending, "a cancelled relay ends"

    async def sent(self) -> list[bytes]:
        return await topic_of(self.topic, self.bootstrap)

    async def cursor(self) -> int:
        rows = await self.ledger.query("select sequence from ledger.cursors where consumer = 'relay'")
        return rows[0][0] if rows else 0

    async def up_to_date(self) -> bool:
        return await self.cursor() == len(await self.ledger.documents())


@pytest.fixture
async def outbox(postgres: EmbeddedPostgres, kafka: Any) -> AsyncIterator[Outbox]:
    topic = f"governance-{uuid.uuid4().hex[:8]}"
    await declare_topics(kafka.bootstrap, [topic])
    ledger = await new_ledger(postgres, "governance")
    async with governing(ledger) as governance:
        await governance.observe(10)
        yield Outbox(ledger, governance, kafka.bootstrap, topic)


def age() -> float:
    value = REGISTRY.get_sample_value("mandate_outbox_age_seconds", {"service": "governance"})
    assert value is not None
    return value


async def test_it_sends_everything_once_and_in_order(outbox: Outbox) -> None:
    async with outbox.relaying():
        for _ in range(20):
            await outbox.governance.observe(5)
            await outbox.governance.come_and_go()
        await eventually(outbox.up_to_date)
        assert age() == 0
    assert await outbox.sent() == await outbox.ledger.documents()


async def test_a_second_relay_is_fenced(outbox: Outbox) -> None:
    async with outbox.relay() as one, outbox.relay() as two:
        await one._open()
        await two._open()
        assert await one.step()
        with pytest.raises(Fenced):
            await two.step()
        for relay in (one, two):
            await relay._sink.close()
    assert deduplicated(await outbox.sent()) == await outbox.ledger.documents()


async def test_a_restart_sends_again_at_most_what_it_had_not_noted(outbox: Outbox) -> None:
    async with outbox.relay() as relay:
        await relay._open()

        async def crash(_sequence: int) -> None:
            raise KeyboardInterrupt

        relay._move = crash  # type: ignore[method-assign, assignment]
        with pytest.raises(KeyboardInterrupt):
            await relay.step()
        await relay._sink.close()
    assert await outbox.cursor() == 0
    async with outbox.relaying():
        await outbox.governance.observe()
        await eventually(outbox.up_to_date)
    assert await outbox.sent() == await outbox.ledger.documents(), "the end of the topic told it where to go on"


async def test_restarts_at_any_moment_under_load(outbox: Outbox) -> None:
    loading = asyncio.create_task(outbox.governance.observe(600))
    for number in range(8):
        async with outbox.relaying():
            await asyncio.sleep(0.02 * number)
    await loading
    async with outbox.relaying():
        await eventually(outbox.up_to_date)
    assert deduplicated(await outbox.sent()) == await outbox.ledger.documents()
    gc.collect()  # a client that was left open would be found here


@pytest.mark.parametrize("kind", ["ahead", "other bytes", "garbage"])
async def test_a_ledger_that_contradicts_its_topic_is_not_relayed(outbox: Outbox, kind: str) -> None:
    documents = await outbox.ledger.documents()
    last = {
        "ahead": changed(documents[-1], sequence=f"{len(documents) + 1:020d}"),
        "other bytes": changed(documents[-1], actor="before the restore"),
        "garbage": b"\xff",
    }[kind]
    sink = outbox.sink()
    await sink.open()
    await sink.publish([("type", last)])
    await sink.close()
    async with outbox.relaying() as task:
        with pytest.raises(LedgerBehindTopic):
            await asyncio.wait_for(task, 15)
    assert await outbox.sent() == [last]


async def test_what_a_topic_lost_is_sent_again(outbox: Outbox) -> None:
    """A broker that came back without its end, or empty: the record is the ledger, not the cursor."""
    documents = await outbox.ledger.documents()
    sink = outbox.sink()
    await sink.open()
    await sink.publish([("type", document) for document in documents[:10]])
    await sink.close()
    await outbox.ledger.query(
        "insert into ledger.cursors (consumer, source, sequence) values ('relay', 'governance', $1)", len(documents)
    )
    async with outbox.relaying():
        await outbox.governance.observe()

        async def complete() -> bool:
            return await outbox.sent() == await outbox.ledger.documents()

        await eventually(complete)


async def test_commands_go_on_while_kafka_is_away(
    postgres: EmbeddedPostgres, tmp_path: Path, require_broker: None
) -> None:
    """Fifteen seconds without the broker: the age of the outbox shows it, and afterwards nothing is missing."""
    broker = KafkaBroker(tmp_path / "kafka")
    with broker:
        topic = f"governance-{uuid.uuid4().hex[:8]}"
        await declare_topics(broker.bootstrap, [topic])
        ledger = await new_ledger(postgres, "governance")
        async with governing(ledger) as governance:
            outbox = Outbox(ledger, governance, broker.bootstrap, topic)
            async with outbox.relaying():
                await governance.observe(50)
                await eventually(outbox.up_to_date)
                await asyncio.to_thread(broker.kill)
                end, slowest = time.monotonic() + 11, 0.0
                while time.monotonic() < end:
                    begin = time.monotonic()
                    await governance.observe(5)
                    slowest = max(slowest, time.monotonic() - begin)
                    await asyncio.sleep(0.1)
                assert slowest < 1.5, "a command does not wait for Kafka"
                assert age() > 8
                await asyncio.to_thread(broker.start)
                await governance.observe(5)
                await eventually(outbox.up_to_date, 40)
                assert age() == 0
            assert deduplicated(await outbox.sent()) == await ledger.documents()


# --- the topic ---


async def test_a_topic_that_would_lose_documents_is_refused(kafka: Any) -> None:
    """As a broker makes it that creates topics by itself: kept for a week. Migrating must not pass over that."""
    name = f"governance-{uuid.uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(f"mandate.{name}", 2, 1)])
    await admin.close()
    with pytest.raises(TopicUnfit, match=r"retention.ms=604800000 \(must be -1\).*2 partitions"):
        await declare_topics(kafka.bootstrap, [name])


async def test_topics_are_declared_once_however_many_do_it(kafka: Any) -> None:
    name = f"governance-{uuid.uuid4().hex[:8]}"
    created = await asyncio.gather(*(declare_topics(kafka.bootstrap, [name]) for _ in range(8)))
    assert sorted(created) == [[]] * 7 + [[f"mandate.{name}"]]


# --- the worker that leads ---


async def test_a_worker_that_loses_its_connection_leads_again(outbox: Outbox) -> None:
    worker = Worker("governance", outbox.ledger.dsn, outbox.sink(), list)
    running = asyncio.create_task(worker.run())
    try:
        await eventually(outbox.up_to_date)
        cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mandate-leader'"
        for _ in range(3):
            assert await outbox.ledger.query(cut)
            await outbox.governance.observe(3)
            await eventually(outbox.up_to_date)
        assert not running.done()
    finally:
        running.cancel()
        _, pending = await asyncio.wait({running}, timeout=8)
        assert not pending
    assert deduplicated(await outbox.sent()) == await outbox.ledger.documents()


async def test_a_worker_that_is_fenced_stands_by_again(outbox: Outbox) -> None:
    """Somebody who moved its cursor is no reason to end: it does not lead any more, or leads again."""
    worker = Worker("governance", outbox.ledger.dsn, outbox.sink(), list)
    running = asyncio.create_task(worker.run())
    try:
        await eventually(outbox.up_to_date)
        await outbox.ledger.query("update ledger.cursors set sequence = 3 where consumer = 'relay'")
        await outbox.governance.observe(3)
        await eventually(outbox.up_to_date)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait({running}, timeout=8)
    assert deduplicated(await outbox.sent()) == await outbox.ledger.documents()
