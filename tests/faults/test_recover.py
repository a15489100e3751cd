"""A ledger that was restored to an earlier point than its topic: it takes no commands, and loses nothing."""

import asyncio
import tempfile
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from governance.main import GOVERNANCE
from mandate_events.deciding.batch import Submission
from mandate_events.deciding.outcome import Accepted, Denied, LedgerBehind
from mandate_events.document.event import GENESIS
from mandate_events.ledger.store import Store
from mandate_events.transport.kafka import KafkaSink, KafkaSource, declare_topics
from mandate_events.transport.port import Fork, Garbled, Loss
from mandate_events.worker.process import Worker, take_lead
from mandate_events.worker.recovery import AnotherLeads, Recovered, recover
from mandate_local.postgres import EmbeddedPostgres
from tests.faults.restoring import copy_blobs, dump, restore
from tests.integration.ledgers import changed, deduplicated, eventually, topic_of
from tests.integration.offices import ZOE, OfficeLedger, draft, found, revise

NOWHERE = "127.0.0.1:1"
"""A Kafka that is away."""


@dataclass(slots=True)
class Site:
    """A ledger of an office, its topic, and the databases it was restored to."""

    ledger: OfficeLedger
    topic: str
    bootstrap: str
    directory: Path

    def sink(self, bootstrap: str | None = None) -> KafkaSink:
        return KafkaSink(self.topic, bootstrap or self.bootstrap)

    def store(self, bootstrap: str | None = None) -> Store:
        """As a process of the service opens it: with the rights of its role, and with its topic."""
        dsn = self.ledger.postgres.dsn(self.ledger.name, "governance_append")
        return Store(GOVERNANCE, dsn, topic=self.sink(bootstrap))

    async def connect(self) -> "asyncpg.Connection[Any]":
        return await self.ledger.connect("governance_append")

    @asynccontextmanager
    async def working(self) -> AsyncIterator["asyncio.Task[None]"]:
        dsn = self.ledger.postgres.dsn(self.ledger.name, "governance_append")
        task = asyncio.create_task(Worker("governance", dsn, self.sink(), list).run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=8)

    async def publish(self) -> None:
        async with self.working():
            await eventually(self.published)

    async def published(self) -> bool:
        rows = await self.ledger.fetch("select sequence from ledger.cursors where consumer = 'relay'")
        last = await self.ledger.fetch("select max(position) from ledger.events")
        return bool(rows) and rows[0][0] == last[0][0]

    async def send(self, *documents: bytes) -> None:
        """Put documents on the topic that no relay of this ledger would."""
        sink = self.sink()
        await sink.open()
        await sink.publish([("type", document) for document in documents])
        await sink.close()

    async def dump(self) -> Path:
        return await asyncio.to_thread(
            dump, self.ledger.postgres, self.ledger.name, self.directory / uuid.uuid4().hex[:8]
        )

    async def restored(self, file: Path, postgres: EmbeddedPostgres | None = None) -> "Site":
        server = postgres or self.ledger.postgres
        name = await asyncio.to_thread(restore, server, file)
        return Site(OfficeLedger(server, name), self.topic, self.bootstrap, self.directory)

    async def bytes(self) -> list[bytes]:
        return [row[0] for row in await self.ledger.fetch("select document from ledger.events order by position")]

    async def rows(self) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.ledger.fetch("select * from ledger.events order by position")]

    async def recover(self, said: list[str] | None = None) -> Recovered:
        connection = await self.connect()
        try:
            source = KafkaSource(self.topic, self.bootstrap)
            return await recover(GOVERNANCE, connection, source, self.sink(), (said or []).append)
        finally:
            await connection.close()


@pytest.fixture
async def site(postgres: EmbeddedPostgres, kafka: Any, tmp_path: Path) -> Site:
    topic = f"governance-{uuid.uuid4().hex[:8]}"
    await declare_topics(kafka.bootstrap, [topic])
    name = f"governance_{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(postgres.ensure_database, name)
    ledger = OfficeLedger(postgres, name)
    await found(ledger)
    return Site(ledger, topic, kafka.bootstrap, tmp_path)


@dataclass(frozen=True, slots=True)
class Later:
    """What happened after the dump, with the answers that were given."""

    file: Path
    submissions: Sequence[Submission]
    answers: Sequence[Accepted | Denied]


