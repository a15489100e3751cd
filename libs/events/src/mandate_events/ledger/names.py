"""Names in the database: `directory.names` says who persons are, by id; of who was erased, nothing, for good.

In the service that keeps the directory it is what its tables say; in the others a table that follows it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from mandate_events.ledger.following import CONNECTION_LOST
from mandate_events.ledger.migrating import run_script
from mandate_events.ledger.schema import role
from mandate_events.transport.names import Entry

FOLLOWED: Final = """
create schema directory;

create table directory.names (
    person text primary key,
    name   text
);
comment on table directory.names is 'Who the persons are, as governance says; without a name: erased, for good';

create table directory.reading (
    one   boolean primary key default true check (one),
    times bigint not null default 0
);
insert into directory.reading default values;
comment on table directory.reading is 'How often the directory was read from its beginning: who read it last, writes';
"""

ALL: Final = "select person, name from directory.names"
_FIND: Final = f"{ALL} where person = any(cast(:ids as text[]))"


def follow_directory(service: str) -> None:
    """The tables of a service that follows the directory, for its migration."""
    append, owner = (role(service, name) for name in ("append", "owner"))
    run_script(FOLLOWED)
    run_script(
        f"""
        grant usage on schema directory to {append};
        grant select, insert, update, delete on directory.names to {append};
        grant select, update on directory.reading to {append};
        alter schema directory owner to {owner};
        alter table directory.names owner to {owner};
        alter table directory.reading owner to {owner};
        """
    )


async def find_names(engine: AsyncEngine, ids: Sequence[str]) -> Mapping[str, str | None]:
    """The names of these persons; None of who was erased. Who has no entry is left out."""
    async with engine.connect() as connection:
        return {row.person: row.name for row in await connection.execute(text(_FIND), {"ids": list(ids)})}


async def whole_directory(connection: Any) -> dict[str, Entry]:
    """All that there is, by person."""
    return {row[0]: Entry(row[0], row[1], erased=row[1] is None) for row in await connection.fetch(ALL)}


class LocalNames:
    """The directory, read where it is kept: for the embedded product and for tests."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection[Any] | None = None
        self._told: dict[str, Entry] = {}
        self._whole = False

    async def open(self) -> None:
        await self.close()
        self._told, self._whole = {}, False
        settings = {"application_name": "mandate-names"}
        self._connection = await asyncpg.connect(self._dsn, server_settings=settings, timeout=10)

    async def receive(self, wait: float) -> Sequence[Entry]:
        if news := await self._news():
            return news
        await asyncio.sleep(wait)
        return await self._news()

    async def whole(self) -> bool:
        return self._whole

    async def close(self) -> None:
        if self._connection:
            with suppress(*CONNECTION_LOST, TimeoutError):
                await self._connection.close(timeout=2)
            self._connection = None

    async def _news(self) -> list[Entry]:
        assert self._connection is not None, "open the names first"
        told, self._told = self._told, await whole_directory(self._connection)
        self._whole = True
        gone = [Entry(person, None) for person in told.keys() - self._told.keys()]
        return [*gone, *(entry for person, entry in self._told.items() if told.get(person) != entry)]
