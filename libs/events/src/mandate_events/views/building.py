"""Building views beside the live ones: from the record, chunk by chunk, while everybody goes on reading and writing.

Three schemas hold the same tables: `views` is live, `views_next` is being built, `views_before` was live until the
last swap. Each has its own cursor and its own parked events, and a swap is the exchange of two names in one
transaction: who reads sees the tables of before or those of after, whole. Killed anywhere, building goes on where its
cursor stands.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mandate_events.ledger.schema import role
from mandate_events.transport import parking
from mandate_events.transport.port import Incoming, understood
from mandate_events.views.projection import made_by, project, take_turn
from mandate_events.views.record import Kept, Lists
from mandate_events.views.view import SCHEMA, View, fingerprint

NEXT: Final = "views_next"
BEFORE: Final = "views_before"
CHUNK: Final = 500

BUILDING: Final = 0x4255494C
"""Transaction advisory lock of whoever makes the tables of `views_next`."""

Progress = Callable[[int, int], None]
"""(place, end): how far it is."""


class NotOurs(RuntimeError):
    """There are no such tables, or another version of the program made them: it alone can fill them."""


def create(connection: Connection, service: str, views: Sequence[View], schema: str = SCHEMA) -> None:
    """Make a schema with the empty tables of these views, for the service's roles."""
    append, read, auditor, owner = (role(service, name) for name in ("append", "read", "auditor", "owner"))
    connection.execute(text(f"create schema {schema}"))
    connection.execute(text(f"alter schema {schema} owner to {owner}"))  # before what is in it
    for view in views:
        view.table.to_metadata(MetaData(), schema=schema).create(connection)
        connection.execute(text(f"alter table {schema}.{view.name} owner to {owner}"))
    for statement in (
        f"comment on schema {schema} is '{fingerprint(views)}'",
        f"grant usage on schema {schema} to {append}, {read}, {auditor}",
        f"grant select, insert, update, delete on all tables in schema {schema} to {append}",
        f"grant select on all tables in schema {schema} to {read}, {auditor}",
    ):
        connection.execute(text(statement))


async def build(engine: AsyncEngine, lists: Lists, progress: Progress | None = None) -> int:
    """Fill `views_next` up to where the live views are; goes on with what an earlier run left. Returns the place."""
    async with engine.begin() as connection:
        await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": BUILDING})
        if await made_by(connection, NEXT) != fingerprint(lists.views):
            await _remove(connection, NEXT)
            await connection.run_sync(create, lists.service, lists.views, NEXT)
            await connection.execute(text(_BEGIN), {"consumer": NEXT, "place": 0})
    return await catch_up(engine, lists, NEXT, progress)


async def swap(engine: AsyncEngine, lists: Lists) -> int:
    """Make `views_next` live, and what was live `views_before`. Raises `NotOurs`. Returns the place of both."""
    return await _exchange(engine, lists, NEXT, BEFORE)


async def back(engine: AsyncEngine, lists: Lists) -> int:
    """Make `views_before` live again, caught up, and what was live `views_next`. Raises `NotOurs`."""
    return await _exchange(engine, lists, BEFORE, NEXT)


async def bring(engine: AsyncEngine, lists: Lists, progress: Progress | None = None) -> bool:
    """Build and swap where the live views are another version's; returns whether they were."""
    async with engine.connect() as connection:
        if not lists.views or await made_by(connection) == fingerprint(lists.views):
            return False
    await build(engine, lists, progress)
    await swap(engine, lists)
    return True


async def catch_up(engine: AsyncEngine, lists: Lists, schema: str, progress: Progress | None = None) -> int:
    """Let a schema that is not live follow to where the live views are, chunk by chunk. Returns the place."""
    while True:
        async with engine.begin() as connection:
            place, end = await _chunk(connection, lists, schema)
        if progress:
            progress(place, end)
        if place >= end:
            return place


