"""Real ledgers for the tests of what carries and follows them: fresh databases, filled by the services' own stores."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from governance.main import GOVERNANCE
from governance.office import office
from mandate_events.deciding import Instruction
from mandate_events.deciding.batch import Submission
from mandate_events.document.identifiers import uuid7
from mandate_events.ledger.engine import create_engine
from mandate_events.ledger.schema import create_ledger
from mandate_events.ledger.store import Store
from mandate_events.transport.kafka import KafkaSource
from mandate_events.transport.port import Delivery
from mandate_events.views.building import create
from mandate_events.views.view import View
from mandate_local.postgres import EmbeddedPostgres


@dataclass(frozen=True, slots=True)
class Ledger:
    """A service's database: `dsn` as its append role, `owner` as the superuser, who may do what no service may."""

    service: str
    dsn: str
    owner: str

    async def query(self, sql: str, *arguments: Any) -> "list[asyncpg.Record]":
        connection = await asyncpg.connect(self.owner)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return rows
        finally:
            await connection.close()

    async def documents(self) -> list[bytes]:
        return [row[0] for row in await self.query("select document from ledger.events order by position")]

    async def append_raw(self, *documents: bytes) -> None:
        """Put documents into the record that no command would make, and tell of them."""
        await self.query(
            """with written as (
                   insert into ledger.events (position, stream, version, type, recorded_at, document, leaf)
                   select (select coalesce(max(position), 0) from ledger.events) + number,
                       'raw/' || gen_random_uuid(), 1, 'raw', clock_timestamp(), document, document
                   from unnest($1::bytea[]) with ordinality as given (document, number))
               select pg_notify('ledger', '')""",
            documents,
        )

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[AsyncEngine]:
        engine = create_async_engine(self.dsn.replace("postgresql://", "postgresql+asyncpg://"))
        try:
            yield engine
        finally:
            await engine.dispose()


async def new_ledger(postgres: EmbeddedPostgres, service: str, views: Sequence[View] = ()) -> Ledger:
    name = f"{service}_{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(postgres.ensure_database, name)
    ledger = Ledger(service, postgres.dsn(name, user=f"{service}_append"), postgres.dsn(name))
    connection = await asyncpg.connect(ledger.owner)
    try:
        await connection.execute(create_ledger(service))
    finally:
        await connection.close()
    if views:
        engine = create_engine(ledger.owner)
        async with engine.begin() as making:
            await making.run_sync(create, service, views)
        await engine.dispose()
    return ledger


class Governance:
    """Governance at work: a founded office that goes on deciding."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.founder, self.officer, self.other = (str(uuid.uuid4()) for _ in range(3))

    async def found(self) -> None:
        await self._office(office.NameFounder(person=self.founder), "system/start")
        await self._office(office.CharterOffice(name="The office", reason="to test"), self.founder)
        for person in (self.officer, self.other):
            await self._office(office.AppointMember(person=person, reason="to test"), self.founder)

    async def observe(self, count: int = 1) -> None:
        """Give so many people a mandate: two events each, one of which the projects service recognises."""
        people = [str(uuid.uuid4()) for _ in range(count)]
        await asyncio.gather(
            *(self._office(office.AppointObserver(person=person, reason="to test"), self.officer) for person in people)
        )

    async def come_and_go(self) -> None:
        """A mandate that is given and taken away again: order matters."""
        person = str(uuid.uuid4())
        await self._office(office.AppointMember(person=person, reason="to test"), self.officer)
        await self._office(office.RemoveMember(person=person, reason="to test"), self.officer)

    async def _office(self, command: Instruction, actor: str) -> None:
        await self.store.submit(Submission(office.OFFICE, "main", command, actor=actor, route="test", key=uuid7()))


@asynccontextmanager
async def governing(ledger: Ledger) -> AsyncIterator[Governance]:
    async with Store(GOVERNANCE, ledger.dsn) as store:
        governance = Governance(store)
        await governance.found()
        yield governance


class Scripted:
    """A source that delivers what the test says, as a transport would."""

    def __init__(self, name: str, documents: Sequence[bytes] = ()) -> None:
        self.name = name
        self.documents = list(documents)
        self._place = 0

    async def open(self, place: int) -> None:
        self._place = place

    async def receive(self, limit: int, wait: float) -> Sequence[Delivery]:
        begin, found = self._place, self.documents[self._place : self._place + limit]
        if not found:
            await asyncio.sleep(min(wait, 0.02))
        self._place += len(found)
        return [Delivery(document, begin + number) for number, document in enumerate(found, start=1)]

    async def behind(self) -> int | None:
        return len(self.documents) - self._place

    async def close(self) -> None:
        """Nothing is held open."""


def changed(document: bytes, **attributes: Any) -> bytes:
    """The document with other attributes, still canonical."""
    return orjson.dumps({**orjson.loads(document), **attributes}, option=orjson.OPT_SORT_KEYS)


async def eventually(holds: Callable[[], Awaitable[bool]], patience: float = 20.0, what: str = "") -> None:
    """Wait until it holds, or fail."""
    end = time.monotonic() + patience
    while not await holds():
        assert time.monotonic() < end, what or "it never came to that"
        await asyncio.sleep(0.05)


async def topic_of(name: str, bootstrap: str) -> list[bytes]:
    """Everything that is on a topic, duplicates too."""
    source = KafkaSource(name, bootstrap)
    await source.open(0)
    documents: list[bytes] = []
    try:
        while received := await source.receive(5_000, 1.0):
            documents += [delivery.document for delivery in received]
    finally:
        await source.close()
    return documents


def deduplicated(documents: Sequence[bytes]) -> list[bytes]:
    """What a consumer makes of a topic: the next number each time. A hole or a fork fails."""
    found: list[bytes] = []
    for document in documents:
        number = int(orjson.loads(document)["sequence"])
        assert number <= len(found) + 1, f"{len(found) + 1} never arrived; {number} did"
        if number == len(found) + 1:
            found.append(document)
        else:
            assert found[number - 1] == document, f"{number} arrived twice with different bytes"
    return found
