"""The appender on real PostgreSQL: every answer is the truth, whatever else happens at the same time."""

import asyncio
import itertools
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from governance.main import GOVERNANCE
from governance.standards.standard import STANDARD, DraftStandard, PublishStandard
from mandate_events.deciding import Invalid, Refused, Unknown, VersionConflict
from mandate_events.deciding.batch import Batch, Fold, Submission
from mandate_events.deciding.outcome import Accepted, Denied, KeyReused, LedgerBroken, LedgerUnavailable, Overloaded
from mandate_events.document.canonical import NotCanonical, digest
from mandate_events.document.identifiers import uuid7
from mandate_events.ledger import appender, store
from mandate_events.ledger.store import Store
from mandate_events.ledger.writing import write
from mandate_local.postgres import EmbeddedPostgres
from tests.integration.offices import ANN, BEN, PATH, ZOE, OfficeLedger, command, draft, found, revise

_numbers = itertools.count()


KEPT = ("events", "commands", "blobs")


@pytest.fixture(scope="module")
async def shared(postgres: EmbeddedPostgres) -> OfficeLedger:
    """One database for nearly all of these tests: making and dropping one for each costs minutes on a slow disk."""
    postgres.ensure_database("appender")
    office = OfficeLedger(postgres, "appender")
    await found(office)
    await office.execute("create schema kept", *(f"create table kept.{t} as table ledger.{t}" for t in KEPT))
    return office


@pytest.fixture
async def ledger(shared: OfficeLedger) -> OfficeLedger:
    """The ledger of an office as it was when it was founded."""
    await sabotage(
        shared,
        "truncate " + ", ".join(f"ledger.{table}" for table in KEPT),
        *(f"insert into ledger.{table} table kept.{table}" for table in KEPT),
    )
    return shared


@pytest.fixture
async def altered(postgres: EmbeddedPostgres) -> OfficeLedger:
    """A database of its own, for a test that alters its tables or settings."""
    office = OfficeLedger(postgres, f"appender_{next(_numbers)}")
    postgres.ensure_database(office.name)
    await found(office)
    return office


async def outcomes(store: Store, *submissions: Submission) -> list[Any]:
    """What came of each, all submitted in one turn of the loop: one batch."""
    return list(await asyncio.gather(*map(store.submit, submissions), return_exceptions=True))


async def sabotage(ledger: OfficeLedger, *statements: str) -> None:
    """What only somebody with all rights can do to a ledger."""
    guarded = ("events", "blobs")
    await ledger.execute(
        *(f"alter table ledger.{table} disable trigger all" for table in guarded),
        *statements,
        *(
            f"alter table ledger.{t} enable always trigger {t}_{name}"
            for t in guarded
            for name in ("only_grow", "stay")
        ),
    )


async def disconnect(ledger: OfficeLedger) -> int:
    """Kill the appenders' connections; how many there were."""
    query = """select count(pg_terminate_backend(pid)) from pg_stat_activity
               where datname = $1 and application_name = 'mandate-append'"""
    return int((await ledger.fetch(query, ledger.name))[0][0])


@asynccontextmanager
async def intruder(ledger: OfficeLedger) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Another process that has written the next position and not committed yet; it commits at the end."""
    connection = await ledger.connect()
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(
        """insert into ledger.events select max(position) + 1, 'foreign/1', 1, 't', max(recorded_at), '{}', ''
           from ledger.events"""
    )
    yield connection
    await transaction.commit()
    await connection.close()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait, not for ever."""
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110 - the other side is a server
            await asyncio.sleep(0.01)


async def waiting_for_the_intruder(ledger: OfficeLedger) -> None:
    query = "select count(*) from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'"

    async def waits() -> bool:
        return bool((await ledger.fetch(query, ledger.name))[0][0])

    await until(waits)


# --- many callers ---


@pytest.mark.parametrize("stores", [1, 2])
@pytest.mark.parametrize("streams", [1, 128])
async def test_128_callers(ledger: OfficeLedger, stores: int, streams: int) -> None:
    """Right answers, no gaps, and nobody starves; on one hot stream as on many."""
    answers: dict[str, Accepted] = {}
    slowest = 0.0

    async def caller(store: Store, number: int) -> None:
        nonlocal slowest
        for _ in range(6):
            submission = revise(f"s{number % streams}", f"Revised by {number}")
            begin = time.monotonic()
            answers[submission.key] = await store.submit(submission)
            slowest = max(slowest, time.monotonic() - begin)

    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(ledger.store()) for _ in range(stores)]
        await outcomes(opened[0], *(draft(f"s{number}") for number in range(streams)))
        await asyncio.gather(*(caller(opened[number % stores], number) for number in range(128)))
    assert len(answers) == 128 * 6
    assert slowest < 5
    await ledger.check_answers(answers)


