"""The Kafka transport: one topic with one partition per ledger, so that Kafka's order is the ledger's.

A follower assigns the partition itself and keeps its own place in its own database, in the transaction of its effect;
consumer groups would bring rebalances and a second, weaker record of the same place (docs/adr/0004).
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from mandate_events.transport import Delivery

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = b"application/cloudevents+json; charset=utf-8"
PATIENCE: Final = 10.0
"""Seconds after which it is said once that Kafka does not answer; the wait goes on."""

MAX_MESSAGE: Final = 1_048_576


class TransportUnavailable(ConnectionError):
    """Kafka cannot be reached or does not answer; try again later."""


def topic_of(service: str) -> str:
    return f"mandate.{service}"


async def declare_topics(bootstrap: str, services: Sequence[str], replication: int = 1) -> list[str]:
    """Create the topics that do not exist: one partition, kept for ever, never compacted. Returns those created."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    settings = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
    created = []
    await asyncio.wait_for(admin.start(), 30)
    try:
        for service in services:
            topic = NewTopic(topic_of(service), 1, replication, topic_configs=settings)
            answer = await admin.create_topics([topic])
            for name, code, *_ in answer.topic_errors:
                error = for_code(code)
                if error is TopicAlreadyExistsError:
                    continue
                if code:
                    raise error(f"topic {name} cannot be created")
                created.append(name)
    finally:
        await admin.close()
    return created


class KafkaSource:
    """Follows one service's topic. `place` is the offset to read next."""

    def __init__(self, name: str, bootstrap: str) -> None:
        self.name = name
        self._bootstrap = bootstrap
        self._partition = TopicPartition(topic_of(name), 0)
        self._consumer: AIOKafkaConsumer | None = None

    async def open(self, place: int) -> None:
        await self.close()
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=500,
            max_partition_fetch_bytes=4 * MAX_MESSAGE,
        )
        try:
            await asyncio.wait_for(consumer.start(), PATIENCE)
        except (KafkaError, TimeoutError, OSError) as error:
            with suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(consumer.stop(), 2)
            raise TransportUnavailable(f"cannot reach Kafka at {self._bootstrap}: {error!r}") from error
        consumer.assign([self._partition])
        consumer.seek(self._partition, place)
        self._consumer = consumer

    async def receive(self, limit: int, wait: float) -> Sequence[Delivery]:
        assert self._consumer is not None, "open the source first"
        try:
            records = await asyncio.wait_for(
                self._consumer.getmany(self._partition, timeout_ms=int(wait * 1000), max_records=limit),
                wait + PATIENCE,
            )
        except TimeoutError as error:
            raise TransportUnavailable("Kafka does not answer") from error
        return [
            Delivery(document=record.value, place=record.offset + 1)
            for record in records.get(self._partition, [])
            if record.value is not None
        ]

    async def behind(self) -> int | None:
        if self._consumer is None:
            return None
        end = self._consumer.highwater(self._partition)
        return None if end is None else max(0, end - await self._consumer.position(self._partition))

    async def close(self) -> None:
        if self._consumer:
            consumer, self._consumer = self._consumer, None
            with suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(consumer.stop(), 5)


class KafkaSink:
    """Publishes one service's ledger with the idempotent producer."""

    def __init__(self, service: str, bootstrap: str) -> None:
        self._topic = topic_of(service)
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> None:
        await self.close()
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, enable_idempotence=True, acks="all", linger_ms=0,
            max_request_size=MAX_MESSAGE,
        )  # fmt: skip
        try:
            await asyncio.wait_for(producer.start(), PATIENCE)
        except (KafkaError, TimeoutError, OSError) as error:
            with suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(producer.stop(), 2)
            raise TransportUnavailable(f"cannot reach Kafka at {self._bootstrap}: {error!r}") from error
        self._producer = producer

    async def publish(self, documents: Sequence[tuple[str, bytes]]) -> None:
        assert self._producer is not None, "open the sink first"
        pending: set[asyncio.Future[Any]] = set()
        try:
            for type_, document in documents:
                headers = [("content-type", CONTENT_TYPE), ("ce_type", type_.encode())]
                sent = self._producer.send(self._topic, value=document, headers=headers, partition=0)
                pending.add(await asyncio.wait_for(sent, PATIENCE))
            await self._all(pending)
        except (KafkaError, TimeoutError, OSError) as error:
            for future in pending:
                future.cancel()
            raise TransportUnavailable(f"Kafka did not take the documents: {error!r}") from error

    @staticmethod
    async def _all(pending: set[asyncio.Future[Any]]) -> None:
        """Wait for all; with the broker down the producer keeps them in order and sends them when it is back."""
        said = False
        while pending:
            done, pending = await asyncio.wait(pending, timeout=PATIENCE)
            for future in done:
                future.result()
            if pending and not done and not said:
                log.warning("Kafka does not answer; %d documents wait for it", len(pending))
                said = True

    async def last(self) -> bytes | None:
        """Read the end of the topic with a consumer of its own."""
        partition = TopicPartition(self._topic, 0)
        source = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        try:
            await asyncio.wait_for(source.start(), PATIENCE)
            source.assign([partition])
            end = (await asyncio.wait_for(source.end_offsets([partition]), PATIENCE))[partition]
            begin = (await asyncio.wait_for(source.beginning_offsets([partition]), PATIENCE))[partition]
            if end == begin:
                return None
            source.seek(partition, end - 1)
            record = await asyncio.wait_for(source.getone(partition), PATIENCE)
        except (KafkaError, TimeoutError, OSError) as error:
            raise TransportUnavailable(f"cannot read the end of {self._topic}: {error!r}") from error
        else:
            value: bytes | None = record.value
            return value
        finally:
            with suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(source.stop(), 5)

    async def close(self) -> None:
        if self._producer:
            producer, self._producer = self._producer, None
            with suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(producer.stop(), 5)
