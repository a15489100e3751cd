"""What a consumer does with what arrives: duplicates, contradictions, what it cannot handle, its own end."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import orjson
import pytest
from msgspec import structs
from prometheus_client import REGISTRY
from sqlalchemy import BigInteger, Column, Text, text
from sqlalchemy.ext.asyncio import AsyncEngine

from mandate_events.deciding import NotYet, Refused
from mandate_events.deciding.outcome import LedgerUnavailable, Overloaded
from mandate_events.deciding.reacting import Heard, Reaction
from mandate_events.deciding.rights import Rights
from mandate_events.document.event import Catalogue, Event, Recorded
from mandate_events.ledger.local import LocalSource
from mandate_events.ledger.store import Store
from mandate_events.transport import parking
from mandate_events.transport.kafka import KafkaSink, KafkaSource, declare_topics
from mandate_events.transport.port import Fenced, Fork, Garbled, Loss, Source
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table
from mandate_events.worker.consumer import Consumer
from mandate_events.worker.policy import PolicyRunner
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.app.serving import perform
from mandate_web.settings import Settings
from projects.main import PROJECTS, SERVICE
from projects.recognition import heard
from projects.recognition.mandate import RecogniseMandate
from projects.recognition.office import RecogniseOffice
from tests.integration.ledgers import Ledger, Scripted, changed, eventually, governing, new_ledger
from tests.services import HEARD_OF_GOVERNANCE as GOVERNANCE
from tests.services import on_governance


class MandateGivenV2(Event, frozen=True, kw_only=True):
    person: str
    role: str


SEEN = table(
    "seen",
    Column("sequence", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("subject", Text),
)

UPGRADED = Catalogue("governance", (*GOVERNANCE.types, MandateGivenV2))
EVENTS = (*UPGRADED.types,)
"""What the list is filled by, whether the program knows them all or not yet."""


@dataclass(frozen=True, slots=True)
class Follower:
    """The projects service, hearing from governance."""

    ledger: Ledger
    store: Store
    engine: AsyncEngine
    documents: Sequence[bytes]
    """Twenty people of governance's ledger: forty-odd documents, of which it recognises half."""

    def policy(self, source: Source, policy: Callable[[Heard], Sequence[Reaction]] = on_governance) -> Consumer:
        runner = PolicyRunner("recognition", policy, self.store)
        return Consumer("policies", source, GOVERNANCE, self.engine, service="projects", policy=runner)

    def projecting(self, source: Source, catalogue: Catalogue = GOVERNANCE, *, poison: str = "") -> Consumer:
        def change(record: Recorded[Any]) -> Change:
            if poison and poison == record.subject:
                raise ValueError("poison")
            return Change(record.sequence, {"position": record.position, "subject": record.subject})

        seen = View(SEEN, EVENTS, change)
        return Consumer("views", source, catalogue, self.engine, service="projects", views=[seen])

    async def origins(self) -> list[int]:
        """Of which events of governance recognitions were recorded, in the order of our ledger."""
        documents = [orjson.loads(document) for document in await self.ledger.documents()]
        return [each["data"]["origin"]["sequence"] for each in documents if "origin" in each["data"]]

    async def seen(self) -> list[int]:
        return [row[0] for row in await self.ledger.query("select position from views.seen order by number")]

    async def done(self) -> bool:
        return await self.origins() == await self.seen() == numbers_of(self.documents)

    async def parked(self, consumer: str) -> list[parking.Parked]:
        async with self.engine.connect() as connection:
            return list(await parking.parked(connection, consumer))

    async def cursor(self, consumer: str) -> int:
        rows = await self.ledger.query("select sequence from ledger.cursors where consumer = $1", consumer)
        sequence: int = rows[0][0]
        return sequence


def numbers_of(documents: Sequence[bytes], catalogue: Catalogue = GOVERNANCE) -> list[int]:
    """The numbers of the documents whose type is known."""
    headings = [orjson.loads(document) for document in documents]
    return [int(each["sequence"]) for each in headings if catalogue.knows(each["type"])]


@pytest.fixture(scope="module")
async def governed(postgres: EmbeddedPostgres) -> Ledger:
    ledger = await new_ledger(postgres, "governance")
    async with governing(ledger) as governance:
        await governance.observe(20)
    return ledger