async def lose_a_tail(site: Site) -> Later:
    """A ledger is dumped, goes on and is published to its end. What goes on can be done any number of times."""
    async with site.store() as store:
        await store.submit(draft("before"))
        file = await site.dump()
        submissions = [draft("after", text="a document of its own"), *(revise("before", f"{n}") for n in range(5))]
        answers: list[Accepted | Denied] = [await store.submit(submission) for submission in submissions]
        submissions.append(refused := draft("nobody's", ZOE))
        with pytest.raises(Denied) as denied:
            await store.submit(refused)
        answers.append(denied.value)
    await site.publish()
    return Later(file, submissions, answers)


async def answer(store: Store, submission: Submission) -> Accepted | Denied:
    try:
        return await store.submit(submission)
    except Denied as denied:
        return denied


# --- a ledger that lost its tail ---


async def test_what_a_restore_lost_comes_back_from_the_topic_byte_for_byte(site: Site) -> None:
    later = await lose_a_tail(site)
    before = await site.rows()
    back = await site.restored(later.file)
    lost = len(before) - len(await back.rows())
    async with back.store() as store:
        for submission in (revise("before"), later.submissions[1], draft("nobody's", ZOE), revise("unknown")):
            with pytest.raises(LedgerBehind, match=rf"ends with governance:{len(before)}, which is not in the ledger"):
                await store.submit(submission)
        assert await back.rows() == before[:-lost]
        recovered = await back.recover()
        assert await back.rows() == before
        assert (recovered.before, recovered.after) == (len(before) - lost, len(before))

        async def accepts() -> bool:
            return store.appender.refusal is None

        await eventually(accepts)
        for submission, given in zip(later.submissions, later.answers, strict=True):
            again = await answer(store, submission)
            assert again.replayed
            assert again.position == given.position
            if isinstance(again, Accepted) and isinstance(given, Accepted):
                assert (again.stream, again.version) == (given.stream, given.version)
            elif isinstance(again, Denied) and isinstance(given, Denied):
                assert (again.rule, again.facts) == (given.rule, again.facts | given.facts)
        assert await back.rows() == before, "nothing was done twice"
        accepted = await store.submit(revise("before", "goes on"))
        assert (accepted.position, accepted.version) == (len(before) + 1, 7)
    await back.ledger.check()
    await back.publish()
    assert deduplicated(await topic_of(site.topic, site.bootstrap)) == await back.bytes()


async def test_a_document_of_the_tail_that_is_not_in_kafka_is_named(site: Site) -> None:
    later = await lose_a_tail(site)
    back = await site.restored(later.file)
    recovered = await back.recover()
    ((sha256, at),) = recovered.missing.items()
    assert [row[0].hex() for row in await site.ledger.fetch("select sha256 from ledger.blobs")] == [sha256]
    assert orjson.loads((await site.bytes())[at - 1])["data"]["text"] == sha256
    await asyncio.to_thread(copy_blobs, site.ledger.postgres, site.ledger.name, back.ledger.name)
    assert (await back.recover()).missing == {}


async def test_a_recovery_that_is_broken_off_anywhere_goes_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mandate_events.worker.recovery.BATCH", 2)
    later = await lose_a_tail(site)
    before = await site.rows()
    back = await site.restored(later.file)

    class Broken(Exception):
        pass

    sizes = [len(await back.rows())]
    for patience in range(1, 40):
        spoken = 0

        def say(_: str, until: int = patience) -> None:
            nonlocal spoken
            spoken += 1
            if spoken == until:
                raise Broken

        connection = await back.connect()
        try:
            await recover(GOVERNANCE, connection, KafkaSource(site.topic, site.bootstrap), back.sink(), say)
            break
        except Broken:
            sizes.append(len(await back.rows()))
            async with back.store() as store:
                with pytest.raises(LedgerBehind):
                    await store.submit(revise("before"))
        finally:
            await connection.close()
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 2, "it was broken off between two transactions"
    assert await back.rows() == before
    async with back.store() as store:
        assert [(await answer(store, submission)).replayed for submission in later.submissions] == [True] * 7


async def test_recovering_what_is_not_behind_changes_nothing(site: Site) -> None:
    await site.publish()
    before = await site.rows()
    for _ in range(2):
        recovered = await site.recover()
        assert (recovered.before, recovered.after, recovered.missing) == (len(before), len(before), {})
    assert await site.rows() == before


async def test_who_leads_is_not_recovered_beneath(site: Site) -> None:
    leading = await site.connect()
    assert await take_lead(leading)
    with pytest.raises(AnotherLeads):
        await site.recover()
    await leading.close()


# --- what must not be recovered from ---


