"""The Kafka transport: one topic with one partition per ledger, so that Kafka's order is the ledger's.

A follower assigns the partition itself and keeps its own place in its own database, in the transaction of its effect;
consumer groups would bring rebalances and a second, weaker record of the same place (docs/adr/0004).

Every await has a time limit, by `asyncio.timeout`: `wait_for` of Python 3.11 may swallow a cancellation, and a worker
that misses its own would never stop.
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    KafkaError,
    OffsetOutOfRangeError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from mandate_events.transport.port import Delivery, Loss, TransportUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

CONTENT_TYPE: Final = b"application/cloudevents+json; charset=utf-8"
PATIENCE: Final = 10.0
"""Seconds that Kafka is given to answer. Documents on their way wait longer, and it is said once that they do."""

FAREWELL: Final = 2.0
"""Seconds that a client is given to stop. With its broker away it would take for ever."""

MAX_MESSAGE: Final = 1_048_576
KEPT: Final = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
"""The topic of a ledger is kept for ever and never compacted."""


class TopicUnfit(RuntimeError):
    """A topic exists and is not as it has to be: it would lose documents, or their order."""


def topic_of(name: str) -> str:
    """The topic of a service's ledger, or of what else has a name."""
    return f"mandate.{name}"


async def declare_topics(
    bootstrap: str, names: Sequence[str], replication: int = 1, kept: Mapping[str, str] = KEPT
) -> list[str]:
    """Create the topics that do not exist, and examine those that do. Returns those created."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        async with asyncio.timeout(60):
            await admin.start()
            return [topic for topic in map(topic_of, names) if await _declare(admin, topic, replication, kept)]
    except (KafkaError, OSError) as error:
        raise TransportUnavailable(f"cannot declare topics on Kafka at {bootstrap}: {error!r}") from error
    finally:
        await _ended(admin.close())


async def _declare(admin: AIOKafkaAdminClient, topic: str, replication: int, kept: Mapping[str, str]) -> bool:
    answer = await admin.create_topics([NewTopic(topic, 1, replication, topic_configs=dict(kept))])
    error = for_code(answer.topic_errors[0][1])
    if error is TopicAlreadyExistsError:  # made by an earlier start, or by a broker that makes topics by itself
        await _examine(admin, topic, kept)
        return False
    if answer.topic_errors[0][1]:
        raise error(f"topic {topic} cannot be created")
    return True


async def _examine(admin: AIOKafkaAdminClient, topic: str, kept: Mapping[str, str]) -> None:
    found = await _settings(admin, topic, kept)
    wrong = [f"{name}={found.get(name)} (must be {value})" for name, value in kept.items() if found.get(name) != value]
    partitions = len((await admin.describe_topics([topic]))[0]["partitions"])
    if partitions > 1:
        wrong.append(f"{partitions} partitions (must be 1)")
    if wrong:
        raise TopicUnfit(f"topic {topic} exists with {', '.join(wrong)}")


async def _settings(admin: AIOKafkaAdminClient, topic: str, kept: Mapping[str, str]) -> dict[str, str]:
    while True:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic, dict(kept))])
        ((code, message, _, _, entries),) = answer.resources
        error = for_code(code)
        if code and error is not UnknownTopicOrPartitionError:
            raise error(f"topic {topic} cannot be examined: {message}")
        if not code:
            return {entry[0]: entry[1] for entry in entries}
        await asyncio.sleep(0.1)  # somebody else is just making it


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
        await _start(consumer, self._bootstrap)
        consumer.assign([self._partition])
        consumer.seek(self._partition, place)
        self._consumer = consumer

    async def receive(self, limit: int, wait: float) -> Sequence[Delivery]:
        assert self._consumer is not None, "open the source first"
        try:
            async with asyncio.timeout(wait + PATIENCE):
                records = await self._consumer.getmany(self._partition, timeout_ms=int(wait * 1000), max_records=limit)
        except OffsetOutOfRangeError as error:
            raise Loss(f"{self._partition.topic} no longer holds what was read from it before: {error}") from error
        except (KafkaError, OSError) as error:
            raise TransportUnavailable(f"Kafka does not answer: {error!r}") from error
        # a record without a value is no document either: whoever reads it will say so
        return [
            Delivery(record.value or b"", record.offset + 1, (record.key or b"").decode(errors="replace"))
            for record in records.get(self._partition, [])
        ]

    async def behind(self) -> int | None:
        if self._consumer is None:
            return None
        end = self._consumer.highwater(self._partition)
        return None if end is None else max(0, end - await self._consumer.position(self._partition))

    async def close(self) -> None:
        if self._consumer:
            consumer, self._consumer = self._consumer, None
            await _ended(consumer.stop())


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
        await _start(producer, self._bootstrap)
        self._producer = producer

    async def publish(self, documents: Sequence[tuple[str, bytes]]) -> None:
        await self._send(
            [
                {"value": document, "headers": [("content-type", CONTENT_TYPE), ("type", type_.encode())]}
                for type_, document in documents
            ]
        )

    async def _send(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Send these in order; returns when all are durable there."""
        assert self._producer is not None, "open the sink first"
        pending: list[asyncio.Future[Any]] = []
        try:
            for record in records:
                async with asyncio.timeout(PATIENCE):
                    sent = await self._producer.send(self._topic, partition=0, **record)
                pending.append(sent)
            await self._durable(pending)
        except (KafkaError, OSError) as error:
            raise TransportUnavailable(f"Kafka did not take the documents: {error!r}") from error
        finally:
            for future in pending:
                if not future.cancel() and not future.cancelled():
                    future.exception()  # seen: the first of them was raised

    @staticmethod
    async def _durable(pending: Sequence["asyncio.Future[Any]"]) -> None:
        """Wait for all; with the broker down the producer keeps them in order and sends them when it is back."""
        waiting = set(pending)
        said = False
        while waiting:
            done, waiting = await asyncio.wait(waiting, timeout=PATIENCE)
            for future in done:
                future.result()
            if waiting and not done and not said:
                log.warning("Kafka does not answer; %d documents wait for it", len(waiting))
                said = True

    async def last(self) -> bytes | None:
        """Read the end of the topic with a consumer of its own."""
        source = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await _start(source, self._bootstrap)
        last = await _patiently(
            _read_end(source, TopicPartition(self._topic, 0)), source, f"at the end of {self._topic}"
        )
        await _ended(source.stop())
        return last

    async def close(self) -> None:
        if self._producer is None:
            return
        producer, self._producer = self._producer, None
        stopping = asyncio.create_task(producer.stop())
        if not (await asyncio.wait({stopping}, timeout=FAREWELL))[0]:
            # It waits for its broker. What it was to send is in the ledger: it must not send it at some later time.
            # aiokafka has no word for giving up.
            sender, held = producer._sender.sender_task, producer._message_accumulator  # noqa: SLF001
            sender.cancel()
            await _ended(producer.client.close())
            await _ended(sender)
            pending = held._pending_batches  # noqa: SLF001
            pending.update(chain.from_iterable(held._batches.values()))  # noqa: SLF001 - where their callbacks seek them
            for batch in list(pending):
                batch.done_noack()  # nobody waits for it any more, except `stop`
        await _ended(stopping)
        await _ended(producer.client.close())  # it may have connected again meanwhile


