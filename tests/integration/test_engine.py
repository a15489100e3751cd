"""Every connection takes the same addresses, and TLS is asked for where the address says so."""

import asyncio
import struct
from pathlib import Path

import pytest
from sqlalchemy import text

from governance.main import SERVICE as GOVERNANCE
from mandate_events.ledger.engine import create_engine
from mandate_events.ledger.migrating import migrate
from mandate_local.postgres import EmbeddedPostgres

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""How a client of PostgreSQL asks for TLS, before it says anything else."""


async def test_an_address_may_say_how_tls_is_used(postgres: EmbeddedPostgres) -> None:
    dsn = f"{postgres.dsn('postgres')}&sslmode=prefer"
    engine = create_engine(dsn, server_settings={"application_name": "mandate-test"})
    async with engine.connect() as connection:
        assert (await connection.execute(text("show application_name"))).scalar() == "mandate-test"
    await engine.dispose()


@pytest.mark.parametrize("what", ["an engine", "a migration"])
async def test_tls_that_is_required_is_asked_for(what: str) -> None:
    """The server has none: nothing is sent to it in the clear, not even who we are."""
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readexactly(8))
        writer.write(b"N")
        heard.extend(await reader.read())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        dsn = f"postgresql://who:secret@127.0.0.1:{port}/governance?sslmode=require"
        with pytest.raises(ConnectionError, match="SSL"):
            await (_connect(dsn) if what == "an engine" else migrate(dsn, Path(GOVERNANCE.migrations)))
    assert bytes(heard) == SSL_REQUEST


async def _connect(dsn: str) -> None:
    engine = create_engine(dsn)
    try:
        async with engine.connect():
            pass
    finally:
        await engine.dispose()