PROCESS = """
import asyncio, json, sys
from governance.main import GOVERNANCE
from mandate_events.ledger.store import Store
from tests.integration.offices import revise

async def main(dsn):
    answers = {}
    async def caller(store, number):
        for _ in range(4):
            submission = revise(f"s{number % 3}")
            answer = await store.submit(submission)
            answers[submission.key] = [answer.stream, answer.version, answer.position]
    async with Store(GOVERNANCE, dsn) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        await asyncio.gather(*(caller(store, number) for number in range(128)))
    print(json.dumps(answers))

asyncio.run(main(sys.argv[1]))
"""


async def test_two_processes(ledger: OfficeLedger, pytestconfig: pytest.Config) -> None:
    async with ledger.store() as store:
        await outcomes(store, *(draft(f"s{number}") for number in range(3)))
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROCESS, ledger.dsn, cwd=pytestconfig.rootpath, stdin=pipe, stdout=pipe
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
    said = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    answers = {key: Accepted(*answer) for out, _ in said for key, answer in json.loads(out).items()}
    assert len(answers) == 2 * 128 * 4
    await ledger.check_answers(answers)


async def test_writers_that_touch_the_same_things_in_opposite_orders_do_not_deadlock(ledger: OfficeLedger) -> None:
    """Each keeps the head of a stream locked until it commits; all must take them in one order."""
    async with ledger.store() as opened:
        await outcomes(opened, *(draft(f"s{number:03}") for number in range(200)))
    connections = [await ledger.connect() for _ in range(2)]
    for connection in connections:
        await connection.execute("set deadlock_timeout = '10ms'")
    folds: dict[str, Fold] = {}
    async with ledger.store() as opened:
        for number in range(200):
            fold = await opened.reader.fold(STANDARD, f"s{number:03}")
            folds[f"standard/s{number:03}"] = fold
        for aggregate, id_ in ((GOVERNANCE.aggregates["mandate"], ANN),):
            folds[aggregate.stream(id_)] = await opened.reader.fold(aggregate, id_)
        position = opened.appender.position
    for _ in range(10):
        batches = []
        for step in (1, -1):
            (last,) = await ledger.fetch("select max(recorded_at) from ledger.events")
            batch = Batch(GOVERNANCE, folds, position, last[0] + timedelta(microseconds=1))
            for number in range(200)[::step]:
                batch.decide(revise(f"s{number:03}"))
            batches.append(batch)
        results = await asyncio.gather(
            *(write(connection, batch, []) for connection, batch in zip(connections, batches, strict=True)),
            return_exceptions=True,
        )
        (lost,) = (result for result in results if isinstance(result, BaseException))
        assert isinstance(lost, asyncpg.UniqueViolationError), repr(lost)
        won = next(batch for batch, result in zip(batches, results, strict=True) if not isinstance(result, Exception))
        folds, position = {**folds, **won.changed}, won.position
    for connection in connections:
        await connection.close()
    await ledger.check()


# --- keys ---


async def test_two_requests_with_one_key_in_one_batch_are_one(ledger: OfficeLedger) -> None:
    async with ledger.store() as store:
        await store.submit(draft("s"))
        first = revise("s", key="k", fingerprint=b"1")
        again = revise("s", key="k", fingerprint=b"1")
        other = revise("s", "Another", key="k", fingerprint=b"2")
        before = store.appender.position
        one, same, reused, good = await outcomes(store, first, again, other, revise("s"))
        assert one == Accepted("standard/s", 2, before + 1)
        assert same == Accepted("standard/s", 2, before + 1, replayed=True)
        assert isinstance(reused, KeyReused)
        assert good == Accepted("standard/s", 3, before + 2)
    await ledger.check()


async def test_a_key_belongs_to_a_person_and_a_route(ledger: OfficeLedger) -> None:
    async with ledger.store() as store:
        await store.submit(draft("s"))
        three = [revise("s", key="k"), revise("s", key="k", actor=BEN), revise("s", key="k", route="other")]
        assert {answer.version for answer in await outcomes(store, *three)} == {2, 3, 4}