@pytest.fixture
async def follower(postgres: EmbeddedPostgres, governed: Ledger) -> AsyncIterator[Follower]:
    ledger = await new_ledger(postgres, "projects", [View(SEEN, EVENTS, lambda record: Change(record.sequence))])
    await ledger.query("alter table views.seen add column number bigserial")  # in which order rows were written
    await ledger.query("grant usage on all sequences in schema views to projects_append")
    async with Store(PROJECTS, ledger.dsn) as store, ledger.engine() as engine:
        yield Follower(ledger, store, engine, await governed.documents())


async def follow(consumer: Consumer) -> None:
    """Open, and go on until nothing comes any more."""
    await consumer.open()
    try:
        while await consumer.step() or await consumer.source.behind():
            pass
    finally:
        await consumer.source.close()


def gauge(name: str, consumer: str) -> float | None:
    labels = {"service": "projects", "consumer": consumer, "source": "governance"}
    return REGISTRY.get_sample_value(name, labels)


# --- duplicates, forks, holes, garbage ---


async def test_duplicates_are_dropped(follower: Follower) -> None:
    documents = follower.documents
    source = Scripted("governance", [*documents[:10], *documents[3:10], *documents[5:], *documents])
    await follow(follower.policy(source))
    await follow(follower.projecting(source))
    assert await follower.origins() == await follower.seen() == numbers_of(documents)


@pytest.mark.parametrize("kind", ["policy", "projecting"])
async def test_the_same_number_with_other_bytes_is_a_fork(follower: Follower, kind: str) -> None:
    documents = follower.documents
    source = Scripted("governance", documents[:20])
    consumer: Consumer = getattr(follower, kind)(source)
    await follow(consumer)
    before = (await follower.ledger.documents(), await follower.seen(), await follower.cursor(consumer.name))
    forged = changed(documents[14], actor="somebody else")
    source.documents += [forged, documents[14], *documents[20:]]
    for _ in range(2):  # a restart changes nothing
        await asyncio.wait_for(consumer.run(), 10)  # it halts by itself
        assert gauge("mandate_consumer_halted", consumer.name) == 1
    assert (await follower.ledger.documents(), await follower.seen(), await follower.cursor(consumer.name)) == before


@pytest.mark.parametrize("places", [(20, 20), (20, 21)])
async def test_a_fork_within_one_batch(follower: Follower, places: tuple[int, int]) -> None:
    documents = list(follower.documents[:20])
    source = Scripted("governance", documents)
    source.documents[slice(*places)] = [changed(documents[-1], actor="somebody else"), documents[-1]]
    consumer = follower.policy(source)
    with pytest.raises(Fork):
        await follow(consumer)
    assert await follower.origins() == []


async def test_a_fork_that_another_consumer_can_prove(follower: Follower) -> None:
    """Two consumers of one source must have been told the same."""
    await follow(follower.policy(Scripted("governance", follower.documents)))
    other = list(follower.documents)
    other[7] = changed(other[7], actor="somebody else")
    with pytest.raises(Fork):
        await follow(follower.projecting(Scripted("governance", other)))
    assert await follower.seen() == []


async def test_a_source_that_was_restored_and_went_on_differently_is_a_fork(follower: Follower) -> None:
    """Also when the numbers that differ were all read before, so that only the next one would come."""
    documents = list(follower.documents)
    await follow(follower.policy(Scripted("governance", documents[:20])))
    documents[15:] = [changed(document, actor="after the restore") for document in documents[15:]]
    with pytest.raises(Fork):
        await follow(follower.policy(Scripted("governance", documents)))


async def test_a_hole_is_a_loss(follower: Follower) -> None:
    documents = list(follower.documents)
    del documents[10]
    consumer = follower.policy(Scripted("governance", documents))
    with pytest.raises(Loss, match="governance:11 never arrived; 12 did"):
        await follow(consumer)
    await asyncio.wait_for(consumer.run(), 10)
    assert gauge("mandate_consumer_halted", "policies") == 1
    assert await follower.origins() == []


