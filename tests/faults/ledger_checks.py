"""What must be true of the ledgers, whatever happened to the processes that wrote them.

`read` takes a service's database as it stands; the checks are pure functions over what was read, so that any fault test
can use those it needs. `check_everything` is all of them, for a whole system at rest.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

import asyncpg
import orjson

from mandate_events.document.canonical import encode
from mandate_events.ledger.engine import create_engine
from mandate_events.views.building import build, swap
from mandate_events.views.comparing import compare, standings
from tests.services import SERVICES

Databases: TypeAlias = Callable[[str], str]
"""From a service's name to the DSN of its database, as a role that may read all of it and rebuild its views."""

FOLLOWED: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    service.name: [("views", source) for source in service.house.heard]
    if service.archive
    else [*(("policies", source) for source in service.house.heard), ("views", service.name)]
    for service in SERVICES
}
"""By service: (consumer, source) of the cursors that it must have."""

GENESIS: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Row:
    """One row of `ledger.events`."""

    position: int
    stream: str
    version: int
    type: str
    recorded_at: datetime
    document: bytes
    leaf: bytes

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = orjson.loads(self.document)
        return content


@dataclass(frozen=True, slots=True)
class Answered:
    """One row of `ledger.commands`: a key, and where the last event of its command stands."""

    principal: str
    route: str
    key: str
    position: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything in a service's schema `ledger`, read at one moment."""

    service: str
    rows: Sequence[Row]
    commands: Sequence[Answered]
    blobs: Mapping[bytes, bytes]
    cursors: Mapping[tuple[str, str], int]
    received: Mapping[str, Mapping[int, bytes]]
    parked: Sequence[tuple[str, str, int, str]]

    def named(self, name: str) -> list[dict[str, Any]]:
        """The documents of one type, given without service and version: `project-proposed`."""
        return [row.content for row in self.rows if row.type.split(".")[2] == name]


@dataclass(frozen=True, slots=True)
class Archived:
    """One row of reporting's archive."""

    entry: int
    source: str
    sequence: int
    type: str
    document: bytes


# --- reading ---


async def read(service: str, dsn: str) -> Ledger:
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            fetch = connection.fetch
            received: dict[str, dict[int, bytes]] = {}
            for source, sequence, digest in await fetch("select source, sequence, digest from ledger.received"):
                received.setdefault(source, {})[sequence] = digest
            return Ledger(
                service,
                [Row(*row) for row in await fetch(_ROWS)],
                [Answered(*row) for row in await fetch("select principal, route, key, position from ledger.commands")],
                {row[0]: row[1] for row in await fetch("select sha256, bytes from ledger.blobs")},
                {
                    (row[0], row[1]): row[2]
                    for row in await fetch(
                        "select consumer, source, sequence from ledger.cursors where source <> 'record'"
                    )
                },
                received,
                [tuple(row) for row in await fetch("select consumer, source, sequence, error from ledger.parked")],
            )
    finally:
        await connection.close()


async def read_archive(dsn: str) -> list[Archived]:
    connection = await asyncpg.connect(dsn)
    try:
        return [Archived(*row) for row in await connection.fetch(_ARCHIVE)]
    finally:
        await connection.close()


async def at_rest(databases: Databases, wait: float = 60) -> dict[str, Ledger]:
    """All ledgers, once every consumer has handled everything.

    A policy appends before it moves its cursor: so if no ledger grew while the cursors were seen at the ends, nothing
    is under way.
    """
    deadline = time.monotonic() + wait
    while True:
        ends = await _ends(databases)
        ledgers = {service: await read(service, databases(service)) for service in FOLLOWED}
        behind = [
            f"{service}'s {consumer} of {source} at {ledgers[service].cursors.get((consumer, source), 0)}"
            for service, follows in FOLLOWED.items()
            for consumer, source in follows
            if ledgers[service].cursors.get((consumer, source), 0) != ends[source]
        ]
        if not behind and await _ends(databases) == ends:
            return ledgers
        assert time.monotonic() < deadline, f"not at rest after {wait} s: the ledgers end at {ends}, but {behind}"
        await asyncio.sleep(0.1)


