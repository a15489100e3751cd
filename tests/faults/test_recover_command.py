"""`mandate-<service> recover` as an operator gives it: killed, refused, repeated."""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from mandate_events.ledger.schema import create_ledger
from mandate_events.transport.kafka import KafkaSink, declare_topics
from mandate_events.worker.process import Worker, take_lead
from mandate_local.broker import KafkaBroker
from mandate_local.postgres import EmbeddedPostgres
from tests.faults.restoring import begin, copy_roles, dump, recover, restore, run
from tests.integration.ledgers import Ledger, eventually, governing, new_ledger

pytestmark = [pytest.mark.usefixtures("require_broker"), pytest.mark.timeout(400)]


@pytest.fixture
def directory() -> Iterator[Path]:
    """Not under pytest's own directory, which it closes to PostgreSQL's account."""
    with tempfile.TemporaryDirectory(prefix="mandate-recover-") as path:
        yield Path(path).resolve()


@pytest.fixture
def broker(directory: Path) -> Iterator[KafkaBroker]:
    with KafkaBroker(directory / "kafka") as running:
        yield running


@dataclass(slots=True)
class Backup:
    """A ledger of governance that goes on for 3,000 events after its dump, all of them published."""

    server: EmbeddedPostgres
    broker: KafkaBroker
    ledger: Ledger
    file: Path

    def back(self) -> Ledger:
        name = restore(self.server, self.file)
        return Ledger("governance", self.server.dsn(name, "governance_append"), self.server.dsn(name))


@pytest.fixture
async def backup(postgres: EmbeddedPostgres, broker: KafkaBroker, directory: Path) -> Backup:
    await declare_topics(broker.bootstrap, ["governance"])
    ledger = await new_ledger(postgres, "governance")
    async with governing(ledger) as governance:
        (database,) = (await ledger.query("select current_database()"))[0]
        file = await asyncio.to_thread(dump, postgres, database, directory / "governance.dump")
        await governance.observe(1_500)
    worker = Worker("governance", ledger.dsn, KafkaSink("governance", broker.bootstrap), list)
    working = asyncio.create_task(worker.run())

    async def published() -> bool:
        rows = await ledger.query("select sequence from ledger.cursors where consumer = 'relay'")
        end = await ledger.query("select max(position) from ledger.events")
        return bool(rows) and rows[0][0] == end[0][0]

    await eventually(published, 60)
    working.cancel()
    await asyncio.wait({working}, timeout=8)
    return Backup(postgres, broker, ledger, file)


async def test_recover_killed_at_random_moments(backup: Backup) -> None:
    back = await asyncio.to_thread(backup.back)
    whole = await backup.ledger.documents()
    lengths, chance = [], random.Random(7)  # noqa: S311
    for number in range(6):
        process = begin(back.dsn, backup.broker.bootstrap)
        assert process.stdout is not None
        for line in process.stdout:  # to a moment between two transactions, and then a little into one
            if line.startswith("recorded") and chance.random() < 0.5:
                break
        await asyncio.sleep(chance.uniform(0, 0.02))
        process.kill()
        process.stdout.close()
        process.wait()
        documents = await back.documents()
        lengths.append(len(documents))
        assert documents == whole[: len(documents)], f"round {number}"
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 1, lengths
    said = await asyncio.to_thread(recover, back.dsn, backup.broker.bootstrap)
    assert said.code == 0, said.text
    assert await back.documents() == whole
    answers = await back.query("select cause from ledger.recovered")
    assert len({row[0] for row in answers}) == 1_500, "one answer for each command, however often it was broken off"


async def test_recover_says_how_it_ended(backup: Backup) -> None:
    back = await asyncio.to_thread(backup.back)
    away = await asyncio.to_thread(recover, back.dsn, "127.0.0.1:1")
    assert away.code == 3, away.text
    assert "run it again" in away.text
    local = await asyncio.to_thread(recover, back.dsn, "", MANDATE_TRANSPORT="local")
    assert local.code == 2, local.text
    leader = await asyncpg.connect(back.dsn)
    assert await take_lead(leader)
    led = await asyncio.to_thread(recover, back.dsn, backup.broker.bootstrap)
    await leader.close()
    assert led.code == 3, led.text
    assert "a worker leads governance" in led.text
    before = await back.documents()
    await back.append_raw(before[0])
    forked = await asyncio.to_thread(recover, back.dsn, backup.broker.bootstrap)
    assert forked.code == 1, forked.text
    assert f"nothing was written: governance:{len(before) + 1} is the first number" in forked.text
    assert len(await back.documents()) == len(before) + 1


def test_the_commands_of_the_handbook_work(directory: Path) -> None:
    """`pg_dumpall --roles-only`, `pg_dump`, `pg_restore`: what is granted and guarded comes back as it was."""
    with EmbeddedPostgres(directory / "one") as one, EmbeddedPostgres(directory / "other") as other:
        one.ensure_database("governance")
        run("psql", "-Xq", "-v", "ON_ERROR_STOP=1", one.dsn("governance"), text=create_ledger("governance"))
        copy_roles(one, other)
        restore(other, dump(one, "governance", directory / "governance.dump"), "governance")
        shape = ["--schema-only", "--no-comments", "--restrict-key=x"]
        texts = [run("pg_dump", *shape, f"--dbname={server.dsn('governance')}") for server in (one, other)]
        assert texts[0] == texts[1]
