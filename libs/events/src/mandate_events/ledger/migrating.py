"""Migrations: Alembic, one service at a time, under a lock, so that several starting instances do it once."""

import asyncio
from pathlib import Path
from typing import Any, Final, cast

from alembic import command, context, op
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import AdaptedConnection, Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from mandate_events.ledger.engine import create_engine
from mandate_events.ledger.schema import SHAPE

MIGRATION_LOCK: Final = 0x4D494752
ALEMBIC_TABLE: Final = "mandate_migrations"


def configuration(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    return config


async def migrate(dsn: str, scripts: Path) -> tuple[str | None, str | None]:
    """Bring a database to the newest revision; returns the revisions before and after.

    Raises `OtherShape` for a database that this version must not touch.
    """
    engine = create_engine(dsn)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
            await connection.commit()
            try:
                return await connection.run_sync(_upgrade, configuration(scripts))
            finally:
                await connection.rollback()
                await connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
                await connection.commit()
    finally:
        await engine.dispose()


def newest(scripts: Path) -> str | None:
    """The revision that this program expects."""
    return ScriptDirectory.from_config(configuration(scripts)).get_current_head()


def run_script(sql: str) -> None:
    """Run many statements in the migration's transaction: prepared statements, SQLAlchemy's way, hold one each."""
    bind = op.get_bind()
    bind.exec_driver_sql("select 1")  # the driver's transaction begins with the first statement
    driver = cast("AdaptedConnection", bind.connection.dbapi_connection)
    driver.run_async(lambda connection: connection.execute(sql))


class OtherShape(RuntimeError):
    """The database was made by a version of Mandate whose ledger is laid out differently."""


def _check_shape(connection: Connection) -> None:
    found = connection.execute(
        text("select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'ledger'")
    ).all()
    if found and found[0][0] != SHAPE:
        raise OtherShape(
            f"the database holds {found[0][0] or 'a ledger of an earlier shape'}; this version reads {SHAPE}."
            " Before 1.0.0 there is no way to bring it over: use the version that made it, or begin with a new one."
        )


def _upgrade(connection: Connection, config: Config) -> tuple[str | None, str | None]:
    _check_shape(connection)
    before = _revision(connection)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()
    return before, _revision(connection)


def _revision(connection: Connection) -> str | None:
    exists = connection.execute(text("select to_regclass(:name)"), {"name": f"public.{ALEMBIC_TABLE}"}).scalar()
    if exists is None:
        return None
    revision: str | None = connection.execute(text(f"select version_num from {ALEMBIC_TABLE}")).scalar()  # noqa: S608
    return revision


def run_env(metadata: Any = None) -> None:
    """The whole of a service's `migrations/env.py`."""
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        _run(given, metadata)
        return
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not url:
        raise SystemExit("give the database: alembic -x url=postgresql+asyncpg://... upgrade head")
    asyncio.run(_run_alone(url, metadata))


async def _run_alone(url: str, metadata: Any) -> None:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(_run, metadata)
        await connection.commit()
    await engine.dispose()


def _run(connection: Connection, metadata: Any) -> None:
    context.configure(connection=connection, target_metadata=metadata, version_table=ALEMBIC_TABLE)
    with context.begin_transaction():
        context.run_migrations()
