"""The directory's table: names and e-mail addresses by person. The record stands above it.

A row tells what an event on the person's stream says without its content; it is written after that event, and an older
one never replaces a newer. Who was erased is on record: from then on no row of theirs is shown, even while there still
is one, because a process died between the two or a database was restored. The leader removes such rows.
"""

import asyncio
import logging
from typing import Any, Final

import asyncpg
from sqlalchemy import Column, DateTime, Integer, MetaData, Select, Table, Text, column, exists, literal, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

from governance.people.directory import DIRECTORY, ChangeDirectoryEntry, DirectoryEntryChanged, PersonErased
from mandate_events.document.event import Catalogue
from mandate_events.ledger.following import passes

log = logging.getLogger(__name__)

EVERY: Final = 60.0
"""Seconds between two looks for what is left of erased persons."""

PEOPLE: Final = Table(
    "people",
    MetaData(schema="directory"),
    Column("person", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Text, nullable=False),
)

_EVENTS: Final = table("events", column("stream", Text), column("type", Text), schema="ledger")
_TYPES: Final = Catalogue("governance", DIRECTORY.events).types
_CHANGED: Final = _TYPES[DirectoryEntryChanged]
_ERASED: Final = _TYPES[PersonErased]

_KEEP: Final = """
insert into directory.people (person, name, email, version, changed_at, changed_by)
select $2, $3, $4, version, recorded_at, convert_from(document, 'UTF8')::jsonb ->> 'actor'
from ledger.events as changed
where stream = $1 and version = $5
    and not exists (select from ledger.events where stream = changed.stream and type = $6)
on conflict (person) do update set
    name = excluded.name,
    email = excluded.email,
    version = excluded.version,
    changed_at = excluded.changed_at,
    changed_by = excluded.changed_by
where people.version < excluded.version
"""
_FORGET: Final = """
delete from directory.people using ledger.events as erased
where erased.type = $1 and erased.stream = 'directory/' || person
"""
_FORGET_KEYS: Final = """
delete from ledger.commands using ledger.events as erased, ledger.events as changed
where erased.type = $1 and changed.stream = erased.stream and changed.type = $2
    and principal = convert_from(changed.document, 'UTF8')::jsonb ->> 'actor'
    and route = 'POST /v1/people/' || substr(erased.stream, 11) || '/entries'
"""
"""The fingerprint of a request is a hash of name and address: who guesses them could tell that it was they."""


def entries() -> "Select[Any]":
    """All entries but those of erased persons."""
    erased = exists().where(_EVENTS.c.stream == literal("directory/") + PEOPLE.c.person, _EVENTS.c.type == _ERASED)
    return select(PEOPLE).where(~erased)


async def find(engine: AsyncEngine, person: str) -> dict[str, Any] | None:
    """The entry of a person who has one."""
    async with engine.connect() as connection:
        found = (await connection.execute(entries().where(PEOPLE.c.person == person))).mappings().one_or_none()
        return dict(found) if found else None


async def keep(pool: "asyncpg.Pool[Any]", person: str, version: int, entry: ChangeDirectoryEntry) -> None:
    """Write what the event of this version stands for. Again, or after a newer one, nothing changes."""
    await pool.execute(_KEEP, DIRECTORY.stream(person), person, entry.name, entry.email, version, _ERASED)


async def forget_erased(pool: "asyncpg.Pool[Any]") -> None:
    """Remove what is left of the persons whom the record says to be erased."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_FORGET, _ERASED)
        await connection.execute(_FORGET_KEYS, _ERASED, _CHANGED)


async def keep_forgetting(pool: "asyncpg.Pool[Any]") -> None:
    """Remove it now and then, until cancelled."""
    while True:
        try:
            await forget_erased(pool)
        except Exception as error:
            if not passes(error):
                raise
            log.warning("what is left of erased persons has to wait: %r", error)
        await asyncio.sleep(EVERY)
