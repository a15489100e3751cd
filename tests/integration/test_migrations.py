"""A migrated database is what the code believes it to be: tables, guards, and who may do what."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Text
from sqlalchemy.ext.asyncio import create_async_engine

from governance.main import SERVICE as GOVERNANCE
from mandate_events.ledger.migrating import ALEMBIC_TABLE, OtherShape, migrate, newest
from mandate_events.ledger.schema import ROLES
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.app.service import Service
from projects.main import SERVICE as PROJECTS
from reporting.history.archive import ARCHIVE
from reporting.main import SERVICE as REPORTING

VIEWS = {
    service.name: [view.table.metadata for view in service.lists.views] for service in (GOVERNANCE, PROJECTS, REPORTING)
}
VIEWS["reporting"].append(ARCHIVE.metadata)
SERVICES = pytest.mark.parametrize("service", [GOVERNANCE, PROJECTS, REPORTING], ids=lambda service: service.name)

Databases = dict[str, str]
"""Service to the name of its migrated database."""


async def migrated(postgres: EmbeddedPostgres, service: Service, times: int = 1) -> tuple[str, list[Any]]:
    """A new database and what each of so many simultaneous migrations found and left."""
    name = f"{service.name}_{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(postgres.ensure_database, name)
    url = postgres.dsn(name)
    return name, await asyncio.gather(*(migrate(url, service.migrations) for _ in range(times)))


@pytest.fixture(scope="module")
async def databases(postgres: EmbeddedPostgres) -> Databases:
    return {service.name: (await migrated(postgres, service))[0] for service in (GOVERNANCE, PROJECTS, REPORTING)}


async def query(dsn: str, sql: str, *arguments: Any) -> "list[asyncpg.Record]":
    connection = await asyncpg.connect(dsn)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
        return rows
    finally:
        await connection.close()


def _differences(connection: Connection, metadata: MetaData) -> Iterator[Any]:
    schemas = {table.schema for table in metadata.tables.values()}

    def ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "schema" or name in schemas

    options = {"include_schemas": True, "include_name": ours, "compare_type": True, "compare_server_default": True}
    for difference in compare_metadata(MigrationContext.configure(connection, opts=options), metadata):
        for change in difference if isinstance(difference, list) else [difference]:
            told = change[0] in {
                "modify_comment",
                "remove_table_comment",
                "add_table_comment",
            }  # for readers of the code
            of_archive = change[0] in {"remove_index", "remove_constraint"} and change[1].table.schema == "archive"
            if not told and not of_archive:  # the archive's indexes stand in its migration only
                yield change


@SERVICES
async def test_a_migrated_database_is_what_the_code_believes(
    postgres: EmbeddedPostgres, databases: Databases, service: Service
) -> None:
    metadata = MetaData()
    for part in VIEWS[service.name]:
        for table in part.tables.values():
            table.to_metadata(metadata)
    assert await differences(postgres.dsn(databases[service.name], driver="asyncpg"), metadata) == []
    if metadata.tables:  # and a difference would be found
        next(iter(metadata.tables.values())).append_column(Column("added", Text))
        found = await differences(postgres.dsn(databases[service.name], driver="asyncpg"), metadata)
        assert [change[0] for change in found] == ["add_column"]


async def differences(url: str, metadata: MetaData) -> list[Any]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda inner: list(_differences(inner, metadata)))
    finally:
        await engine.dispose()


@SERVICES
async def test_migrating_again_changes_nothing(
    postgres: EmbeddedPostgres, databases: Databases, service: Service
) -> None:
    dsn = postgres.dsn(databases[service.name])
    before = await query(dsn, CATALOGUE)
    head = newest(service.migrations)
    assert await migrate(postgres.dsn(databases[service.name]), service.migrations) == (head, head)
    assert await query(dsn, CATALOGUE) == before
    assert [row[0] for row in await query(dsn, f"select version_num from {ALEMBIC_TABLE}")] == [head]  # noqa: S608


CATALOGUE = """
select c.oid, c.relname, c.relkind, c.relowner, c.relacl::text, c.relfilenode from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('ledger', 'views', 'archive', 'public') order by c.oid
"""


@SERVICES
async def test_of_three_migrations_at_once_one_works_and_two_find_it_done(
    postgres: EmbeddedPostgres, service: Service
) -> None:
    _, results = await migrated(postgres, service, times=3)
    head = newest(service.migrations)
    assert sorted(results, key=str) == sorted([(None, head), (head, head), (head, head)], key=str)


# --- roles ---

LEDGER = ("blobs", "commands", "cursors", "events", "home", "parked", "received", "recovered")
MAY = {
    "append": {
        "commands": {"INSERT", "DELETE"},
        "cursors": {"INSERT", "UPDATE"},
        "received": {"INSERT"},
        "parked": {"INSERT", "UPDATE", "DELETE"},
        "recovered": {"INSERT", "DELETE"},
    }
}
"""What a role may do to a whole table of the ledger besides reading it. The record itself grows column by column."""
WRITES = {"views": {"INSERT", "UPDATE", "DELETE"}, "archive": {"INSERT"}}
GROWS = {
    "events": {"position", "stream", "version", "type", "recorded_at", "document", "leaf"},
    "blobs": {"sha256", "media_type", "bytes"},
}


@SERVICES
async def test_each_role_may_exactly_what_is_intended(
    postgres: EmbeddedPostgres, databases: Databases, service: Service
) -> None:
    dsn = postgres.dsn(databases[service.name])
    for name in ("append", "read", "auditor"):
        role = f"{service.name}_{name}"
        rows = await query(dsn, GRANTED, role)
        granted: dict[tuple[str, str], set[str]] = {}
        for schema, table, privilege in rows:
            granted.setdefault((schema, table), set()).add(privilege)
        expected = {("ledger", table): {"SELECT"} | MAY.get(name, {}).get(table, set()) for table in LEDGER}
        for metadata in VIEWS[service.name]:
            for table in metadata.tables.values():
                assert table.schema in WRITES
                expected[table.schema, table.name] = {"SELECT"} | (WRITES[table.schema] if name == "append" else set())
        assert granted == expected
        columns = {(row[0], row[1], row[2]) for row in await query(dsn, GRANTED_COLUMNS, role) if row[2] != "SELECT"}
        if name == "append":
            assert {column for table, column, _ in columns if table == "events"} == GROWS["events"]
            assert {column for table, column, _ in columns if table == "blobs"} == GROWS["blobs"]
            assert {privilege for table, _, privilege in columns if table in GROWS} == {"INSERT"}
            assert {each[1:] for each in columns if each[0] == "home"} == {("place", "UPDATE")}
        else:
            assert not columns


GRANTED = """
select n.nspname, c.relname, a.privilege_type from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace, aclexplode(c.relacl) as a
where n.nspname in ('ledger', 'views', 'archive') and c.relkind = 'r' and a.grantee = $1::text::regrole
"""
GRANTED_COLUMNS = """
select c.relname, t.attname, a.privilege_type from pg_attribute as t
join pg_class as c on c.oid = t.attrelid, aclexplode(t.attacl) as a where a.grantee = $1::text::regrole
"""


@SERVICES
async def test_nobody_logs_in_as_the_owner_and_no_role_has_more_than_it_needs(
    postgres: EmbeddedPostgres, databases: Databases, service: Service
) -> None:
    dsn = postgres.dsn(databases[service.name])
    names = [f"{service.name}_{role}" for role in ROLES]
    rows = await query(
        dsn,
        "select rolname, rolcanlogin, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls"
        " from pg_roles where rolname = any($1::text[])",
        names,
    )
    assert {row[0]: (row[1], row[2]) for row in rows} == {name: (not name.endswith("_owner"), False) for name in names}
    owners = await query(
        dsn,
        "select distinct tableowner from pg_tables where schemaname = 'ledger'",
    )
    assert [row[0] for row in owners] == [f"{service.name}_owner"]
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await query(postgres.dsn(databases[service.name], user=f"{service.name}_owner"), "select 1")


FORBIDDEN = (
    "update ledger.events set type = 'forged'",
    "delete from ledger.events",
    "truncate ledger.events",
    "update ledger.blobs set media_type = 'forged'",
    "delete from ledger.blobs",
    "alter table ledger.events disable trigger all",
    "drop table ledger.events",
    "set session_replication_role = replica",
    "create table ledger.mine (x int)",
    "create table public.mine (x int)",
    "update ledger.commands set response = ''",
    "delete from ledger.cursors",
)
INSERT = """
insert into ledger.events (position, stream, version, type, recorded_at, document, leaf)
values (1, 'x/1', 1, 'x', now(), '', '')
"""


@SERVICES
async def test_the_record_cannot_be_changed(postgres: EmbeddedPostgres, databases: Databases, service: Service) -> None:
    name = databases[service.name]
    for role in ("append", "read", "auditor"):
        for sql in FORBIDDEN:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await query(postgres.dsn(name, user=f"{service.name}_{role}"), sql)
    for role in ("read", "auditor"):
        for sql in (INSERT, "insert into ledger.commands values ('', '', '', '', '', 1)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await query(postgres.dsn(name, user=f"{service.name}_{role}"), sql)


@SERVICES
async def test_the_record_cannot_be_changed_by_its_owner_either(
    postgres: EmbeddedPostgres, databases: Databases, service: Service
) -> None:
    for user in ("postgres", f"{service.name}_owner"):
        connection = await asyncpg.connect(postgres.dsn(databases[service.name]))
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"set local role {user}")
        await connection.execute(INSERT)
        for sql in FORBIDDEN[:3]:
            for replica in (False, True):
                attempt = connection.transaction()
                await attempt.start()
                if replica:  # a superuser's way around ordinary triggers
                    await connection.execute("reset role; set local session_replication_role = replica")
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only grows"):
                    await connection.execute(sql)
                await attempt.rollback()
        await transaction.rollback()
        await connection.close()


async def test_a_ledger_of_another_shape_is_refused(postgres: EmbeddedPostgres) -> None:
    """Nothing is changed in it, and the message says what can be done."""
    postgres.ensure_database("another_shape")
    connection = await asyncpg.connect(postgres.dsn("another_shape"))
    await connection.execute("create schema ledger")
    await connection.close()
    with pytest.raises(OtherShape, match="begin with a new one"):
        await migrate(postgres.dsn("another_shape"), GOVERNANCE.migrations)