async def _exchange(engine: AsyncEngine, lists: Lists, incoming: str, outgoing: str) -> int:
    async with engine.connect() as connection:
        await _check_ours(connection, lists, incoming)
    await catch_up(engine, lists, incoming)
    async with engine.begin() as connection:
        await take_turn(connection)
        await _check_ours(connection, lists, incoming)
        place, end = await _chunk(connection, lists, incoming)
        while place < end:
            place, end = await _chunk(connection, lists, incoming)
        await _remove(connection, outgoing)
        for statement in (
            f"alter schema {SCHEMA} rename to {outgoing}",
            f"alter schema {incoming} rename to {SCHEMA}",
            _FORGET_CURSOR,
            _FORGET_DISCARDED,
            _RENAME_LIVE,
            _RENAME_INCOMING,
            _BEGIN,
        ):
            names = {"consumer": outgoing, "place": end, "incoming": incoming}
            await connection.execute(text(statement), names)
    return end


async def _check_ours(connection: AsyncConnection, lists: Lists, schema: str) -> None:
    found, ours = await made_by(connection, schema), fingerprint(lists.views)
    if found != ours:
        raise NotOurs(f"{schema} is {found or 'not there'}; this program makes {ours}")


async def _remove(connection: AsyncConnection, schema: str) -> None:
    await connection.execute(text(f"drop schema if exists {schema} cascade"))
    await parking.forget(connection, schema)
    await connection.execute(text(_FORGET_CURSOR), {"incoming": schema})


async def _chunk(connection: AsyncConnection, lists: Lists, schema: str) -> tuple[int, int]:
    """Apply the next documents to a schema that is not live; returns its place, and that of the live views."""
    found = await connection.execute(text(_PLACE), {"consumer": schema})  # held: nobody else fills it now
    place, end = found.scalar_one(), await lists.record.end(connection)
    kept = await lists.record.read(connection, place, end, CHUNK)
    discarded = await parking.discarded(connection, SCHEMA)
    meant = [
        (source, item) for source, item in _understood(lists, kept) if (source, item.heading.position) not in discarded
    ]
    for source, run in groupby(meant, key=lambda each: each[0]):
        await _apply(connection, lists, schema, source, [item for _, item in run])
    place = kept[-1][0] if kept else place
    await connection.execute(text(_MOVE), {"consumer": schema, "place": place})
    return place, end


def _understood(lists: Lists, kept: Sequence[Kept]) -> Iterator[tuple[str, Incoming]]:
    for _, source, document in kept:
        yield source, understood(lists.catalogues[source], document)


async def _apply(
    connection: AsyncConnection, lists: Lists, schema: str, source: str, incoming: Sequence[Incoming]
) -> None:
    """Apply neighbours of one source; what cannot be is parked for this schema."""
    blocked = set(await parking.blocked(connection, schema, source))
    failures = {item.heading.position: item.error for item in incoming if item.error}
    found = await project(connection, lists.views, incoming, blocked, failures, schema=schema)
    for item in incoming:
        if error := found.get(item.heading.position):
            await parking.park(connection, schema, source, item.document, error)


_BEGIN: Final = """
insert into ledger.cursors (consumer, source, place) values (:consumer, 'record', :place)
"""
_PLACE: Final = "select place from ledger.cursors where consumer = :consumer and source = 'record' for update"
_MOVE: Final = "update ledger.cursors set place = :place where consumer = :consumer and source = 'record'"
_FORGET_CURSOR: Final = "delete from ledger.cursors where consumer = :incoming"
_FORGET_DISCARDED: Final = """
delete from ledger.parked as waits using ledger.parked as gone
where waits.consumer = :incoming and gone.consumer = 'views' and gone.discarded_at is not null
    and (waits.source, waits.sequence) = (gone.source, gone.sequence)
"""
_RENAME_LIVE: Final = "update ledger.parked set consumer = :consumer where consumer = 'views' and discarded_at is null"
_RENAME_INCOMING: Final = "update ledger.parked set consumer = 'views' where consumer = :incoming"