async def test_a_repeated_key_gets_the_stored_answer_also_after_a_restart(ledger: OfficeLedger) -> None:
    asked = draft("s", fingerprint=b"1", key="k")
    async with ledger.store() as store:
        answer = await store.submit(asked)
        await store.submit(revise("s"))
        expected = Accepted(answer.stream, answer.version, answer.position, replayed=True)
        assert await store.submit(asked) == expected
    async with ledger.store() as store:
        assert await store.submit(asked) == expected, "draft-open is what a new key would get"
        with pytest.raises(KeyReused):
            await store.submit(draft("s", fingerprint=b"2", key="k"))
        repeated = revise("s", key="k2", fingerprint=b"3")
        accepted = await store.submit(repeated)
        assert (await store.submit(repeated)).position == accepted.position
        neighbours = await outcomes(store, revise("s"), repeated, asked, revise("s"))
        assert [outcome.replayed for outcome in neighbours] == [False, True, True, False]
        with pytest.raises(KeyReused):
            await store.submit(revise("s", key="k2", fingerprint=b"4"))
    documents = await ledger.check()
    assert sum(document["causationid"] in {"k", "k2"} for document in documents) == 2


async def test_a_stored_success_outlives_what_would_refuse_it_now(ledger: OfficeLedger) -> None:
    """Refused by the state, by the version, or for want of authority: the key has its answer already."""
    async with ledger.store() as store:
        drafted, revised = draft("s", key="k1"), revise("s", key="k2", expected=1)
        published = Submission(STANDARD, "s", PublishStandard(version=1, reason="r"), BEN, "test", "k3")
        for submission in (drafted, revised, published):
            await store.submit(submission)
        for submission in (drafted, revised, published):
            assert (await store.submit(submission)).replayed
        with pytest.raises(Refused):
            await store.submit(draft("other", actor=ZOE, key="k4"))
        before = store.appender.position
        with pytest.raises(Denied) as denied:
            await store.submit(draft("other", actor=ZOE, key="k4"))
        assert denied.value.replayed
        assert store.appender.position == before


async def test_the_twins_of_a_refused_request_are_refused_and_not_lost(ledger: OfficeLedger) -> None:
    async with ledger.store() as store:
        await store.submit(draft("s"))
        refused = await outcomes(store, *(draft("s", key="k") for _ in range(3)))
        assert [type(outcome) for outcome in refused] == [Refused] * 3
        denied = await outcomes(store, *(draft("t", actor=ZOE, key="k") for _ in range(3)))
        assert [outcome.replayed for outcome in denied] == [False, True, True]
        assert len({outcome.position for outcome in denied}) == 1


async def test_a_caller_who_goes_away_takes_no_twin_along(ledger: OfficeLedger) -> None:
    """The first of two with one key is cancelled while its batch collides: the second still gets its answer."""
    async with ledger.store() as store:
        await store.submit(draft("s"))
        async with intruder(ledger):
            leaving = asyncio.create_task(store.submit(revise("s", key="k")))
            staying = asyncio.create_task(store.submit(revise("s", key="k")))
            await waiting_for_the_intruder(ledger)
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving
        answer = await asyncio.wait_for(staying, 5)
        assert (answer.version, answer.replayed) == (2, False)


async def test_a_caller_who_goes_away_before_the_batch_has_done_nothing(ledger: OfficeLedger) -> None:
    async with ledger.store() as store:
        before = store.appender.position
        leaving = asyncio.create_task(store.submit(draft("s")))
        await asyncio.sleep(0)
        leaving.cancel()
        assert (await store.submit(draft("t"))).position == before + 1


# --- what cannot be stored ---

NUL, SURROGATE = "a\0b", "a\ud800b"
GOOD = DraftStandard.model_validate({"title": "x", "paths": [PATH]})


def titled(title: str) -> DraftStandard:
    return GOOD.model_copy(update={"title": title})


def reasoned(reason: str) -> DraftStandard:
    return GOOD.model_copy(update={"reason": reason})


def submitting(asked: DraftStandard, id_: str, actor: str = ANN) -> Submission:
    return Submission(STANDARD, id_, asked, actor, "test", uuid7())


