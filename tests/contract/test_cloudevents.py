"""The CloudEvents SDK reads what is on the topic: value and headers as they come, in structured mode."""

import asyncio
import json
import uuid
from datetime import datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event

from mandate_events.document.event import JSON, Recorded
from mandate_events.published.asyncapi import CONTENT_TYPE
from mandate_events.transport.kafka import KafkaSink, declare_topics, topic_of
from mandate_events.worker.relay import Relay
from mandate_local.postgres import EmbeddedPostgres
from tests.contract.rehearsal import rehearsed
from tests.integration.ledgers import Ledger


async def messages(bootstrap: str, topic: str, count: int) -> "list[ConsumerRecord[Any, Any]]":
    """The first messages of a topic, headers and all, as any consumer gets them."""
    partition = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([partition])
        found: list[ConsumerRecord[Any, Any]] = []
        async with asyncio.timeout(20):
            while len(found) < count:
                found += (await consumer.getmany(partition, timeout_ms=500)).get(partition, [])
        return found
    finally:
        await consumer.stop()


async def relayed(ledger: Ledger, service: str, bootstrap: str) -> "list[ConsumerRecord[Any, Any]]":
    """What the relay makes of a ledger, on a topic of its own."""
    name = f"{service}-{uuid.uuid4().hex[:8]}"
    await declare_topics(bootstrap, [name])
    connection = await asyncpg.connect(ledger.dsn)
    relaying = asyncio.create_task(Relay(service, connection, KafkaSink(name, bootstrap)).run())
    try:
        return await messages(bootstrap, topic_of(name), len(await ledger.documents()))
    finally:
        relaying.cancel()
        await asyncio.wait({relaying}, timeout=8)
        await connection.close()


async def test_the_sdk_reads_each_message_as_it_comes(postgres: EmbeddedPostgres, kafka: Any) -> None:
    async with rehearsed(postgres) as rehearsal:
        for service, ledger in rehearsal.ledgers.items():
            documents = await rehearsal.documents(service)
            received = await relayed(ledger, service, kafka.bootstrap)
            assert [message.value for message in received] == documents, "byte for byte"
            for message, document in zip(received, documents, strict=True):
                check(message, document)


def check(message: "ConsumerRecord[Any, Any]", document: bytes) -> None:
    said = json.loads(document)
    assert message.key is None
    assert dict(message.headers) == {"content-type": CONTENT_TYPE.encode(), "type": said["type"].encode()}
    event = from_kafka_event(KafkaMessage(dict(message.headers), message.key, message.value))
    assert event.get_data() == said.pop("data")
    assert event.get_time() == datetime.fromisoformat(said.pop("time"))
    attributes = event.get_attributes()
    assert {name: value for name, value in attributes.items() if name != "time"} == said
    assert attributes["datacontenttype"] == JSON
    optional = {"partitionkey", "standard", "reason"}
    assert set(Recorded.__struct_fields__) - {"data"} - optional <= attributes.keys()
