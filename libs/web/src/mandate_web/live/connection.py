"""One client's connection: it is dropped when its reader stalls, and tells long answers when the server leaves."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

log = logging.getLogger("mandate.serving")

STALL: Final = 20.0
"""Seconds in which a reader has to take what is waiting for it (48 KiB and more). No answer may wait for ever."""

REST: Final = 5.0
"""Seconds that a server which ends gives a request to arrive whole. One that has not is not under way."""

IDLE: Final = 75
"""Seconds that a connection may rest between requests: more than clients and proxies let theirs rest (60 s and less),
so that it is they who end it, and no request meets a connection that is being closed."""

CONNECTION: Final = "mandate.connection"
"""Where a request's scope names the connection it came by."""


class Connection(HttpToolsProtocol):
    """uvicorn's connection, and what it leaves to us.

    uvicorn waits for a reader as long as that keeps the connection open, and at a shutdown it waits for answers that
    are made for ever.
    """

    leave: Callable[[], None] | None = None
    """What ends the answer that is being given."""

    leaving = False
    """The server ends: no long answer begins any more."""

    _stalled: asyncio.TimerHandle | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # a place for our own, as ASGI allows
        scope[CONNECTION] = self

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(STALL, self._drop)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._take_heart()

    def connection_lost(self, exc: Exception | None) -> None:
        self._take_heart()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self.leaving = True
        super().shutdown()
        if self.leave:
            self.leave()
        cycle: RequestResponseCycle | None = self.cycle  # there is none before the first request
        if cycle is not None and cycle.more_body:
            self.loop.call_later(REST, self._give_up)

    def _give_up(self) -> None:
        if self.cycle.more_body and not self.transport.is_closing():
            self.transport.close()

    def abort(self) -> None:
        """Break off: the client must not take what it has for the whole."""
        self.transport.abort()

    def _take_heart(self) -> None:
        if self._stalled:
            self._stalled.cancel()
            self._stalled = None

    def _drop(self) -> None:
        fields = {"path": self.scope["path"], "seconds": STALL}
        log.info("a reader that took nothing was dropped", extra={"fields": fields})
        self.abort()