async def test_poison_among_100_good_neighbours_harms_nobody_else(ledger: OfficeLedger) -> None:
    good = [draft(f"good-{number}") for number in range(100)]
    bad = [
        *(draft("x", key=text) for text in (NUL, SURROGATE)),
        *(draft("x", correlation=text) for text in (NUL, SURROGATE)),
        *(draft("x", route=text) for text in (NUL, SURROGATE)),
        *(draft("x", causation=text) for text in (NUL, SURROGATE)),
        *(submitting(draft("x").command, text) for text in (NUL, SURROGATE)),  # type: ignore[arg-type]
        *(submitting(titled(text), f"bad-{number}") for number, text in enumerate((NUL, SURROGATE))),
        *(submitting(reasoned(text), f"why-{number}") for number, text in enumerate((NUL, SURROGATE))),
        *(submitting(reasoned(text), "x", ZOE) for text in (NUL, SURROGATE)),
        submitting(titled("x" * 65 * 1024), "large"),
        submitting(titled("x"), "y" * 65 * 1024, ZOE),
    ]
    mixed = [*good[:50], *bad, *good[50:]]
    async with ledger.store() as store:
        came = await outcomes(store, *mixed)
        assert isinstance(await store.submit(draft("afterwards")), Accepted)
    for submission, outcome in zip(mixed, came, strict=True):
        if submission in good:
            assert isinstance(outcome, Accepted), outcome
        else:
            assert isinstance(outcome, NotCanonical | Invalid), outcome
    documents = await ledger.check()
    drafted = {document["subject"] for document in documents if document["type"].endswith("standard-drafted.v1")}
    assert drafted == {f"standard/good-{number}" for number in range(100)} | {"standard/afterwards"}


@pytest.mark.parametrize("poison", ["database", "index"])
async def test_what_the_database_refuses_fails_alone(altered: OfficeLedger, poison: str) -> None:
    """One of a batch cannot be written, and the database does not say which."""
    await altered.execute("alter table ledger.commands add check (key <> 'poison')")
    too_long = "".join(uuid7() for _ in range(200))  # more than an entry of an index can hold
    key = "poison" if poison == "database" else too_long
    good = [draft(f"good-{number}") for number in range(60)]
    bad = [draft("bad-1", key=key), draft("bad-2", key=key, route="other")]
    async with altered.store() as store:
        came = await outcomes(store, *good[:20], bad[0], *good[20:40], bad[1], *good[40:])
        await store.submit(draft("afterwards"))
    failed = {index for index, outcome in enumerate(came) if not isinstance(outcome, Accepted)}
    assert failed == {20, 41}
    assert all(isinstance(came[index], asyncpg.PostgresError) for index in failed)
    assert len(await altered.check()) == 9 + 61


async def test_a_database_that_cannot_write_is_not_the_callers_fault(altered: OfficeLedger) -> None:
    async with altered.store() as store:
        await store.submit(draft("s"))
        await altered.execute(f'alter database "{altered.name}" set default_transaction_read_only = on')
        await disconnect(altered)
        came = await outcomes(store, *(revise("s") for _ in range(5)))
        assert {type(outcome) for outcome in came} == {LedgerUnavailable}
        connection = await altered.connect()
        await connection.execute("set default_transaction_read_only = off")
        await connection.execute(f'alter database "{altered.name}" reset default_transaction_read_only')
        await connection.close()
        await disconnect(altered)
        assert (await store.submit(revise("s"))).version == 2


# --- refusals of authority ---


async def test_a_denial_is_recorded_once_a_minute_and_counted(ledger: OfficeLedger) -> None:
    async with ledger.store() as store:
        came = [*(await outcomes(store, *(draft("s", actor=ZOE) for _ in range(5))))]
        with pytest.raises(Denied) as again:
            await store.submit(draft("s", actor=ZOE))
        with pytest.raises(Denied):
            await store.submit(draft("elsewhere", actor=ZOE))
        assert [outcome.position is not None for outcome in came] == [True, False, False, False, False]
        assert again.value.position is None
        assert store.appender.repeats.total == 5
    denials = [document for document in await ledger.check() if document["subject"] == f"denial/{ZOE}"]
    kind = {"command": "DraftStandard", "rule": "no-right", "role": "none", "person": ZOE, "project": None}
    assert [{**d["data"], "first_at": None, "last_at": None} for d in denials] == [
        {**kind, "on": "standard/s", "count": 1, "first_at": None, "last_at": None},
        {**kind, "on": "standard/elsewhere", "count": 1, "first_at": None, "last_at": None},
        {**kind, "on": "standard/s", "count": 5, "first_at": None, "last_at": None},
    ]
    assert [(d["actor"], d["actingas"]) for d in denials] == [
        (ZOE, "none"),
        (ZOE, "none"),
        ("system/denials", "system"),
    ]
    first, _, repeats = ((d["time"], d["data"]["first_at"], d["data"]["last_at"]) for d in denials)
    assert len(set(first)) == 1
    assert first[0] <= repeats[1] < repeats[2] < repeats[0]
    assert denials[-1]["occurredat"] == repeats[2]


async def test_counts_reach_the_record_each_minute(ledger: OfficeLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "COLLAPSE", timedelta(seconds=0.05))
    async with ledger.store() as opened:
        await outcomes(opened, *(draft("s", actor=ZOE) for _ in range(3)))

        async def flushed() -> bool:
            return not opened.appender.repeats.total

        await until(flushed)
        assert (await ledger.documents())[-1]["data"]["count"] == 2