@pytest.mark.parametrize("kind", ["fork", "fork in the tail", "loss", "no JSON", "spelling", "chain", "type", "other"])
async def test_a_topic_that_does_not_continue_the_ledger_is_refused(site: Site, kind: str) -> None:
    """Whatever follows: the first difference is named, nothing is written, and no command is taken."""
    later = await lose_a_tail(site)
    documents = await site.bytes()
    back = await site.restored(later.file)
    ours = await back.rows()
    topic = f"governance-{uuid.uuid4().hex[:8]}"
    await declare_topics(site.bootstrap, [topic])
    back.topic, end = topic, len(ours)
    expected: type[Exception] = Garbled
    match kind:
        case "fork":
            documents[end - 2] = changed(documents[end - 2], actor=ZOE)
            expected, words = Fork, rf"governance:{end - 1} is the first number"
        case "fork in the tail":
            documents.append(changed(documents[end + 1], actor=ZOE))
            expected, words = Fork, rf"governance:{end + 2} is the first number"
        case "loss":
            del documents[end + 1]
            expected, words = Loss, rf"governance:{end + 2} is not in the topic; {end + 3} is"
        case "no JSON":
            documents[end + 1] = b"\xff"
            words = "no document"
        case "spelling":
            documents[end + 1] = orjson.dumps(orjson.loads(documents[end + 1]), option=orjson.OPT_INDENT_2)
            words = rf"governance:{end + 2} is not canonical"
        case "chain":
            documents[end + 1] = changed(documents[end + 1], previous=GENESIS)
            words = rf"governance:{end + 2} does not follow version"
        case "type":
            documents[end + 1] = changed(documents[end + 1], type="mandate.governance.standard-burned.v1")
            words = "which this version does not know"
        case _:
            documents[end + 1] = changed(documents[end + 1], source="/mandate/projects")
            words = "holds /mandate/projects"
    await back.send(*documents)
    with pytest.raises(expected, match=words):
        await back.recover()
    assert await back.rows() == ours
    async with back.store() as store:
        with pytest.raises(LedgerBehind):
            await store.submit(revise("before"))
    assert await back.rows() == ours


async def test_a_ledger_that_went_on_beside_its_topic_is_a_fork(site: Site) -> None:
    """What a database did that took commands after a restore: its positions are used twice, and a person must look."""
    later = await lose_a_tail(site)
    back = await site.restored(later.file)
    async with Store(GOVERNANCE, back.ledger.dsn) as careless:  # without a topic: as an older version would
        await careless.submit(revise("before", "in the other world"))
    ours = await back.rows()
    with pytest.raises(Fork, match=rf"governance:{len(ours)} is the first number under which"):
        await back.recover()
    assert await back.rows() == ours


# --- when commands are taken ---


async def test_at_its_usual_home_a_ledger_takes_commands_without_kafka(site: Site) -> None:
    async with site.store() as store:
        await store.submit(draft("before"))
    async with site.store(NOWHERE) as store:
        assert (await store.submit(revise("before"))).version == 2


async def test_a_disk_that_was_set_back_is_found_at_the_start(site: Site) -> None:
    """It looks like the usual home: only the topic tells."""
    async with site.store() as store:
        await store.submit(draft("s"))
    await site.publish()
    documents = await site.bytes()
    await site.send(changed(documents[-1], sequence=f"{len(documents) + 1:020d}"))
    async with site.store() as store:
        with pytest.raises(LedgerBehind, match="not in the ledger"):
            await store.submit(revise("s"))
    async with site.store(NOWHERE) as store:
        with pytest.raises(LedgerBehind, match="not in the ledger"):
            await store.submit(revise("s"))
    assert await site.bytes() == documents


async def test_a_recovery_to_a_point_in_time_is_another_home() -> None:
    """The same server, the same database: PostgreSQL begins another timeline."""
    with tempfile.TemporaryDirectory(prefix="mandate-timeline-") as directory:
        data = Path(directory) / "postgres"
        with EmbeddedPostgres(data) as server:
            server.ensure_database("governance")
            ledger = OfficeLedger(server, "governance")
            await found(ledger)
            before = await ledger.fetch("select place, ledger.here() from ledger.home")
        (data / "pg" / "recovery.signal").touch()
        with EmbeddedPostgres(data, settings={"restore_command": "false"}) as server:
            ledger = OfficeLedger(server, "governance")

            async def promoted() -> bool:
                return not (await ledger.fetch("select pg_is_in_recovery()"))[0][0]

            await eventually(promoted)
            after = await ledger.fetch("select place, ledger.here() from ledger.home")
    assert before[0][0] == before[0][1] == after[0][0]
    assert after[0][0] != after[0][1]
    assert [place.split("/")[::2] for place in after[0]] == [before[0][0].split("/")[::2]] * 2