async def _ends(databases: Databases) -> dict[str, int]:
    ends = {}
    for service in FOLLOWED:
        connection = await asyncpg.connect(databases(service))
        try:
            ends[service] = await connection.fetchval("select coalesce(max(position), 0) from ledger.events")
        finally:
            await connection.close()
    return ends


_ROWS: Final = "select position, stream, version, type, recorded_at, document, leaf from ledger.events order by 1"
_ARCHIVE: Final = "select entry, source, sequence, type, document from archive.documents order by 1"


# --- one ledger by itself ---


def check_ledger(ledger: Ledger) -> None:
    """Everything that can be said of a ledger without any other."""
    check_documents(ledger)
    check_commands(ledger)
    check_blobs(ledger)


def check_documents(ledger: Ledger) -> None:
    """Positions and versions without gap or duplicate, every chain whole, every document canonical and as its row."""
    heads: dict[str, tuple[int, str]] = {}
    ids: set[str] = set()
    last: datetime | None = None
    for number, row in enumerate(ledger.rows, start=1):
        where = f"{ledger.service}:{row.position}"
        assert row.position == number, f"{where} stands where {number} must"
        version, head = heads.get(row.stream, (0, GENESIS))
        assert row.version == version + 1, f"{where}: version {row.version} of {row.stream} follows {version}"
        content = row.content
        assert encode(content) == row.document, f"{where} is not canonical"
        says = {
            "specversion": "1.0",
            "source": f"/mandate/{ledger.service}",
            "type": row.type,
            "subject": row.stream,
            "sequence": f"{number:020d}",
            "streamversion": row.version,
            "previous": head,
        }
        said = {name: content.get(name) for name in says}
        assert said == says, f"{where}: the document says {said}, the ledger {says}"
        assert datetime.fromisoformat(content["time"]) == row.recorded_at, f"{where}: time {content['time']}"
        assert last is None or last <= row.recorded_at, f"{where} was recorded before the event ahead of it"
        assert content["id"] not in ids, f"{where} has the id of an earlier event"
        assert row.leaf == hashlib.sha256(b"\0" + row.document).digest(), f"{where}: wrong leaf"
        ids.add(content["id"])
        last = row.recorded_at
        heads[row.stream] = (row.version, hashlib.sha256(row.document).hexdigest())


def check_commands(ledger: Ledger) -> None:
    """Every key points to an event of the one who used it, and no two keys to the same."""
    actors = {row.position: row.content["actor"] for row in ledger.rows}
    seen: dict[int, Answered] = {}
    for command in ledger.commands:
        actor = actors.get(command.position)
        assert actor == command.principal, f"{ledger.service}: {command} points to an event of {actor}"
        other = seen.setdefault(command.position, command)
        assert other is command, f"{ledger.service}: {command} and {other} point to one event"


def check_blobs(ledger: Ledger) -> None:
    wrong = [sha256.hex() for sha256, content in ledger.blobs.items() if hashlib.sha256(content).digest() != sha256]
    assert not wrong, f"{ledger.service}: blobs that are not what they are named: {wrong}"


# --- ledgers together, at rest ---


def check_consumers(ledger: Ledger, ledgers: Mapping[str, Ledger]) -> None:
    """Every cursor stands at the end, what was received is what was sent, nothing is parked."""
    assert not ledger.parked, f"{ledger.service} parked {ledger.parked}"
    followed = {*FOLLOWED[ledger.service], *ledger.cursors}
    for consumer, source in sorted(followed):
        at, end = ledger.cursors.get((consumer, source), 0), len(ledgers[source].rows)
        assert at == end, f"{ledger.service}: {consumer} of {source} at {at}, which ends at {end}"
    for source in {source for consumer, source in followed if consumer != "relay"}:
        sent = {row.position: hashlib.sha256(row.document).digest() for row in ledgers[source].rows}
        assert ledger.received.get(source, {}) == sent, f"{ledger.service} received other documents than {source} sent"


