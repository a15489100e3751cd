"""The local broker: real Kafka, on the same port and with the same data after kill -9."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mandate_local.broker import BrokerError, KafkaBroker, available, bootstrap_from_environment
from tests.e2e.running import DEAF

pytestmark = pytest.mark.usefixtures("require_broker")


async def make_topic(bootstrap: str) -> str:
    topic = f"t-{uuid.uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    return topic


async def produce(bootstrap: str, topic: str, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        for value in values:
            await asyncio.wait_for(producer.send_and_wait(topic, value), 20)


async def consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await asyncio.wait_for(consumer.start(), 20)
    try:
        consumer.assign([TopicPartition(topic, 0)])
        return [(await asyncio.wait_for(consumer.getone(), 20)).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_what_was_produced_survives_kill_9_on_the_same_port(tmp_path: Path) -> None:
    broker = KafkaBroker(tmp_path / "kafka")
    with broker:
        bootstrap = broker.bootstrap
        topic = await make_topic(bootstrap)
        await produce(bootstrap, topic, b"1", b"2")
        assert await consume(bootstrap, topic, 2) == [b"1", b"2"]
        broker.kill()
        assert broker.pid is None
        broker.start()
        assert broker.bootstrap == bootstrap
        await produce(bootstrap, topic, b"3")
        assert await consume(bootstrap, topic, 3) == [b"1", b"2", b"3"]
    assert KafkaBroker(tmp_path / "kafka").bootstrap == bootstrap, "another process finds the same port"


def test_a_taken_port_is_an_error_that_names_it(tmp_path: Path) -> None:
    broker = KafkaBroker(tmp_path / "kafka")
    with socket.create_server(("127.0.0.1", broker.port)), pytest.raises(BrokerError, match=f"port {broker.port}"):
        broker.start()


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="no-such-role"):
        KafkaBroker(tmp_path / "kafka", settings={"process.roles": "no-such-role"}).start()


async def test_the_shared_broker(kafka: KafkaBroker) -> None:
    topic = await make_topic(kafka.bootstrap)
    await produce(kafka.bootstrap, topic, b"x")
    assert await consume(kafka.bootstrap, topic, 1) == [b"x"]


def test_the_command_prints_its_address_and_stops_when_it_is_told(tmp_path: Path) -> None:
    """By Ctrl-C, though who started it ignores that, and by SIGTERM; the broker goes with it."""
    command = [*DEAF, sys.executable, "-m", "mandate_local.broker", "--data", str(tmp_path / "kafka")]
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            host, port = line.split(":")
            socket.create_connection((host, int(port)), timeout=5).close()
            (java,) = psutil.Process(process.pid).children()
            process.send_signal(number)
            try:
                assert process.wait(30) == 0
            finally:
                process.terminate()
        assert not java.is_running()
        assert KafkaBroker(tmp_path / "kafka").bootstrap == line


def test_without_java_there_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "java" in (available() or "")


def test_the_environment_outranks_a_local_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "broker:9092")
    assert bootstrap_from_environment() == "broker:9092"
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS")
    assert bootstrap_from_environment() is None
    assert os.environ.get("KAFKA_BOOTSTRAP_SERVERS") is None