async def test_without_a_topic_a_ledger_is_at_home_wherever_it_is_opened(site: Site) -> None:
    async with Store(GOVERNANCE, site.ledger.dsn) as store:
        await store.submit(draft("s"))
    back = await site.restored(await site.dump())
    async with Store(GOVERNANCE, back.ledger.dsn) as store:
        assert (await store.submit(revise("s"))).version == 2
    home = await back.ledger.fetch("select place = ledger.here() from ledger.home")
    assert home[0][0]


async def test_in_another_database_a_ledger_is_compared_first_and_can_be_read_meanwhile(site: Site) -> None:
    """Though it is up to date: without Kafka nobody can know."""
    async with site.store() as store:
        await store.submit(draft("before"))
    await site.publish()
    back = await site.restored(await site.dump())
    async with back.store(NOWHERE) as store:
        with pytest.raises(LedgerBehind, match="yet to be compared"):
            await store.submit(revise("before"))
        assert len([record async for record in store.reader.replay()]) == len(await back.rows())
        async with back.store() as other:  # Kafka is back for this one, and so for both
            assert (await other.submit(revise("before"))).version == 2

            async def accepts() -> bool:
                return store.appender.refusal is None

            await eventually(accepts)
            assert (await store.submit(revise("before"))).version == 3
    async with back.store(NOWHERE) as store:
        assert (await store.submit(revise("before"))).version == 4, "it is at home there now"


async def test_what_the_start_puts_on_record_waits_for_the_comparison(site: Site) -> None:
    later = await lose_a_tail(site)
    back = await site.restored(later.file)
    store = back.store()
    begun = asyncio.Event()

    async def begin() -> None:
        await store.submit(revise("before", "at the start"))
        begun.set()

    store.at_start = begin
    async with store:
        await asyncio.sleep(1.5)
        assert not begun.is_set()
        await back.recover()
        await asyncio.wait_for(begun.wait(), 10)
    assert (await back.rows())[:-1] == await site.rows()


async def test_the_relay_closes_a_ledger_for_all_who_have_it_open(site: Site) -> None:
    """A snapshot of the disk is at its usual home, and Kafka was away when the processes started."""
    async with site.store() as store:
        await store.submit(draft("s"))
    await site.publish()
    documents = await site.bytes()
    async with site.store(NOWHERE) as one, site.store(NOWHERE) as other:
        ahead = changed(documents[-1], sequence=f"{len(documents) + 1:020d}")
        await site.send(ahead)
        async with site.working() as worker:

            async def closed() -> bool:
                return one.appender.refusal is not None and other.appender.refusal is not None

            await eventually(closed)
            for store in (one, other):
                with pytest.raises(LedgerBehind):
                    await store.submit(revise("s"))
            await asyncio.sleep(1.5)
            assert not worker.done(), "it waits for the recovery"
            leading = await site.connect()
            assert await take_lead(leading), "and leads no more"
            await leading.close()
    assert await site.bytes() == documents
    assert await topic_of(site.topic, site.bootstrap) == [*documents, ahead]


@pytest.mark.parametrize("stores", [1, 3])
async def test_nothing_is_written_after_a_ledger_was_closed(site: Site, stores: int) -> None:
    """Under load, by processes that do not hear of it: the database itself refuses."""
    async with site.store() as first:
        await first.submit(draft("s"))
    opened = [site.store(NOWHERE) for _ in range(stores)]
    refused = 0

    async def go_on(store: Store) -> None:
        nonlocal refused
        while True:
            try:
                await store.submit(revise("s"))
            except LedgerBehind:
                refused += 1
                return

    async with AsyncExitStack() as stack:
        for store in opened:
            await stack.enter_async_context(store)
            connection = store.appender._ledger.connection
            await connection.remove_listener("ledger", store.appender._ledger._heard)
        callers = [asyncio.create_task(go_on(store)) for store in opened for _ in range(16)]
        await asyncio.sleep(0.5)
        closing = await site.connect()
        await closing.execute("select ledger.refuse_commands('for the test')")
        end = await closing.fetchval("select max(position) from ledger.events")
        await asyncio.wait_for(asyncio.gather(*callers), 30)
        assert await closing.fetchval("select max(position) from ledger.events") == end
        await closing.close()
    assert refused == 16 * stores
    await site.ledger.check()
