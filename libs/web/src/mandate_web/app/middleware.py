"""What happens to every request before and after its route, as plain ASGI: correlation, limits, failures, log."""

import logging
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mandate_events.document.identifiers import uuid7
from mandate_web.address import Address
from mandate_web.app.logs import correlation
from mandate_web.app.metrics import observe
from mandate_web.problems import problem as problems
from mandate_web.problems.problem import Problem

log = logging.getLogger("mandate.access")

MAX_BODY: Final = 1_100_000
MAX_TARGET: Final = 8_192
"""Bytes of path and query together."""
MAX_HEADERS: Final = 32_768
MAX_LOGGED_PATH: Final = 512

CORRELATION: Final = re.compile(rb"[!-~]{1,128}")

BODY_LIMIT: Final = "x-mandate-body-limit"
"""In a route's `openapi_extra`: how many bytes its body may have, where that is more than `MAX_BODY`."""


def larger_bodies(routers: Iterable[APIRouter]) -> dict[str, int]:
    """The limits that routes declare for themselves, by their paths."""
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    declared = {route.path: (route.openapi_extra or {}).get(BODY_LIMIT) for route in routes}
    return {path: limit for path, limit in declared.items() if limit}


class Envelope:
    """Gives each request its correlation id and place, bounds it, answers what failed, and logs how it ended."""

    def __init__(self, app: ASGIApp, larger: Mapping[str, int] | None = None, root: str = "") -> None:
        """`larger`: bytes that a body may have where that is more than `MAX_BODY`, by the path of the route.
        `root`: the path under which the service is reached, where it is not the one that the server says.
        """
        self._app = app
        self._root = root
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        if self._root:
            scope["root_path"] = self._root
        headers = dict(scope["headers"])
        given = headers.get(b"x-correlation-id", b"")
        scope["mandate.correlation"] = given.decode() if CORRELATION.fullmatch(given) else uuid7()
        correlation.set(scope["mandate.correlation"])
        # Where there is GET there is HEAD (RFC 9110, 9.1): the server leaves out the body, by its own scope.
        inner = {**scope, "method": "GET", "mandate.head": True} if scope["method"] == "HEAD" else scope
        answer = _Answer(inner, send)
        most = self._larger.get(Address.of(scope).route, MAX_BODY)
        try:
            if refusal := _beyond_limits(scope, headers, most):
                await refusal.response(Request(inner))(inner, receive, answer)
            else:
                await self._app(inner, _bounded(receive, most), answer)
        except Exception as error:
            if answer.status:  # too late for another answer: the connection must break off
                raise
            await _failed(error, inner, receive, answer)
        finally:
            observe(inner, scope["method"], answer.status or 500, time.perf_counter() - begun)
            _log(scope, inner.get("mandate.actor"), answer.status, begun)


class _Answer:
    """`send` that adds correlation id and quota, and remembers the status; 0 while nothing was sent."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.status = 0
        self._scope = scope
        self._correlation = scope["mandate.correlation"].encode()
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"].append((b"x-correlation-id", self._correlation))
            if quota := self._scope.get("mandate.quota"):
                message["headers"] += quota.headers()
        await self._send(message)


def _beyond_limits(scope: Scope, headers: dict[bytes, bytes], most: int) -> Problem | None:
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > MAX_TARGET:
        return Problem("target-too-long", "target-limit", {"limit": MAX_TARGET})
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
        return Problem("headers-too-large", "headers-limit", {"limit": MAX_HEADERS})
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        return Problem("unsupported-media-type", "send-unencoded")
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and (len(length) > 18 or int(length) > most):
        return Problem("body-too-large", "body-limit", {"limit": most})
    return None


def _bounded(receive: Receive, most: int) -> Receive:
    """`receive` that ends a body without a length when it passes the limit.

    It raises an HTTPException because whatever else is raised while it reads a body, FastAPI answers with 400.
    """
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise HTTPException(413, str(most))
        return message

    return bounded


async def _failed(error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    problem = problems.of(error)
    if problem.kind.slug == "internal":
        log.error("a request failed", exc_info=error)
    else:
        log.warning("a request could not be answered: %r", error)
    await problem.response(Request(scope))(scope, receive, send)


def _log(scope: Scope, actor: str | None, status: int, begun: float) -> None:
    if not log.isEnabledFor(logging.INFO):
        return
    fields: dict[str, Any] = {
        "method": scope["method"],
        "path": scope["path"][:MAX_LOGGED_PATH],
        "status": status or 500,
        "ms": round((time.perf_counter() - begun) * 1000, 1),
        "actor": actor,
    }
    log.info("request", extra={"fields": fields})


CORS: dict[str, Any] = {
    "allow_methods": ["GET", "HEAD", "POST"],
    "allow_headers": [
        "Accept-Language",
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "Last-Event-ID",
        "Mandate-Consistency",
        "Prefer",
        "X-Correlation-ID",
        "traceparent",
        "tracestate",
    ],
    "expose_headers": [
        "Content-Disposition",
        "Content-Language",
        "ETag",
        "Idempotency-Key",
        "Idempotency-Replayed",
        "Link",
        "Location",
        "Mandate-Count",
        "Mandate-Last",
        "Mandate-Position",
        "Memento-Datetime",
        "Preference-Applied",
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
        "WWW-Authenticate",
        "X-Correlation-ID",
    ],
    "max_age": 600,
}
"""What browser applications of the named origins may send and see. No cookies: who calls is in the token."""
