"""The local transport: read the producer's ledger itself. For the embedded product and for tests."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg

from mandate_events.ledger.following import CONNECTION_LOST
from mandate_events.ledger.statements import AFTER
from mandate_events.transport.port import Delivery, Loss


class LocalSource:
    """Follows a ledger by position, woken by its notifications."""

    def __init__(self, name: str, dsn: str) -> None:
        self.name = name
        self._dsn = dsn
        self._place = 0
        self._news = asyncio.Event()
        self._connection: asyncpg.Connection[Any] | None = None

    async def open(self, place: int) -> None:
        await self.close()
        self._place = place
        self._connection = await asyncpg.connect(
            self._dsn, server_settings={"application_name": "mandate-follow"}, timeout=10
        )
        await self._connection.add_listener("ledger", self._heard)
        if (behind := await self.behind()) < 0:
            await self.close()
            raise Loss(f"{self.name} ends at {place + behind}, though {place} was read from it before")

    async def receive(self, limit: int, wait: float) -> Sequence[Delivery]:
        assert self._connection is not None, "open the source first"
        self._news.clear()
        rows = await self._connection.fetch(AFTER, self._place, limit)
        if not rows:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
            rows = await self._connection.fetch(AFTER, self._place, limit)
        if rows:
            self._place = rows[-1][0]
        return [Delivery(document=row[2], place=row[0]) for row in rows]

    async def behind(self) -> int:
        assert self._connection is not None, "open the source first"
        last: int = await self._connection.fetchval("select coalesce(max(position), 0) from ledger.events")
        return last - self._place

    async def close(self) -> None:
        if self._connection:
            with suppress(*CONNECTION_LOST, TimeoutError):
                await self._connection.close(timeout=2)
            self._connection = None

    def _heard(self, *_: object) -> None:
        self._news.set()
