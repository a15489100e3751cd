"""Comparing views that were built with the live ones, and telling where each of them is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mandate_events.transport import parking
from mandate_events.views.building import BEFORE, NEXT, NotOurs, catch_up
from mandate_events.views.projection import TURN, made_by
from mandate_events.views.record import Lists
from mandate_events.views.view import SCHEMA, fingerprint

SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """One table, live and next. Columns that only one of them has are named and not compared."""

    table: str
    live: int | None
    """Rows; None where there is no such table."""
    next: int | None
    differ: int = 0
    """Rows that only one of them has, or that are not the same in both."""
    examples: Sequence[str] = ()
    columns: Sequence[str] = ()
    """Which columns only one of them has."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a schema of views is."""

    schema: str
    made_by: str | None
    ours: bool
    place: int
    end: int
    parked: int
    rows: Mapping[str, int]


async def compare(engine: AsyncEngine, lists: Lists) -> Sequence[Compared]:
    """Compare `views_next` with the live views, both at the same place. Raises `NotOurs`."""
    async with engine.connect() as connection:
        if await made_by(connection, NEXT) != fingerprint(lists.views):
            raise NotOurs(f"{NEXT} is not there, or another version's")
    async with engine.connect() as turn, engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        await catch_up(engine, lists, NEXT)
        await turn.execute(text("select pg_advisory_lock(:turn)"), {"turn": TURN})
        try:
            await catch_up(engine, lists, NEXT)
            tables = await _tables(connection)  # what is seen from now on is of this moment
        finally:
            await turn.execute(text("select pg_advisory_unlock(:turn)"), {"turn": TURN})
        return [await _compare(connection, name, *found) for name, found in sorted(tables.items())]


async def standings(engine: AsyncEngine, lists: Lists) -> Sequence[Standing]:
    """The live views, and what stands beside them."""
    found = []
    async with engine.connect() as connection:
        end = await lists.record.end(connection)
        for schema in (SCHEMA, NEXT, BEFORE):
            made = await made_by(connection, schema)
            if made is None:
                continue
            place = end
            if schema != SCHEMA:
                place = (await connection.execute(text(_PLACE), {"consumer": schema})).scalar_one()
            names = [row[0] for row in await connection.execute(text(_NAMES), {"schema": schema})]
            rows = {name: await _count(connection, schema, name) for name in names}
            parked = len(await parking.parked(connection, schema))
            found.append(Standing(schema, made, made == fingerprint(lists.views), place, end, parked, rows))
    return found


async def _tables(
    connection: AsyncConnection,
) -> dict[str, tuple[Sequence[str] | None, Sequence[str] | None, Sequence[str]]]:
    """Of each table the columns live, next, and of its key."""
    rows = (await connection.execute(text(_COLUMNS), {"live": SCHEMA, "next": NEXT})).all()
    return {row.name: (row.live, row.next, row.key) for row in rows}


async def _compare(
    connection: AsyncConnection, name: str, live: Sequence[str] | None, next_: Sequence[str] | None, key: Sequence[str]
) -> Compared:
    before = None if live is None else await _count(connection, SCHEMA, name)
    after = None if next_ is None else await _count(connection, NEXT, name)
    if live is None or next_ is None:
        return Compared(name, before, after)
    shared = ", ".join(f'cast("{column}" as text)' for column in live if column in next_)
    keys = ", ".join(f'"{column}"' for column in key)
    differing = _DIFFERING.format(live=f"{SCHEMA}.{name}", next=f"{NEXT}.{name}", shared=shared, keys=keys)
    rows = (await connection.execute(text(differing), {"shown": SHOWN})).all()
    only = sorted({*live} ^ {*next_})
    return Compared(name, before, after, rows[0].total if rows else 0, [row.key for row in rows], only)


async def _count(connection: AsyncConnection, schema: str, name: str) -> int:
    count: int = (await connection.execute(text(f'select count(*) from {schema}."{name}"'))).scalar_one()  # noqa: S608
    return count


_PLACE: Final = "select place from ledger.cursors where consumer = :consumer and source = 'record'"

_NAMES: Final = "select tablename from pg_tables where schemaname = :schema order by tablename"

_COLUMNS: Final = """
select c.relname as name,
    (select array_agg(attname::text order by attnum) from pg_attribute as a
        join pg_class as t on t.oid = attrelid join pg_namespace as s on s.oid = t.relnamespace
        where s.nspname = :live and t.relname = c.relname and attnum > 0 and not attisdropped) as live,
    (select array_agg(attname::text order by attnum) from pg_attribute as a
        join pg_class as t on t.oid = attrelid join pg_namespace as s on s.oid = t.relnamespace
        where s.nspname = :next and t.relname = c.relname and attnum > 0 and not attisdropped) as next,
    max((select array_agg(attname::text order by attnum) from pg_index join pg_attribute on attrelid = indrelid
        and attnum = any(indkey) where indrelid = c.oid and indisprimary)) as key
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in (:live, :next) and c.relkind = 'r' group by c.relname
"""

_DIFFERING: Final = """
with live as (select {shared} from {live}), next as (select {shared} from {next}),
differing as (
    select {keys} from (table live except table next) as lost
  union
    select {keys} from (table next except table live) as new
)
select cast((select to_jsonb(one) from (select differing.*) as one) as text) as key, count(*) over () as total
from differing order by key limit :shown
"""
