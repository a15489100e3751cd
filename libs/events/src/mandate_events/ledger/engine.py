"""SQLAlchemy on an address as asyncpg reads it: one grammar of addresses for everything, `sslmode` and all."""

from functools import partial
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def create_engine(dsn: str, *, server_settings: dict[str, str] | None = None, **options: Any) -> AsyncEngine:
    """An engine for `postgresql://...`.

    SQLAlchemy would take the query of a URL for arguments of the driver: there is no argument `sslmode`, so nobody
    could ask for TLS.
    """
    connect = partial(asyncpg.connect, dsn, server_settings=server_settings)
    return create_async_engine("postgresql+asyncpg://", async_creator=connect, **options)
