"""Workers that are killed at random, a broker that is stopped under load: everything arrives, once and in order.

Real processes, started as operations start them. A failed run prints its seed: `MANDATE_FAULT_SEED=... make faults`.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from mandate_events.worker.process import LEADER
from mandate_local.broker import KafkaBroker
from mandate_local.postgres import EmbeddedPostgres
from tests.integration.ledgers import Governance, Ledger, deduplicated, eventually, governing, topic_of

CAMPAIGN = "MANDATE_FAULT_ROUNDS" in os.environ
ROUNDS = int(os.environ.get("MANDATE_FAULT_ROUNDS", "3"))
OUTAGE = 60.0 if CAMPAIGN else 10.0
SEED = int(os.environ.get("MANDATE_FAULT_SEED", random.SystemRandom().randrange(2**32)))

pytestmark = [pytest.mark.usefixtures("require_broker"), pytest.mark.timeout(240 + 20 * ROUNDS + 3 * OUTAGE)]


@dataclass(slots=True)
class Stage:
    """Two services in their processes, one broker, two ledgers."""

    broker: KafkaBroker
    governance: Ledger
    projects: Ledger
    directory: Path
    workers: list["Process"] = field(default_factory=list)

    def environment(self, service: str) -> dict[str, str]:
        ledger: Ledger = getattr(self, service)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MANDATE_")}
        return inherited | {
            "MANDATE_PRODUCTION": "false",
            "MANDATE_DATABASE": ledger.dsn,
            "MANDATE_MIGRATE_DATABASE": ledger.owner,
            "MANDATE_ISSUER_URL": "http://127.0.0.1/identity",
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap,
        }

    def start(self, service: str, command: str = "worker") -> "Process":
        log = self.directory / f"{service}-{command}-{uuid.uuid4().hex[:6]}.log"
        with log.open("wb") as out:
            program = str(Path(sys.executable).with_name(f"mandate-{service}"))
            popen = subprocess.Popen([program, command], env=self.environment(service), stdout=out, stderr=out)
        process = Process(service, popen, log)
        self.workers.append(process)
        return process

    async def arrived(self) -> bool:
        return len(await self.recognised()) >= len(await self.given())

    async def given(self) -> list[int]:
        """The events of governance that projects has to recognise."""
        kinds = (
            "mandate.governance.mandate-given.v1",
            "mandate.governance.mandate-withdrawn.v1",
        )
        rows = await self.governance.query(
            "select position from ledger.events where type = any($1) order by position", kinds
        )
        return [row[0] for row in rows]

    async def recognised(self) -> list[int]:
        """Of which events projects recorded a recognition, in the order of its ledger."""
        rows = await self.projects.query(
            """select (convert_from(document, 'utf8')::jsonb #>> '{data,origin,sequence}')::bigint as origin
               from ledger.events where type like 'mandate.projects.mandate-%' order by position"""
        )
        return [row["origin"] for row in rows]

    async def check(self) -> None:
        """Once, in order, byte for byte, and nothing put aside."""
        await eventually(self.arrived, 90, "not everything arrived")
        given, recognised = await self.given(), await self.recognised()
        assert {number: count for number, count in Counter(recognised).items() if count > 1} == {}
        assert recognised == given
        for ledger in (self.governance, self.projects):

            async def sent(ledger: Ledger = ledger) -> bool:
                rows = await ledger.query("select sequence from ledger.cursors where consumer = 'relay'")
                last = (await ledger.query("select max(position) from ledger.events"))[0][0]
                return bool(rows) and rows[0][0] == last

            await eventually(sent, 60, f"{ledger.service} did not send everything")
            topic = await topic_of(ledger.service, self.broker.bootstrap)
            assert deduplicated(topic) == await ledger.documents()
            assert await ledger.query("select * from ledger.parked") == []

    def end_all(self) -> None:
        for worker in self.workers:
            worker.kill()
        self.workers.clear()


@dataclass(frozen=True, slots=True)
class Process:
    service: str
    popen: "subprocess.Popen[bytes]"
    log: Path

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    def messages(self) -> list[str]:
        return [orjson.loads(line)["message"] for line in self.log.read_text().splitlines() if line.startswith("{")]

    @property
    def leads(self) -> bool:
        return f"this worker leads {self.service}" in self.messages()

    async def leading(self, patience: float = 90.0) -> "Process":
        async def leads() -> bool:
            assert self.popen.poll() is None, self.log.read_text()
            return self.leads

        await eventually(leads, patience, f"{self.service} does not lead: {self.log}")
        return self

    async def terminated(self, within: float) -> None:
        """SIGTERM, and a clean end: no error, no traceback."""
        begin = time.monotonic()
        self.popen.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.popen.wait, 30)
        text = self.log.read_text()
        assert code == 0, text
        assert time.monotonic() - begin < within, text
        assert "Traceback" not in text, text
        assert "exception" not in text.lower(), text
        assert self.messages()[-1] == f"the worker of {self.service} has stopped"


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaBroker]:
    with tempfile.TemporaryDirectory(prefix="mandate-kafka-") as directory, KafkaBroker(directory) as running:
        yield running


@pytest.fixture(scope="module")
async def stage(postgres: EmbeddedPostgres, broker: KafkaBroker) -> AsyncIterator[Stage]:
    ledgers = {}
    for service in ("governance", "projects"):
        name = f"{service}_{uuid.uuid4().hex[:8]}"
        await asyncio.to_thread(postgres.ensure_database, name)
        ledgers[service] = Ledger(service, postgres.dsn(name, user=f"{service}_append"), postgres.dsn(name))
    with tempfile.TemporaryDirectory(prefix="mandate-faults-") as directory:
        stage = Stage(broker, ledgers["governance"], ledgers["projects"], Path(directory))
        try:
            yield stage
        finally:
            stage.end_all()


@pytest.fixture(scope="module")
async def governance(stage: Stage) -> AsyncIterator[Governance]:
    async with governing(stage.governance) as running:
        yield running


@asynccontextmanager
async def load(governance: Governance) -> AsyncIterator[None]:
    """Decisions in quick succession, among them some that are taken back."""
    go_on = True

    async def decide() -> None:
        while go_on:
            await governance.observe(8)
            await governance.come_and_go()
            await asyncio.sleep(0.05)

    deciding = asyncio.create_task(decide())
    try:
        yield
    finally:
        go_on = False
        await deciding


async def test_three_migrations_at_once(stage: Stage) -> None:
    """Several instances that start together: the database and the topic are made once."""
    processes = [stage.start(service, "migrate") for service in ("governance", "governance", "governance", "projects")]
    for process in processes:
        assert await asyncio.to_thread(process.popen.wait, 60) == 0, process.log.read_text()
    said = " ".join(message for process in processes[:3] for message in process.messages())
    assert said.count("topics created: mandate.governance") == 1, said
    assert said.count("topics created: none, they exist") == 2, said
    assert said.count("(was None)") == 1, said


async def test_workers_killed_at_random_moments(stage: Stage, governance: Governance) -> None:
    print(f"MANDATE_FAULT_SEED={SEED}")  # noqa: T201 - shown when it fails
    chance = random.Random(SEED)  # noqa: S311
    workers = {service: stage.start(service) for service in ("governance", "projects")}
    for worker in workers.values():
        await worker.leading()
    async with load(governance):
        for _ in range(ROUNDS):
            await asyncio.sleep(chance.uniform(0.0, 2.5))  # during its start, too
            for service in chance.choice([["governance"], ["projects"], ["governance", "projects"]]):
                workers[service].kill()
                await asyncio.sleep(chance.uniform(0.0, 0.3))
                workers[service] = stage.start(service)
    await stage.check()
    stage.end_all()


async def test_kafka_stopped_under_load(stage: Stage, governance: Governance) -> None:
    for service in ("governance", "projects"):
        await stage.start(service).leading()
    async with load(governance):
        await asyncio.sleep(0.5)
        await asyncio.to_thread(stage.broker.kill)
        await asyncio.sleep(OUTAGE)
        before = len(await stage.governance.documents())
        await asyncio.sleep(0.5)
        assert len(await stage.governance.documents()) > before, "commands go on"
        await asyncio.to_thread(stage.broker.start)
    await stage.check()
    stage.end_all()


@pytest.mark.parametrize("end", ["killed", "terminated"])
async def test_the_second_worker_takes_over(stage: Stage, governance: Governance, end: str) -> None:
    """For each service, under load: the leader ends, and the one that stood by leads within seconds."""
    others = {}
    for service in ("governance", "projects"):
        first = await stage.start(service).leading()
        others[service] = (first, stage.start(service))
    await asyncio.sleep(2.5)
    async with load(governance):
        for first, second in others.values():
            assert not second.leads
            begin = time.monotonic()
            if end == "killed":
                first.kill()
            else:
                await first.terminated(10.0)
                begin = time.monotonic()
            await second.leading(5.0)
            assert time.monotonic() - begin < 5
        await asyncio.sleep(0.5)
    await governance.observe(20)
    await stage.check()
    stage.end_all()


@pytest.mark.parametrize("kafka_is", ["there", "away from the beginning", "gone under load"])
async def test_a_worker_stops_promptly_on_sigterm(stage: Stage, governance: Governance, kafka_is: str) -> None:
    if kafka_is == "away from the beginning":
        await asyncio.to_thread(stage.broker.stop)
    workers = [await stage.start(service).leading() for service in ("governance", "projects")]
    async with load(governance):
        await asyncio.sleep(1.0)
        if kafka_is == "gone under load":
            await asyncio.to_thread(stage.broker.kill)
            await asyncio.sleep(1.0)
        await asyncio.gather(*(worker.terminated(10.0) for worker in workers))
    held = "select * from pg_locks join pg_database d on d.oid = database where locktype = 'advisory' and objid = $1"
    rows = await stage.governance.query(held, LEADER)
    assert not [row for row in rows if row["datname"] in stage.governance.owner + stage.projects.owner]
    await asyncio.to_thread(stage.broker.start)
    if kafka_is == "gone under load":
        for service in ("governance", "projects"):
            stage.start(service)
        await stage.check()
    stage.end_all()
