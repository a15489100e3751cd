"""Answers that are made while they are read: as fast as their reader takes them, and never faster."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from typing import TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mandate_web.live.connection import CONNECTION, Connection


class Reading:
    """Whether there is still somebody to read, and what wakes the answer while it has nothing to say."""

    def __init__(self) -> None:
        self.over = False
        self.wake = asyncio.Event()

    def end(self) -> None:
        """The reader is gone, or the server is leaving."""
        self.over = True
        self.wake.set()

    async def rest(self, seconds: float) -> None:
        """Until something wakes it, or so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wake.wait()


Body: TypeAlias = Callable[[Reading], AsyncGenerator[bytes, None]]


class Streamed(Response):
    """An answer of chunks. Each is awaited until the connection takes it; none is made for a reader who left.

    What makes the chunks is never cancelled in the middle of a query, as Starlette would: that would break a database
    connection for each reader who leaves. A `whole` answer that cannot be finished is broken off, so that nobody takes
    a part for it; any other ends where it is.
    """

    def __init__(
        self,
        body: Body,
        *,
        media_type: str,
        whole: bool,
        headers: Mapping[str, str] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.init_headers(headers)
        self._body = body
        self._whole = whole
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if not scope.get("mandate.head"):
                await self._answer(scope, receive, send)
                return
        finally:
            if self._on_end:
                self._on_end()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        reading = Reading()
        connection: Connection | None = scope.get(CONNECTION)
        if connection:
            connection.leave = reading.end
            if connection.leaving:
                reading.end()
        watching = asyncio.create_task(_watch(receive, reading))
        try:
            async with aclosing(self._body(reading)) as chunks:
                async for chunk in chunks:
                    if reading.over:
                        break
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if reading.over and self._whole and connection:
                connection.abort()
                await watching
        finally:
            if connection:
                connection.leave = None
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        await send({"type": "http.response.body", "body": b"", "more_body": False})  # to nobody, where it broke off


async def _watch(receive: Receive, reading: Reading) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reading.end()