GARBAGE = {
    "nothing": b"",
    "not JSON": b"\xff\x00garbage",
    "no object": b"[1, 2]",
    "no sequence": b'{"id": "1", "source": "/mandate/governance"}',
    "a sequence that is no number": b"one",
    "a negative sequence": b"-0000000000000000001",
    "another's document": b"/mandate/projects",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_halts_loudly(follower: Follower, garbage: bytes) -> None:
    documents = follower.documents
    if garbage in (b"one", b"-0000000000000000001"):
        garbage = changed(documents[10], sequence=garbage.decode())
    elif garbage == b"/mandate/projects":
        garbage = changed(documents[10], source=garbage.decode())
    consumer = follower.policy(Scripted("governance", [*documents[:10], garbage, *documents[10:]]))
    with pytest.raises(Garbled):
        await follow(consumer)
    await asyncio.wait_for(consumer.run(), 10)
    assert gauge("mandate_consumer_halted", "policies") == 1
    assert await follower.origins() == []


async def test_garbage_on_a_real_topic(follower: Follower, kafka: Any) -> None:
    name = f"governance-{uuid.uuid4().hex[:8]}"
    await declare_topics(kafka.bootstrap, [name])
    sink = KafkaSink(name, kafka.bootstrap)
    await sink.open()
    await sink.publish([("a", document) for document in follower.documents[:5]])
    consumer = follower.policy(KafkaSource(name, kafka.bootstrap))
    running = asyncio.create_task(consumer.run())

    async def arrived() -> bool:
        return await follower.origins() == numbers_of(follower.documents[:5])

    await eventually(arrived)
    await sink.publish([("a", b"\xff\x00garbage")])
    await sink.close()
    await asyncio.wait_for(running, 10)
    labels = {"service": "projects", "consumer": "policies", "source": name}
    assert REGISTRY.get_sample_value("mandate_consumer_halted", labels) == 1


# --- parking ---


async def test_an_unknown_type_is_ignored(follower: Follower) -> None:
    unknown = [changed(document, type="mandate.governance.never-heard-of.v1") for document in follower.documents]
    consumer = follower.policy(Scripted("governance", unknown))
    await follow(consumer)
    assert await follower.parked("policies") == []
    assert await follower.origins() == []
    assert await follower.cursor("policies") == len(unknown)


def upgraded_at(documents: Sequence[bytes], index: int) -> list[bytes]:
    """The event at the index in a version that is not known yet; five more of its key follow later."""
    first = orjson.loads(documents[index])
    assert first["type"] == "mandate.governance.mandate-given.v1"
    found = list(documents)
    found[index] = changed(documents[index], type="mandate.governance.mandate-given.v2")
    later = [i for i in range(index + 1, len(found)) if i in {n - 1 for n in numbers_of(documents)}][:5]
    for i in later:
        found[i] = changed(found[i], subject=first["subject"])
    return found


async def test_a_known_name_in_an_unknown_version_waits_for_an_upgrade(follower: Follower) -> None:
    index = numbers_of(follower.documents)[3] - 1
    documents = upgraded_at(follower.documents, index)
    source = Scripted("governance", documents)
    consumer = follower.projecting(source)
    await follow(consumer)
    known = numbers_of(follower.documents)
    parked = await follower.parked("views")
    assert [item.sequence for item in parked] == known[3:9]
    assert [item.error for item in parked] == ["unknown version: mandate.governance.mandate-given.v2"] + [
        parking.WAITING
    ] * 5
    assert [item.document for item in parked] == [documents[item.sequence - 1] for item in parked], "raw"
    assert await follower.seen() == known[:3] + known[9:], "other keys go on"
    await follow(follower.projecting(source))
    assert [item.attempts for item in await follower.parked("views")] == [1] * 6, "nothing to try yet"
    await follow(follower.projecting(source, UPGRADED))
    assert await follower.parked("views") == []
    assert await follower.seen() == known[:3] + known[9:] + known[3:9], "in the order of their key"


async def test_a_projection_that_fails_parks_its_event_raw(follower: Follower) -> None:
    documents = follower.documents
    known = numbers_of(documents)
    poison = orjson.loads(documents[known[2] - 1])["subject"]
    source = Scripted("governance", documents)
    consumer = follower.projecting(source, poison=poison)
    await follow(consumer)
    (parked,) = await follower.parked("views")
    assert (parked.sequence, parked.document, parked.error) == (
        known[2],
        documents[known[2] - 1],
        "ValueError('poison')",
    )
    assert await follower.seen() == [*known[:2], *known[3:]], "what it wrote before it failed is undone"
    assert gauge("mandate_parked_events", "views") == 1
    assert await consumer.retry() == 0
    assert (await follower.parked("views"))[0].attempts == 2
    assert await follower.projecting(source).retry({"another key"}) == 0
    assert await follower.projecting(source).retry({parked.key}) == 1
    assert await follower.parked("views") == []
    assert await follower.seen() == [*known[:2], *known[3:], known[2]]


def refusing(*numbers: int) -> Callable[[Heard], Sequence[Reaction]]:
    def policy(said: Heard) -> Sequence[Reaction]:
        if said.record.position in numbers:
            raise Refused("not-today")
        return on_governance(said)

    return policy


async def test_a_policy_that_is_refused_parks_and_others_go_on(follower: Follower) -> None:
    known = numbers_of(follower.documents)
    source = Scripted("governance", follower.documents)
    await follow(follower.policy(source, refusing(known[1])))
    (parked,) = await follower.parked("policies")
    assert (parked.sequence, parked.document) == (known[1], follower.documents[known[1] - 1])
    assert await follower.origins() == [known[0], *known[2:]]
    assert await follower.policy(source).retry() == 1
    assert await follower.origins() == [known[0], *known[2:], known[1]]


async def test_a_policy_whose_right_was_forgotten_is_decided_anew_when_it_has_it(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = numbers_of(follower.documents)
    source = Scripted("governance", follower.documents)
    with monkeypatch.context() as forgetful:
        forgotten = {RecogniseMandate.__name__, RecogniseOffice.__name__}
        rows = [row for row in PROJECTS.rights.rows if row.command not in forgotten]
        forgetful.setattr(PROJECTS, "rights", Rights(*rows))
        await follow(follower.policy(source))
    assert [item.sequence for item in await follower.parked("policies")] == known
    assert await follower.ledger.query("select * from ledger.events where stream like 'denial/%'") == []
    assert await follower.policy(source).retry() == len(known)
    assert await follower.origins() == known


async def test_what_needs_a_parked_event_goes_on_when_that_was_handled(follower: Follower) -> None:
    known = numbers_of(follower.documents)
    source = Scripted("governance", follower.documents)

    def policy(said: Heard) -> Sequence[Reaction]:
        if said.record.position == known[1] and waits:
            raise Refused("not-today")
        if said.record.position == known[3] and waits:
            raise NotYet("what the earlier one brings")
        return on_governance(said)

    waits = True
    consumer = follower.policy(source, policy)
    await follow(consumer)
    first, second = await follower.parked("policies")
    assert (second.sequence, second.error) == (known[3], "not yet: what the earlier one brings")
    await consumer.open()
    await consumer.step()
    assert [item.attempts for item in await follower.parked("policies")] == [1, 2], "tried at the opening"
    await consumer.step()
    assert [item.attempts for item in await follower.parked("policies")] == [1, 2], "and not all the time"
    waits = False
    assert await follower.policy(source).retry({first.key}) == 1  # a person does, in another process
    await consumer.step()
    assert await follower.parked("policies") == []
    assert (await follower.origins())[-2:] == [known[1], known[3]]


async def test_a_running_consumer_notices_what_another_process_retried_or_discarded(follower: Follower) -> None:
    """The command line frees a key; the worker must not go on parking what comes for it."""
    documents = upgraded_at(follower.documents, numbers_of(follower.documents)[3] - 1)
    known = numbers_of(follower.documents)
    source = Scripted("governance", documents[: known[5]])
    consumer = follower.projecting(source)
    await consumer.open()
    await consumer.step()
    assert [item.sequence for item in await follower.parked("views")] == known[3:6]
    async with follower.engine.begin() as connection:
        failed = (await parking.parked(connection, "views"))[0]
        await parking.discard(connection, failed, "somebody", "it was a mistake")
    source.documents += documents[known[5] :]
    while await consumer.step():
        pass
    assert await follower.parked("views") == []
    assert sorted(await follower.seen()) == [number for number in known if number != known[3]]
    rows = await follower.ledger.query("select sequence, discarded_by, discarded_reason from ledger.parked")
    assert [tuple(row) for row in rows] == [(known[3], "somebody", "it was a mistake")]


async def test_two_processes_that_retry_at_once_apply_once(follower: Follower) -> None:
    known = numbers_of(follower.documents)
    poison = orjson.loads(follower.documents[known[2] - 1])["subject"]
    source = Scripted("governance", follower.documents)
    await follow(follower.projecting(source, poison=poison))
    await asyncio.gather(*(follower.projecting(source).retry() for _ in range(4)))
    assert sorted(await follower.seen()) == known
    assert await follower.parked("views") == []


async def test_the_command_line_lists_retries_and_discards(
    follower: Follower, governed: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = numbers_of(follower.documents)
    source = Scripted("governance", follower.documents)
    await follow(follower.policy(source, refusing(known[1], known[2])))
    first, second = await follower.parked("policies")
    environment = {
        "MANDATE_PRODUCTION": "false",
        "MANDATE_DATABASE": follower.ledger.dsn,
        "MANDATE_TRANSPORT": "local",
        "MANDATE_LOCAL_SOURCES": orjson.dumps({"governance": governed.dsn}).decode(),
        "MANDATE_ISSUER_URL": "http://127.0.0.1/identity",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings().transport == "local"  # type: ignore[call-arg]

    async def parked(*arguments: str) -> tuple[int, str]:
        def command() -> int:
            with pytest.raises(SystemExit) as ended:
                perform(SERVICE, ["parked", *arguments])
            return int(ended.value.code or 0)

        code = await asyncio.to_thread(command)
        return code, capsys.readouterr().out

    with monkeypatch.context() as older:
        older.setattr(PROJECTS, "rights", Rights(*PROJECTS.rights.rows[:-1]))
        before = await follower.ledger.documents()
        code, listed = await parked("list")
        assert await follower.ledger.documents() == before, "one who looks puts no other rights on record"
    assert code == 0
    assert [line.split()[:2] for line in listed.splitlines()] == [
        ["policies", f"governance:{known[1]}"],
        ["policies", f"governance:{known[2]}"],
    ]
    assert "not-today" in listed
    assert (await parked("list", "--consumer", "another")) == (0, "")
    assert (await parked("discard", "--key", first.key, "--by", "me"))[0] == 2, "without a reason nothing is given up"
    assert (await parked("discard", "--key", first.key, "--by", "me", "--reason", "no"))[0] == 0
    assert (await parked("retry", "--key", second.key)) == (0, "1 handled\n")
    assert await follower.parked("policies") == []
    assert await follower.origins() == [known[0], *known[3:], known[2]]


# --- fences and crashes ---


@pytest.mark.parametrize("kind", ["policy", "projecting"])
async def test_a_second_consumer_of_the_same_name_is_fenced(follower: Follower, kind: str) -> None:
    one: Consumer = getattr(follower, kind)(Scripted("governance", follower.documents))
    two: Consumer = getattr(follower, kind)(Scripted("governance", follower.documents))
    await one.open()
    await two.open()
    await one.step()
    before = (await follower.ledger.documents(), await follower.seen())
    with pytest.raises(Fenced):
        await two.step()
    assert (await follower.ledger.documents(), await follower.seen()) == before


async def test_two_that_work_at_the_same_time_do_nothing_twice(follower: Follower) -> None:
    for kind in ("policy", "projecting"):
        consumers: list[Consumer] = [
            getattr(follower, kind)(Scripted("governance", follower.documents)) for _ in range(3)
        ]
        outcomes = await asyncio.gather(*(follow(consumer) for consumer in consumers), return_exceptions=True)
        assert all(outcome is None or isinstance(outcome, Fenced) for outcome in outcomes), outcomes
        assert outcomes.count(None) >= 1
    assert await follower.origins() == await follower.seen() == numbers_of(follower.documents)


async def test_a_crash_between_a_policys_effect_and_its_cursor_does_nothing_twice(follower: Follower) -> None:
    source = Scripted("governance", follower.documents)
    broken = follower.policy(source)

    async def crash(*_: object) -> None:
        raise KeyboardInterrupt

    broken._advance = crash  # type: ignore[method-assign, assignment]
    await broken.open()
    with pytest.raises(KeyboardInterrupt):
        await broken.step()
    once = await follower.ledger.documents()
    assert await follower.cursor("policies") == 0
    await follow(follower.policy(source))
    assert await follower.ledger.documents() == once
    assert await follower.origins() == numbers_of(follower.documents)


async def test_a_projection_and_its_cursor_are_one_transaction(follower: Follower) -> None:
    source = Scripted("governance", follower.documents)
    broken = follower.projecting(source)

    async def crash(connection: Any, *_: object) -> None:
        assert (await connection.execute(text("select count(*) from views.seen"))).scalar_one() > 0
        raise KeyboardInterrupt

    broken._park = crash  # type: ignore[method-assign, assignment]
    source.documents[-1] = changed(source.documents[-1], type="mandate.governance.gate-decided.v9")
    await broken.open()
    with pytest.raises(KeyboardInterrupt):
        await broken.step()
    assert await follower.seen() == []
    assert await follower.cursor("views") == 0


# --- what passes ---


@asynccontextmanager
async def running(*consumers: Consumer) -> AsyncIterator["list[asyncio.Task[None]]"]:
    """They run; on leaving they are cancelled, and end promptly."""
    tasks = [asyncio.create_task(consumer.run()) for consumer in consumers]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        _, pending = await asyncio.wait(tasks, timeout=5)
        assert not pending


@pytest.mark.parametrize("fault", [LedgerUnavailable("away"), Overloaded(), asyncpg.DiskFullError("full")])
async def test_a_store_that_is_away_for_a_while_is_waited_for(
    follower: Follower, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    submit, back = Store.submit, time.monotonic() + 0.5

    async def briefly_away(store: Store, submission: Any) -> Any:
        if time.monotonic() < back:
            raise fault
        return await submit(store, submission)

    monkeypatch.setattr(Store, "submit", briefly_away)
    async with running(follower.policy(Scripted("governance", follower.documents))) as tasks, asyncio.timeout(10):
        while await follower.origins() != numbers_of(follower.documents):
            assert not tasks[0].done()
            await asyncio.sleep(0.05)
    assert await follower.parked("policies") == []


async def test_connections_that_are_cut_are_made_again(follower: Follower, governed: Ledger) -> None:
    """Those of the consumer, of its store and of its source: nothing is parked, lost or done twice."""
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
    databases = [ledger.owner.partition("?")[0].rpartition("/")[2] for ledger in (follower.ledger, governed)]
    consumers = [follower.policy(LocalSource("governance", governed.dsn))]
    consumers.append(follower.projecting(LocalSource("governance", governed.dsn)))
    async with running(*consumers) as tasks:
        for _ in range(5):
            for database in databases:
                await follower.ledger.query(cut, database)
            await asyncio.sleep(0.15)

        async def done() -> bool:
            for task in tasks:
                assert not task.done(), f"it waits; it does not fail: {task.exception()!r}"
            return await follower.done()

        await eventually(done)
    assert await follower.ledger.query("select * from ledger.parked") == []


async def test_an_upgraded_policy_does_not_react_again(follower: Follower) -> None:
    """The key tells that a reaction was made, also where an upgrade would make it in other words."""
    source = Scripted("governance", follower.documents)
    await follow(follower.policy(source))
    once = await follower.ledger.documents()
    await follower.ledger.query("update ledger.cursors set sequence = 0, place = 0 where consumer = 'policies'")

    def reworded(said: Heard) -> Sequence[Reaction]:
        match said.record.data:
            case heard.MandateGiven() as event:
                return on_governance(replace(said, record=with_data(said.record, event)))
            case _:
                return on_governance(said)

    await follow(follower.policy(source, reworded))
    assert await follower.ledger.documents() == once
    assert await follower.parked("policies") == []


def with_data(record: Recorded[Any], event: heard.MandateGiven) -> Recorded[Any]:
    return structs.replace(record, data=structs.replace(event, role=f"{event.role}, renamed"))


async def test_restarts_in_the_midst_of_a_stream_miss_nothing(follower: Follower, governed: Ledger) -> None:
    """Cancelled at many places, begun again each time."""

    def consumers() -> Sequence[Consumer]:
        sources = [LocalSource("governance", governed.dsn) for _ in range(2)]
        return follower.policy(sources[0]), follower.projecting(sources[1])

    for pause in (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05):
        async with running(*consumers()):
            await asyncio.sleep(pause)
    async with running(*consumers()):
        await eventually(follower.done)