async def test_two_processes_count_the_repeats_that_each_has_seen(ledger: OfficeLedger) -> None:
    """They flush at the same position, and neither count is taken for the other."""
    async with ledger.store() as one, ledger.store() as other:
        for each in (one, other):
            await outcomes(each, *(draft("s", actor=ZOE) for _ in range(3)))
        await asyncio.gather(one.record_repeats(), other.record_repeats())
    counts = [d["data"]["count"] for d in await ledger.check() if d["subject"] == f"denial/{ZOE}"]
    assert sum(counts) == 6


async def test_counts_that_cannot_be_recorded_now_are_kept(ledger: OfficeLedger) -> None:
    async with ledger.store() as opened:
        await outcomes(opened, *(draft("s", actor=ZOE) for _ in range(3)))
        opened.appender._closing = True
        await opened.record_repeats()
        assert opened.appender.repeats.total == 2
        opened.appender._closing = False
        await opened.record_repeats()
        assert not opened.appender.repeats.total


async def test_counts_of_unknown_outcome_are_not_counted_twice(
    ledger: OfficeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is lost, more repeats come, and the same count is submitted again under its key."""
    async with ledger.store() as opened:
        await outcomes(opened, *(draft("s", actor=ZOE) for _ in range(3)))
        submit = opened.appender.submit

        async def unanswered(submission: Submission) -> Accepted:
            await submit(submission)
            raise LedgerUnavailable("the answer is lost")

        with monkeypatch.context() as patched:
            patched.setattr(opened.appender, "submit", unanswered)
            await opened.record_repeats()
        await outcomes(opened, *(draft("s", actor=ZOE) for _ in range(2)))
        await opened.record_repeats()
        assert not opened.appender.repeats.total
    counts = [d["data"]["count"] for d in await ledger.check() if d["subject"] == f"denial/{ZOE}"]
    assert counts == [1, 2, 2]


async def test_a_count_that_cannot_be_recorded_does_not_end_the_counting(
    ledger: OfficeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "COLLAPSE", timedelta(seconds=0.05))
    async with ledger.store() as opened:
        submit, failed = opened.appender.submit, asyncio.Event()

        async def fail(submission: Submission) -> Accepted:
            if submission.route == "record-repeats" and not failed.is_set():
                failed.set()
                raise asyncpg.DataError("whatever")
            return await submit(submission)

        monkeypatch.setattr(opened.appender, "submit", fail)
        await outcomes(opened, *(draft("s", actor=ZOE) for _ in range(3)))

        async def flushed() -> bool:
            return not opened.appender.repeats.total

        await until(flushed)
        assert failed.is_set()


async def test_repeats_are_shown_with_the_role_of_the_first(ledger: OfficeLedger) -> None:
    async with ledger.store() as store:
        await store.submit(draft("s"))
        await outcomes(store, *(command(STANDARD, "s", PublishStandard(version=1, reason="r")) for _ in range(3)))
    denials = [d["data"] for d in await ledger.check() if d["subject"] == f"denial/{ANN}"]
    assert [(denial["role"], denial["count"]) for denial in denials] == [("pmo", 1), ("pmo", 2)]


async def test_a_wrong_version_does_not_keep_a_denial_off_the_record(ledger: OfficeLedger) -> None:
    async with ledger.store() as store:
        await store.submit(draft("s"))
        with pytest.raises(Denied) as denied:
            await store.submit(revise("s", actor=ZOE, expected=99))
        assert denied.value.position == store.appender.position


# --- versions ---


async def test_the_version_that_was_seen_must_be_the_last(ledger: OfficeLedger) -> None:
    async with ledger.store() as store:
        await store.submit(draft("s"))
        one, two, three = await outcomes(store, *(revise("s", expected=1) for _ in range(3)))
        assert one.version == 2
        for conflict in (two, three):
            assert isinstance(conflict, VersionConflict)
            assert (conflict.expected, conflict.actual) == (1, 2)
        with pytest.raises(Unknown):
            await store.submit(revise("never", expected=1))


async def test_what_must_not_exist_yet_is_made_once(ledger: OfficeLedger) -> None:
    async with ledger.store() as one, ledger.store() as other:
        came = await asyncio.gather(
            *((one, other)[number % 2].submit(draft("s", expected=0)) for number in range(50)),
            return_exceptions=True,
        )
    kinds = Counter(type(outcome) for outcome in came)
    assert kinds == {Accepted: 1, VersionConflict: 49}
    assert {outcome.actual for outcome in came if isinstance(outcome, VersionConflict)} == {1}
    await ledger.check()


# --- other writers ---


async def deaf(opened: Store) -> None:
    """It hears no more of what others write."""
    connection = opened.appender._ledger.connection
    await connection.remove_listener("ledger", opened.appender._ledger._heard)


@pytest.mark.parametrize("hears", [True, False])
async def test_nothing_is_refused_on_a_state_that_has_passed(ledger: OfficeLedger, hears: bool) -> None:
    async with ledger.store() as one, ledger.store() as other:
        with pytest.raises(Unknown):
            await one.submit(revise("s"))
        if not hears:
            await deaf(one)
        await other.submit(draft("s"))
        assert (await one.submit(revise("s"))).version == 2
        publish = PublishStandard(version=1, reason="r")
        await other.submit(Submission(STANDARD, "s", publish, BEN, "test", uuid7()))
        with pytest.raises(Refused, match="no-draft"):
            await one.submit(revise("s"))
        await other.submit(draft("s"))
        assert (await one.submit(revise("s"))).version == 5
        with pytest.raises(VersionConflict) as conflict:
            await one.submit(revise("s", expected=4))
        assert conflict.value.actual == 5
    await ledger.check()


async def test_what_others_write_reaches_the_cached_folds_by_itself(ledger: OfficeLedger) -> None:
    async with ledger.store() as one, ledger.store() as other:
        await one.submit(draft("s"))
        await other.submit(revise("s"))

        async def followed() -> bool:
            return one.appender._ledger.folds["standard/s"].version == 2

        await until(followed)
        assert one.appender.position == other.appender.position


async def test_a_fold_that_is_not_in_the_cache_any_more_is_loaded_again(
    ledger: OfficeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mandate_events.ledger.following.MAX_FOLDS", 8)
    async with ledger.store() as one:
        await outcomes(one, *(draft(f"s{number}") for number in range(20)))
        for number in range(20):
            assert (await one.submit(revise(f"s{number}"))).version == 2
            assert len(one.appender._ledger.folds) <= 24
    await ledger.check()


# --- connections and servers that die ---


async def test_connections_killed_under_load_lose_and_double_nothing(ledger: OfficeLedger) -> None:
    answers: dict[str, Accepted] = {}
    kills = 0

    async def caller(opened: Store, number: int) -> None:
        for _ in range(15):
            submission = revise(f"s{number % 4}")
            answer = await opened.submit(submission)
            answers[submission.key] = answer

    async with ledger.store() as one, ledger.store() as other:
        await outcomes(one, *(draft(f"s{number}") for number in range(4)))
        load = asyncio.gather(*(caller((one, other)[number % 2], number) for number in range(64)))
        while kills < 8 and not load.done():
            await asyncio.sleep(0.05)
            kills += await disconnect(ledger)
        await load
    assert kills >= 4
    assert len(answers) == 64 * 15
    await ledger.check_answers(answers)


@pytest.fixture(scope="module")
async def mortal() -> AsyncIterator[OfficeLedger]:
    """A server of our own, to be killed."""
    with tempfile.TemporaryDirectory(prefix="mandate-") as directory, EmbeddedPostgres(directory) as server:
        server.ensure_database("governance")
        doomed = OfficeLedger(server, "governance")
        await found(doomed)
        yield doomed


async def test_a_server_killed_under_load_loses_and_doubles_nothing(mortal: OfficeLedger) -> None:
    answers: dict[str, Accepted] = {}

    async def caller(opened: Store, number: int) -> None:
        for _ in range(40):
            submission = revise(f"s{number % 4}")
            answers[submission.key] = await opened.submit(submission)

    async with mortal.store() as one, mortal.store() as other:
        await outcomes(one, *(draft(f"s{number}") for number in range(4)))
        load = asyncio.gather(*(caller((one, other)[number % 2], number) for number in range(64)))
        await asyncio.sleep(0.1)
        mortal.postgres.kill()
        assert not load.done()
        await asyncio.sleep(0.2)
        await asyncio.to_thread(mortal.postgres.start)
        await asyncio.wait_for(load, 30)
    assert len(answers) == 64 * 40
    await mortal.check_answers(answers)


async def test_callers_are_told_when_the_server_stays_away(
    mortal: OfficeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appender, "PATIENCE", 0.3)
    async with mortal.store() as opened:
        await opened.submit(draft("away"))
        await asyncio.to_thread(mortal.postgres.stop)
        begin = time.monotonic()
        came = await outcomes(opened, *(revise("away") for _ in range(5)))
        assert {type(outcome) for outcome in came} == {LedgerUnavailable}
        assert time.monotonic() - begin < 5
        await asyncio.to_thread(mortal.postgres.start)
        async with asyncio.timeout(10):
            while True:
                with suppress(LedgerUnavailable):
                    await opened.submit(revise("away"))
                    break
                await asyncio.sleep(0.05)
    await mortal.check()


async def test_a_store_that_closes_without_a_server_answers_first(mortal: OfficeLedger) -> None:
    opened = await mortal.store().__aenter__()
    await opened.submit(draft("closing"))
    await asyncio.to_thread(mortal.postgres.stop)
    asked = asyncio.create_task(opened.submit(revise("closing")))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(opened.__aexit__(None, None, None), 20)
    with pytest.raises(LedgerUnavailable):
        await asked
    with pytest.raises(Overloaded):
        await opened.submit(revise("closing"))
    await asyncio.to_thread(mortal.postgres.start)


# --- the record ---


async def test_the_record_only_grows(ledger: OfficeLedger) -> None:
    """Even for the superuser, and where other triggers do not fire (session_replication_role = replica)."""
    async with ledger.store() as opened:
        await opened.submit(draft("s", text="wording"))
    connection = await ledger.connect()
    users = ("postgres", "governance_owner", "governance_append")
    for user, session, table in itertools.product(users, ("origin", "replica"), ("events", "blobs")):
        await connection.execute(f"reset role; set session_replication_role = {session}; set role {user}")
        column = "type" if table == "events" else "media_type"
        for statement in (
            f"update ledger.{table} set {column} = 'x'",  # noqa: S608
            f"delete from ledger.{table}",  # noqa: S608
            f"truncate ledger.{table}",
            f"truncate ledger.{table} cascade",
            f"with gone as (delete from ledger.{table} returning 1) select 1",  # noqa: S608
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    await connection.close()
    await ledger.check()
    assert len(await ledger.fetch("select from ledger.blobs")) == 1


async def test_the_append_role_is_all_that_a_store_needs_and_may_do_no_more(ledger: OfficeLedger) -> None:
    dsn = ledger.postgres.dsn(ledger.name, "governance_append")
    async with Store(GOVERNANCE, dsn) as opened:
        await opened.submit(draft("s", text="wording"))
        with pytest.raises(Denied):
            await opened.submit(draft("t", actor=ZOE))
    connection = await ledger.connect("governance_append")
    for statement in (
        "alter table ledger.events disable trigger all",
        "drop table ledger.events",
        "create table ledger.more (x int)",
        "update ledger.commands set position = 0",
        "set session_replication_role = replica",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_a_later_column_of_the_record_cannot_be_written_by_the_append_role(altered: OfficeLedger) -> None:
    """INSERT is granted by column: what a migration adds is the database's to fill until it is granted too."""
    await altered.execute("alter table ledger.events add column seal text default 'genuine'")
    connection = await altered.connect("governance_append")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(
            """insert into ledger.events (position, stream, version, type, recorded_at, document, leaf, seal)
               values (99, 's', 1, 't', now(), '', '', 'forged')"""
        )
    await connection.close()
    async with altered.store() as opened:
        await opened.submit(draft("s"))
    assert {row[0] for row in await altered.fetch("select seal from ledger.events")} == {"genuine"}


@pytest.mark.parametrize("user", ["governance_read", "governance_auditor"])
async def test_readers_read(ledger: OfficeLedger, user: str) -> None:
    connection = await ledger.connect(user)
    assert await connection.fetchval("select count(*) from ledger.events")
    for statement in ("insert into ledger.cursors values ('c', 's')", "delete from ledger.commands"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_a_document_is_stored_once(ledger: OfficeLedger) -> None:
    async with ledger.store() as one, ledger.store() as other:
        stores = itertools.cycle((one, other))
        await asyncio.gather(*(next(stores).submit(draft(f"s{n}", text="The same wording")) for n in range(40)))
        assert await one.reader.blob(digest(b"The same wording")) == (
            "text/markdown; charset=utf-8",
            b"The same wording",
        )
        assert await one.reader.blob(digest(b"Another")) is None
    assert [tuple(row) for row in await ledger.fetch("select count(*) from ledger.blobs")] == [(1,)]
    data = [document["data"]["text"] for document in await ledger.check() if "text" in document["data"]]
    assert data == [digest(b"The same wording").hex()] * 40


async def test_a_refused_command_leaves_no_document_behind(ledger: OfficeLedger) -> None:
    async with ledger.store() as opened:
        await opened.submit(draft("s"))
        with pytest.raises(Refused):
            await opened.submit(draft("s", text="Nobody needs this"))
    assert await ledger.fetch("select from ledger.blobs") == []


async def test_what_had_been_recorded_by_an_instant(ledger: OfficeLedger) -> None:
    async with ledger.store() as opened:
        times = []
        for submission in (draft("s"), revise("s", "Two"), revise("s", "Three")):
            await opened.submit(submission)
            times += [row[0] for row in await ledger.fetch("select max(recorded_at) from ledger.events")]
        before = times[0] - timedelta(microseconds=1)
        folds = [await opened.reader.fold_at(STANDARD, "s", at) for at in (before, *times)]
        assert [fold.version for fold in folds] == [0, 1, 2, 3]
        assert [fold.state.draft.content.title for fold in folds[1:]] == ["s", "Two", "Three"]
        assert folds[-1] == await opened.reader.fold(STANDARD, "s")
        assert (await opened.reader.fold(STANDARD, "never")).version == 0


async def test_a_replay_is_what_was_recorded(ledger: OfficeLedger) -> None:
    async with ledger.store() as opened:
        await outcomes(opened, *(draft(f"s{number}") for number in range(20)))
        records = [record async for record in opened.reader.replay()]
        assert [record.position for record in records] == list(range(1, opened.appender.position + 1))
        assert [record.position async for record in opened.reader.replay(3, 6)] == [4, 5, 6]


# --- a ledger that is not what it was ---


async def broken(opened: Store) -> str:
    """It stops, tells its callers, and says why when it is closed."""
    with pytest.raises(LedgerUnavailable):
        await asyncio.wait_for(opened.submit(revise("s")), 10)
    assert isinstance(opened.appender.broken, LedgerBroken)
    with pytest.raises(LedgerUnavailable):
        await opened.submit(revise("s"))
    with pytest.raises(LedgerBroken) as closing:
        await opened.__aexit__(None, None, None)
    return str(closing.value)


async def opened_with_a_draft(ledger: OfficeLedger) -> Store:
    opened = await ledger.store().__aenter__()
    await opened.submit(draft("s"))
    await opened.submit(draft("t"))
    return opened


async def test_a_ledger_that_became_shorter_is_not_decided_on(ledger: OfficeLedger) -> None:
    opened = await opened_with_a_draft(ledger)
    await sabotage(ledger, "delete from ledger.events where position = (select max(position) from ledger.events)")
    await disconnect(ledger)
    assert "this process has seen" in await broken(opened)


async def test_a_refusal_notices_too_that_the_ledger_became_shorter(ledger: OfficeLedger) -> None:
    opened = await opened_with_a_draft(ledger)
    await sabotage(ledger, "delete from ledger.events where position = (select max(position) from ledger.events)")
    with pytest.raises(LedgerUnavailable):
        await asyncio.wait_for(opened.submit(draft("s")), 10)
    assert "this process has seen" in await broken(opened)


async def test_another_event_at_a_known_position_is_another_ledger(ledger: OfficeLedger) -> None:
    """As after a restore to an earlier point, with new events since."""
    opened = await opened_with_a_draft(ledger)
    await sabotage(
        ledger,
        "update ledger.events set leaf = sha256(leaf) where position = (select max(position) from ledger.events)",
    )
    await disconnect(ledger)
    assert "is not the event that this process has seen there" in await broken(opened)


async def test_a_gap_is_not_read_over(ledger: OfficeLedger) -> None:
    opened = await opened_with_a_draft(ledger)
    connection = await ledger.connect()
    await connection.execute(
        """insert into ledger.events select max(position) + 2, 'foreign/1', 1, 't', max(recorded_at), '{}', ''
           from ledger.events"""
    )
    await connection.execute("select pg_notify('ledger', '')")
    await connection.close()
    assert "follows" in await broken(opened)


async def test_an_upset_decision_is_its_own_callers_matter(ledger: OfficeLedger) -> None:
    """A fault of the program in one slice is not everybody's."""
    upset = Submission(STANDARD, "s", draft("s").command, ANN, "test", uuid7())
    upset.command = titled(None)  # type: ignore[arg-type]
    async with ledger.store() as opened:
        good, bad = await outcomes(opened, draft("t"), upset)
        assert isinstance(good, Accepted)
        assert isinstance(bad, Exception)


async def test_more_than_can_wait_is_turned_away(ledger: OfficeLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "MAX_QUEUE", 10)
    async with ledger.store() as opened:
        kinds = Counter(type(outcome) for outcome in await outcomes(opened, *(draft(f"s{n}") for n in range(25))))
    assert kinds == {Accepted: 10, Overloaded: 15}
