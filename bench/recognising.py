"""From a decision in governance to its recognition in projects, through real workers and real Kafka."""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from bench.comparison import Comparison
from bench.databases import DOCUMENT, fresh_ledger
from bench.workload import PMO_1, prepare_drafts, submission
from governance.main import GOVERNANCE
from governance.office.office import OFFICE, THE_OFFICE, AppointObserver
from mandate_events.ledger.store import Store
from mandate_events.transport.kafka import declare_topics
from mandate_local.postgres import EmbeddedPostgres
from projects.main import PROJECTS

SAMPLES = 150


class Recognition:
    """Governance and projects with a worker each; one decision at a time is timed until projects has committed it."""

    def __init__(self, postgres: EmbeddedPostgres, bootstrap: str) -> None:
        self._postgres = postgres
        self._bootstrap = bootstrap

    def comparisons(self) -> Sequence[Comparison]:
        return [
            Comparison(
                "governance commit to recognised in projects, over Kafka, p50",
                "us",
                "two bare commits and one bare produce-to-consume",
                0.6,
                self._ours,
                self._bare,
                lower_is_better=True,
            )
        ]

    async def _ours(self) -> float:
        ledgers = {
            "governance": await fresh_ledger(self._postgres, GOVERNANCE),
            "projects": await fresh_ledger(self._postgres, PROJECTS),
        }
        await _fresh_topics(self._bootstrap)
        async with (
            Store(GOVERNANCE, ledgers["governance"]) as store,
            _worker("governance", ledgers["governance"], self._bootstrap),
            _worker("projects", ledgers["projects"], self._bootstrap),
        ):
            await prepare_drafts(store, 1)
            follower = await asyncpg.connect(ledgers["projects"])
            heard = asyncio.Event()
            await follower.add_listener("ledger", lambda *_: heard.set())
            with suppress(TimeoutError):  # until the workers have taken over and are idle
                while True:
                    heard.clear()
                    await asyncio.wait_for(heard.wait(), 8)
            times = []
            for _ in range(SAMPLES):
                heard.clear()
                begun = time.perf_counter()
                command = AppointObserver(person=str(uuid4()), reason="Measured")
                await store.submit(submission(OFFICE, THE_OFFICE, command, PMO_1))
                await asyncio.wait_for(heard.wait(), 10)
                times.append(time.perf_counter() - begun)
                await asyncio.sleep(0.01)
            await follower.close()
        return statistics.median(times) * 1e6

    async def _bare(self) -> float:
        dsn = await fresh_ledger(self._postgres, PROJECTS)
        connection = await asyncpg.connect(dsn)
        commits = []
        for _ in range(SAMPLES):
            begun = time.perf_counter()
            await connection.execute(
                "insert into raw (stream, version, document) values ($1, 1, $2)", uuid4().hex, DOCUMENT
            )
            commits.append(time.perf_counter() - begun)
        await connection.close()
        return (2 * statistics.median(commits) + await self._bare_kafka()) * 1e6

    async def _bare_kafka(self) -> float:
        await declare_topics(self._bootstrap, ["bench-bare"])
        partition = TopicPartition("mandate.bench-bare", 0)
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, enable_idempotence=True, acks="all", linger_ms=0)
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await producer.start()
        await consumer.start()
        consumer.assign([partition])
        await consumer.seek_to_end(partition)
        times = []
        for _ in range(SAMPLES):
            begun = time.perf_counter()
            sent = await producer.send(partition.topic, DOCUMENT, partition=0)
            await consumer.getone(partition)
            times.append(time.perf_counter() - begun)
            await sent
        await consumer.stop()
        await producer.stop()
        return statistics.median(times)


async def _fresh_topics(bootstrap: str) -> None:
    """Each measurement begins with empty topics, as its ledgers are empty."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    names = [name for name in ("mandate.governance", "mandate.projects") if name in await admin.list_topics()]
    if names:
        await admin.delete_topics(names)
        await asyncio.sleep(1)
    await admin.close()
    await declare_topics(bootstrap, ["governance", "projects"])


@asynccontextmanager
async def _worker(service: str, dsn: str, bootstrap: str) -> AsyncIterator[None]:
    environment = {
        **os.environ,
        "MANDATE_PRODUCTION": "false",
        "MANDATE_DATABASE": dsn,
        "MANDATE_ISSUER_URL": "http://127.0.0.1/bench",
        "MANDATE_LOG_LEVEL": "error",
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
    }
    code = f"from {service}.main import cli; cli()"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, "worker", env=environment)
    try:
        yield
    finally:
        child.terminate()
        await child.wait()
