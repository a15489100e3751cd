"""Who the persons are, from governance's directory to the others by either transport; and an erasure that reaches the
broker's files."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from governance.main import SERVICE as GOVERNANCE
from mandate_events.ledger.migrating import migrate
from mandate_events.ledger.names import LocalNames, whole_directory
from mandate_events.transport.kafka import TopicUnfit, declare_topics
from mandate_events.transport.names import DIRECTORY, ERASABLE, Entry, KafkaNames, KafkaNamesSink, Names
from mandate_events.transport.port import Fenced
from mandate_events.worker.naming import differences, follow_names, publish_names
from mandate_local.broker import KafkaBroker
from mandate_local.postgres import EmbeddedPostgres
from projects.main import SERVICE as PROJECTS
from tests.conftest import ExternalKafka, do_without
from tests.integration.ledgers import eventually

ADA, GRACE, ALAN, EDA = (str(uuid.UUID(int=number)) for number in range(1, 5))
NAMES = {ADA: "Ada Lovelace", GRACE: "Grace Hopper", ALAN: "Alan Turing"}
QUICK = {
    **ERASABLE,
    "segment.ms": "200",
    "max.compaction.lag.ms": "200",
    "delete.retention.ms": "200",
    "file.delete.delay.ms": "100",
}
"""A day of the directory's topic in a second."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Governance's directory, as its tables are when commands have been decided; and where it is followed."""

    kept: "asyncpg.Pool[Any]"
    followed: "asyncpg.Pool[Any]"
    dsn: str

    async def enter(self, person: str, name: str) -> None:
        await self.kept.execute(
            """insert into directory.people values ($1, $2, 'a@example.org', 1, now(), 'test')
               on conflict (person) do update set name = excluded.name""",
            person,
            name,
        )

    async def lose(self, person: str) -> None:
        """As a restored backup does."""
        await self.kept.execute("delete from directory.people where person = $1", person)

    async def erase(self, person: str) -> None:
        """The record says it; the row is still there."""
        await self.kept.execute(
            """insert into ledger.events (position, stream, version, type, recorded_at, document, leaf)
               select coalesce(max(position), 0) + 1, 'directory/' || $1, 1, 'mandate.governance.person-erased.v1',
                   now(), convert_to($1, 'UTF8'), '' from ledger.events""",
            person,
        )

    async def told(self) -> dict[str, str | None]:
        """What the other service tells."""
        return dict(await self.followed.fetch("select person, name from directory.names"))

    async def tells(self, *expected: tuple[str, str | None]) -> None:
        await until(lambda told: told == dict(expected), self.told)


async def until(holds: Callable[[Any], bool], look: Callable[[], Any]) -> None:
    async def held() -> bool:
        return holds(await look())

    await eventually(held)


@pytest.fixture(scope="module")
async def made(postgres: EmbeddedPostgres) -> list[str]:
    """The databases of the two services, as their migrations make them."""
    names = [f"{service.name}_{uuid.uuid4().hex[:8]}" for service in (GOVERNANCE, PROJECTS)]
    for name, service in zip(names, (GOVERNANCE, PROJECTS), strict=True):
        await asyncio.to_thread(postgres.ensure_database, name)
        await migrate(postgres.dsn(name), service.migrations)
    return names


@pytest.fixture
async def directory(postgres: EmbeddedPostgres, made: list[str]) -> AsyncIterator[Directory]:
    names = [f"{name}_{uuid.uuid4().hex[:8]}" for name in made]
    owner = await asyncpg.connect(postgres.dsn("postgres"))
    for name, template in zip(names, made, strict=True):
        await owner.execute(f"create database {name} template {template}")
    await owner.close()
    dsn = postgres.dsn(names[0], user="governance_append")
    async with (
        asyncpg.create_pool(dsn, min_size=1, max_size=3) as kept,
        asyncpg.create_pool(postgres.dsn(names[1], user="projects_append"), min_size=1, max_size=3) as followed,
    ):
        found = Directory(kept, followed, dsn)
        for person, name in NAMES.items():
            await found.enter(person, name)
        yield found


@asynccontextmanager
async def at_work(*work: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Way:
    """How names come from the one to the others."""

    names: Callable[[], Names]
    publishing: Callable[[], Any] | None


async def topic(kafka: KafkaBroker | ExternalKafka) -> str:
    name = f"{DIRECTORY}-{uuid.uuid4().hex[:8]}"
    await declare_topics(kafka.bootstrap, [name], kept=QUICK)
    return name


def publishing(directory: Directory, bootstrap: str, name: str, every: float = 0.2) -> Any:
    whole = partial(whole_directory, directory.kept)
    return publish_names(whole, KafkaNames(bootstrap, name), KafkaNamesSink(bootstrap, name), every)


@pytest.fixture(params=["local", "kafka"])
async def way(request: pytest.FixtureRequest, directory: Directory) -> Way:
    if request.param == "local":
        return Way(lambda: LocalNames(directory.dsn), None)
    kafka = request.getfixturevalue("kafka")
    name = await topic(kafka)
    return Way(lambda: KafkaNames(kafka.bootstrap, name), lambda: publishing(directory, kafka.bootstrap, name))


async def test_names_arrive_change_and_are_erased_and_a_restored_table_converges(
    directory: Directory, way: Way
) -> None:
    published = [way.publishing()] if way.publishing else []
    async with at_work(*published):
        async with at_work(follow_names(directory.followed, way.names())):
            await directory.tells(*NAMES.items())
            await directory.enter(ADA, "Ada King")
            await directory.erase(GRACE)
            await directory.enter(EDA, "Edsger Dijkstra")
            await directory.lose(ALAN)
            after = ((ADA, "Ada King"), (GRACE, None), (EDA, "Edsger Dijkstra"))
            await directory.tells(*after)
        # a backup of the follower, from before all this, with somebody nobody knows any more
        await directory.followed.execute("delete from directory.names")
        before = {**NAMES, str(uuid.uuid4()): "Forgotten"}
        await directory.followed.executemany("insert into directory.names values ($1, $2)", list(before.items()))
        async with at_work(follow_names(directory.followed, way.names())):
            await directory.tells(*after)


async def test_what_was_entered_or_erased_while_nobody_published_is_published_later(
    directory: Directory, kafka: KafkaBroker | ExternalKafka
) -> None:
    name = await topic(kafka)

    def follow() -> Any:
        return follow_names(directory.followed, KafkaNames(kafka.bootstrap, name))

    async with at_work(follow()):
        async with at_work(publishing(directory, kafka.bootstrap, name)):
            await directory.tells(*NAMES.items())
        await directory.enter(EDA, "Edsger Dijkstra")
        await directory.erase(ADA)
        async with at_work(publishing(directory, kafka.bootstrap, name)):
            expected = {**NAMES, EDA: "Edsger Dijkstra", ADA: None}
            await directory.tells(*expected.items())
            # a publisher that no longer leads was frozen, and says now what it meant to say then
            late = KafkaNamesSink(kafka.bootstrap, name)
            await late.open()
            await late.put([Entry(ADA, NAMES[ADA]), Entry(GRACE, "Wrongly Spelt")])
            await late._send([{"key": ALAN.encode(), "value": b"no JSON"}])
            await late.close()
            told = KafkaNames(kafka.bootstrap, name)
            await until(lambda said: said == expected, partial(said_by, told))
            await directory.tells(*expected.items())
    # somebody who follows for the first time, long after the erasure, is told of it
    await directory.followed.execute("delete from directory.names")
    async with at_work(follow(), publishing(directory, kafka.bootstrap, name)):
        await directory.tells(*expected.items())


async def said_by(names: Names) -> dict[str, str | None]:
    """What a topic says of whom, last."""
    await names.open()
    found: dict[str, str | None] = {}
    while not await names.whole():
        found |= {entry.person: entry.name for entry in await names.receive(0.5)}
    await names.close()
    return found


async def test_a_name_that_comes_after_its_erasure_brings_nobody_back(directory: Directory) -> None:
    class Said:
        def __init__(self) -> None:
            self.waiting = [[Entry(ADA, None, erased=True)], [Entry(GRACE, "Grace"), Entry(ADA, "Ada")]]

        async def open(self) -> None: ...
        async def close(self) -> None: ...
        async def whole(self) -> bool:
            return len(self.waiting) < 2

        async def receive(self, wait: float) -> list[Entry]:
            if self.waiting:
                return self.waiting.pop(0)
            await asyncio.sleep(wait)
            return []

    async with at_work(follow_names(directory.followed, Said())):
        await directory.tells((ADA, None), (GRACE, "Grace"))


async def test_of_two_who_follow_the_later_one_writes(directory: Directory) -> None:
    earlier = asyncio.create_task(follow_names(directory.followed, LocalNames(directory.dsn)))
    await directory.tells(*NAMES.items())
    async with at_work(follow_names(directory.followed, LocalNames(directory.dsn))):
        await until(
            lambda times: times == 2, partial(directory.followed.fetchval, "select times from directory.reading")
        )
        await directory.enter(EDA, "Edsger Dijkstra")
        with pytest.raises(Fenced):
            async with asyncio.timeout(10):
                await earlier
        await directory.tells(*NAMES.items(), (EDA, "Edsger Dijkstra"))


async def test_an_erased_name_is_gone_from_the_files_of_the_broker(
    directory: Directory, kafka: KafkaBroker | ExternalKafka
) -> None:
    if isinstance(kafka, ExternalKafka):
        do_without("the files of a broker elsewhere cannot be read")
    name = await topic(kafka)
    folder = kafka.directory / "data" / f"mandate.{name}-0"
    secret, spelt = f"Erased {uuid.uuid4()}", f"Misspelt {uuid.uuid4()}"

    def found() -> set[str]:
        return {text for text in (secret, spelt, NAMES[GRACE]) for file in folder.glob("*") if text in read(file)}

    await directory.enter(ADA, spelt)
    async with at_work(publishing(directory, kafka.bootstrap, name)):
        await until(lambda texts: spelt in texts, partial(asyncio.to_thread, found))
        await directory.enter(ADA, secret)
        await until(lambda texts: secret in texts, partial(asyncio.to_thread, found))
        await directory.erase(ADA)
        await until(lambda texts: texts == {NAMES[GRACE]}, partial(asyncio.to_thread, found))
        assert (await said_by(KafkaNames(kafka.bootstrap, name)))[GRACE] == NAMES[GRACE], "who is not erased is there"


def read(file: Path) -> str:
    try:
        return file.read_bytes().decode("latin-1")
    except FileNotFoundError:  # the cleaner was quicker
        return ""


async def test_the_topic_must_be_one_that_forgets(kafka: KafkaBroker | ExternalKafka) -> None:
    name = f"{DIRECTORY}-{uuid.uuid4().hex[:8]}"
    await declare_topics(kafka.bootstrap, [name])
    with pytest.raises(TopicUnfit, match="cleanup"):
        await declare_topics(kafka.bootstrap, [name], kept=ERASABLE)


def test_only_what_differs_is_said() -> None:
    said = {ADA: Entry(ADA, "Ada"), GRACE: Entry(GRACE, "Grace"), ALAN: Entry(ALAN, None), EDA: Entry(EDA, "Eda")}
    wanted = {ADA: Entry(ADA, "Ada"), GRACE: Entry(GRACE, None, erased=True)}
    assert list(differences(said, wanted)) == [Entry(EDA, None), Entry(GRACE, None, erased=True)]
    assert list(differences({**said, **wanted, EDA: Entry(EDA, None)}, wanted)) == []
