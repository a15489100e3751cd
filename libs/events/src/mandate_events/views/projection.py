"""Projecting: the tables of views follow the events. Always replayable, never a source of truth.

A batch of events reads the rows that it concerns, folds them in memory, and writes them back: two round trips and one
write per row, however many events there were.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

from sqlalchemy import Delete, Insert, Select, and_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.document.event import Heading, Recorded
from mandate_events.ledger.following import passes
from mandate_events.transport.parking import WAITING
from mandate_events.transport.port import Incoming
from mandate_events.views.recordset import ROWS, encoded, key_columns, recordset
from mandate_events.views.rows import Key, Row
from mandate_events.views.view import SCHEMA, View, fingerprint

log = logging.getLogger(__name__)

TURN: Final = 0x5455524E
"""Advisory lock of whoever writes the live views. Consumers of several sources write the same tables: one after
another they cannot deadlock, what they number has no gaps, and who swaps the tables sees no half of anything."""

Keep: TypeAlias = Callable[[AsyncConnection, str, Sequence[tuple[Heading, bytes]]], Awaitable[None]]
"""Keeps every document of a source in order, whether its type is known here or not."""


class OtherViews(RuntimeError):
    """The live tables are those of another version of the program: `views build` and `views swap` bring ours."""


async def take_turn(connection: AsyncConnection) -> None:
    """Wait until nobody else projects; held to the end of the transaction. A statement of its own: what is read after
    it is current."""
    await connection.execute(text("select pg_advisory_xact_lock(:turn)"), {"turn": TURN})


async def check_ours(connection: AsyncConnection, views: Sequence[View]) -> None:
    """Raises `OtherViews` where the live tables are not what these views fill."""
    live, ours = await made_by(connection), fingerprint(views)
    if live != ours:
        raise OtherViews(f"the live views are {live}; this program makes {ours}")


async def made_by(connection: AsyncConnection, schema: str = SCHEMA) -> str | None:
    """The fingerprint of the views that a schema was made for; None where there is no such schema."""
    found: str | None = (await connection.execute(text(_MADE_BY), {"schema": schema})).scalar_one_or_none()
    return found


async def project(
    connection: AsyncConnection,
    views: Sequence[View],
    incoming: Sequence[Incoming],
    blocked: set[str],
    failures: Mapping[int, str],
    *,
    schema: str = SCHEMA,
) -> dict[int, str]:
    """Apply all in one savepoint; where that fails, one by one.

    Returns by position what has to be parked and why: what failed before or fails here, and what waits behind it. Its
    keys are added to `blocked`.
    """
    clean = not failures and not any(item.heading.key in blocked for item in incoming)
    if clean and await apply_all(connection, views, incoming, schema=schema) is None:
        return {}
    found: dict[int, str] = {}
    for item in incoming:
        error = failures.get(item.heading.position)
        if error is None and item.record is not None:
            waits = item.heading.key in blocked
            error = WAITING if waits else await apply_all(connection, views, [item], schema=schema)
        if error is not None:
            found[item.heading.position] = error
            blocked.add(item.heading.key)
    return found


async def apply_all(
    connection: AsyncConnection, views: Sequence[View], items: Sequence[Incoming], *, schema: str = SCHEMA
) -> str | None:
    """Apply events all or none; returns why none."""
    records = [item.record for item in items if item.record is not None]
    savepoint = await connection.begin_nested()
    try:
        for view in views:
            await _apply(connection, view, records, schema)
    except Exception as error:
        if passes(error):
            raise
        await savepoint.rollback()
        if len(items) == 1:
            log.exception("cannot apply %s:%s", items[0].heading.source, items[0].heading.position)
        return repr(error)
    await savepoint.commit()
    return None


async def _apply(connection: AsyncConnection, view: View, records: Iterable[Recorded[Any]], schema: str) -> None:
    changes = view.changes(records)
    if not changes:
        return
    options = {} if schema == SCHEMA else {"schema_translate_map": {SCHEMA: schema}}
    keys = encoded(view.named(key) for key in dict.fromkeys(change.key for change in changes))
    found = await connection.execute(_stored(view), {ROWS: keys}, execution_options=options)
    stored: dict[Key, Row] = {view.key(row): row for row in (dict(each) for each in found.mappings())}
    rows = dict(stored)
    view.fold(rows, changes)
    if gone := stored.keys() - rows.keys():
        keys = encoded(view.named(key) for key in gone)
        await connection.execute(_removed(view), {ROWS: keys}, execution_options=options)
    if changed := [row for key, row in rows.items() if row != stored.get(key)]:
        await connection.execute(_written(view), {ROWS: encoded(changed)}, execution_options=options)


@cache
def _stored(view: View) -> Select[Any]:
    keys = recordset(key_columns(view.table), "keys")
    same = [view.table.c[name] == keys.c[name] for name in view.key_columns]
    return select(view.table).join(keys, and_(*same))


@cache
def _removed(view: View) -> Delete:
    keys = recordset(key_columns(view.table), "keys")
    return view.table.delete().where(*(view.table.c[name] == keys.c[name] for name in view.key_columns))


@cache
def _written(view: View) -> Insert:
    names = view.table.c.keys()
    statement = insert(view.table).from_select(names, select(recordset(view.table.c, "given")))
    others = {name: statement.excluded[name] for name in names if name not in view.key_columns}
    keyed = [view.table.c[name] for name in view.key_columns]
    if not others:
        return statement.on_conflict_do_nothing(index_elements=keyed)
    return statement.on_conflict_do_update(index_elements=keyed, set_=others)


_MADE_BY: Final = "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = :schema"
