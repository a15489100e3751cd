"""What happens to every request before and after its route, as plain ASGI: correlation, limits, access log."""

import logging
import re
import time
from typing import Any, Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mandate_events.identifiers import uuid7
from mandate_web.logs import correlation
from mandate_web.problems import Problem

log = logging.getLogger("mandate.access")

MAX_BODY: Final = 1_100_000
CORRELATION: Final = re.compile(rb"[!-~]{1,128}")


class Envelope:
    """Gives each request its correlation id, bounds its body, and logs how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        headers = dict(scope["headers"])
        given = headers.get(b"x-correlation-id", b"")
        scope["mandate.correlation"] = given.decode() if CORRELATION.fullmatch(given) else uuid7()
        correlation.set(scope["mandate.correlation"])
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-correlation-id", scope["mandate.correlation"].encode()))
            await send(message)

        try:
            length = headers.get(b"content-length", b"0")
            if length.isdigit() and int(length) > MAX_BODY:
                await _too_large(scope, answer)
            else:
                await self._app(scope, _bounded(receive), answer)
        except _TooLarge:
            await _too_large(scope, answer)
        finally:
            _log(scope, status, begun)


class _TooLarge(Exception):
    pass


def _bounded(receive: Receive) -> Receive:
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY:
            raise _TooLarge
        return message

    return bounded


async def _too_large(scope: Scope, send: Send) -> None:
    response = Problem("body-too-large", f"the limit is {MAX_BODY} bytes").response(Request(scope))

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    await response(scope, nothing, send)


def _log(scope: Scope, status: int, begun: float) -> None:
    if not log.isEnabledFor(logging.INFO):
        return
    fields: dict[str, Any] = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "ms": round((time.perf_counter() - begun) * 1000, 1),
        "actor": scope.get("mandate.actor"),
    }
    log.info("request", extra={"fields": fields})