async def _read_end(source: AIOKafkaConsumer, partition: TopicPartition) -> bytes | None:
    source.assign([partition])
    end = (await source.end_offsets([partition]))[partition]
    begin = (await source.beginning_offsets([partition]))[partition]
    if end == begin:
        return None
    source.seek(partition, end - 1)
    return (await source.getone(partition)).value or b""


async def _start(client: AIOKafkaConsumer | AIOKafkaProducer, bootstrap: str) -> None:
    await _patiently(client.start(), client, f"at {bootstrap}")


async def _patiently(answering: Coroutine[Any, Any, T], client: AIOKafkaConsumer | AIOKafkaProducer, where: str) -> T:
    """Wait for the answer, or leave nothing of the client behind."""
    task = asyncio.create_task(answering)
    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.shield(task)
    except BaseException as error:
        farewell = asyncio.create_task(_abandon(task, client))
        _farewells.add(farewell)
        farewell.add_done_callback(_farewells.discard)
        if isinstance(error, (KafkaError, OSError)):
            raise TransportUnavailable(f"cannot reach Kafka {where}: {error!r}") from error
        raise


_farewells: set["asyncio.Task[None]"] = set()


async def _abandon(task: "asyncio.Task[Any]", client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """What is cancelled while it connects would leave its connection open: let it come to its end, then stop."""
    if not (await asyncio.wait({task}, timeout=PATIENCE))[0]:
        task.cancel()
    elif not task.cancelled():
        task.exception()
    await _ended(client.stop())


async def _ended(stopping: "Coroutine[Any, Any, None] | asyncio.Task[None]") -> None:
    """Let a client stop, in a task of its own: it may take for ever, and it swallows cancellations."""
    task = asyncio.ensure_future(stopping)
    done, _ = await asyncio.wait({task}, timeout=FAREWELL)
    if not done:
        task.cancel()
    elif not task.cancelled() and (error := task.exception()):
        log.debug("a Kafka client did not stop in order: %r", error)