def check_origins(ledgers: Mapping[str, Ledger]) -> None:
    """What was recognised exists, and no command was made twice of it."""
    for ledger in ledgers.values():
        seen: set[tuple[str, str, int, str]] = set()
        for row in ledger.rows:
            content = row.content
            origin = content["data"].get("origin")
            if origin is None:
                continue
            where = f"{ledger.service}:{row.position}"
            source = ledgers[origin["source"]].rows
            assert 0 < origin["sequence"] <= len(source), f"{where} rests on {origin}, which is not there"
            document = source[origin["sequence"] - 1].document
            assert hashlib.sha256(document).hexdigest() == origin["hash"], f"{where} rests on another {origin}"
            once = (row.type, origin["source"], origin["sequence"], row.stream)
            assert once not in seen, f"{where}: {origin} was recognised twice"
            seen.add(once)


def check_archive(archive: Sequence[Archived], ledgers: Mapping[str, Ledger]) -> None:
    """Reporting archived every document of every ledger, byte for byte, once, in order."""
    entries = [each.entry for each in archive]
    assert entries == list(range(1, len(archive) + 1)), "the archive's entries have gaps"
    kept: dict[str, list[tuple[int, str, bytes]]] = {service: [] for service in ledgers}
    for each in archive:
        kept[each.source].append((each.sequence, each.type, each.document))
    for service, ledger in ledgers.items():
        sent = [(row.position, row.type, row.document) for row in ledger.rows]
        assert kept[service] == sent, f"the archive of {service} is not its ledger"


# --- views ---


async def check_views(databases: Databases) -> None:
    """The lists equal fresh ones, row for row, and nothing is parked; the fresh ones are live then."""
    for lists in (service.lists for service in SERVICES):
        engine = create_engine(databases(lists.service))
        try:
            await build(engine, lists)
            for table in await compare(engine, lists):
                assert table.differ == 0, f"{lists.service}: {table} is not what the record says"
            assert all(each.parked == 0 for each in await standings(engine, lists)), f"{lists.service} parked events"
            await swap(engine, lists)
        finally:
            await engine.dispose()


# --- all of it ---


async def check_everything(databases: Databases) -> dict[str, Ledger]:
    """Wait until all is at rest, then check it; returns the ledgers for what a test wants to know besides."""
    ledgers = await at_rest(databases)
    for ledger in ledgers.values():
        check_ledger(ledger)
        check_consumers(ledger, ledgers)
    check_origins(ledgers)
    check_archive(await read_archive(databases("reporting")), ledgers)
    await check_views(databases)
    return ledgers


class Witness:
    """A reader beside the system. What it has once seen must never be gone or changed: it was durable."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._connections: dict[str, asyncpg.Connection[Any]] = {}
        self.seen: dict[str, list[tuple[str, bytes]]] = {service: [] for service in FOLLOWED}

    async def __aenter__(self) -> "Witness":
        for service in FOLLOWED:
            self._connections[service] = await asyncpg.connect(self._databases(service))
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections.values():
            connection.terminate()

    async def look(self) -> None:
        for service, connection in self._connections.items():
            seen = self.seen[service]
            after = "select type, leaf from ledger.events where position > $1 order by position"
            seen += [(row[0], row[1]) for row in await connection.fetch(after, len(seen))]

    def count(self, service: str, name: str) -> int:
        """How many events of a type, given without service and version."""
        return sum(type_.split(".")[2] == name for type_, _ in self.seen[service])

    def check(self, ledgers: Mapping[str, Ledger]) -> None:
        for service, seen in self.seen.items():
            now = [(row.type, row.leaf) for row in ledgers[service].rows]
            assert now[: len(seen)] == seen, f"{service}: what had been recorded is gone or another"
