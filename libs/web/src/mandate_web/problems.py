"""Problem documents (RFC 9457): every refusal as one shape, and one table from the domain's answers to HTTP's."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from mandate_events.canonical import NotCanonical
from mandate_events.deciding import Invalid, Refused, Unknown, VersionConflict
from mandate_events.following import passes
from mandate_events.outcome import Denied, KeyReused, LedgerUnavailable, Overloaded
from mandate_web.jwks import KeysUnavailable
from mandate_web.tokens import TokenRefused


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its stable name (the last part of `type`), status and title."""

    slug: str
    status: int
    title: str


KINDS: Final = {
    kind.slug: kind
    for kind in (
        Kind("malformed-request", 400, "The request cannot be read"),
        Kind("not-authenticated", 401, "The token is missing or not accepted"),
        Kind("not-permitted", 403, "You may not do this"),
        Kind("not-found", 404, "There is no such thing"),
        Kind("method-not-allowed", 405, "The resource does not know this method"),
        Kind("refused", 409, "The state of the thing does not allow it"),
        Kind("stale-version", 412, "The thing has changed since you read it"),
        Kind("body-too-large", 413, "The body is larger than allowed"),
        Kind("target-too-long", 414, "Path and query are longer than allowed"),
        Kind("unsupported-media-type", 415, "The body is not JSON"),
        Kind("invalid", 422, "The request contradicts its description"),
        Kind("idempotency-key-reused", 422, "The idempotency key was used for another request"),
        Kind("cursor-mismatch", 422, "The cursor belongs to another query"),
        Kind("rate-limited", 429, "Too many requests"),
        Kind("headers-too-large", 431, "The headers are larger than allowed"),
        Kind("internal", 500, "The service failed"),
        Kind("projection-behind", 503, "The view has not caught up yet"),
        Kind("unavailable", 503, "The service cannot answer now"),
    )
}


class Problem(Exception):
    """A problem document about to be sent."""

    def __init__(
        self,
        slug: str,
        detail: str,
        *,
        name: str | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = KINDS[slug]
        self.name = name or slug
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def response(self, request: Request) -> Response:
        body = {
            "type": f"{request.scope.get('root_path', '')}/problems/{self.name}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": quote(request.scope["path"], safe="/:@!$&'()*+,;=~"),
            **self.members,
        }
        return Response(
            orjson.dumps(body), self.kind.status, headers=self.headers, media_type="application/problem+json"
        )


def of(error: Exception) -> Problem:  # one line per answer of the domain
    """The problem document for what was raised."""
    match error:
        case Problem():
            return error
        case Denied(replayed=replayed, position=position):
            headers = {"Idempotency-Replayed": "true"} if replayed else {}
            recorded = {} if position is None else {"position": position}
            return Problem(
                "not-permitted",
                error.detail or error.rule,
                name=error.rule,
                headers=headers,
                rule=error.rule,
                **recorded,
            )
        case Refused(authority=True):
            return Problem("not-permitted", error.detail or error.rule, name=error.rule, rule=error.rule)
        case Refused():
            return Problem("refused", error.detail or error.rule, name=error.rule, rule=error.rule)
        case Unknown():
            return Problem("not-found", str(error))
        case Invalid(pointer=pointer, detail=detail):
            return Problem("invalid", detail, errors=[{"pointer": pointer, "detail": detail}])
        case NotCanonical(pointer=pointer, problem=problem):
            return Problem("invalid", problem, errors=[{"pointer": pointer, "detail": problem}])
        case VersionConflict(actual=actual):
            return Problem("stale-version", str(error), headers={"ETag": f'"{actual}"'}, version=actual)
        case KeyReused():
            return Problem("idempotency-key-reused", "send the same body again, or another key")
        case Overloaded():
            return Problem("unavailable", "too many commands wait; nothing was done", headers={"Retry-After": "1"})
        case LedgerUnavailable():
            detail = "the ledger cannot be reached; send the same request again with the same Idempotency-Key"
            return Problem("unavailable", detail, headers={"Retry-After": "2"})
        case TokenRefused(reason=reason):
            challenge = "Bearer" if reason == "missing" else 'Bearer error="invalid_token"'
            return Problem(
                "not-authenticated", str(error), headers={"WWW-Authenticate": challenge}, rule=f"token-{reason}"
            )
        case KeysUnavailable(retry_in=seconds):
            headers = {"Retry-After": str(max(1, round(seconds)))}
            return Problem("unavailable", "the identity provider's keys cannot be had", headers=headers)
        case NoConnectionFree():
            return Problem("unavailable", "too many wait for the database", headers={"Retry-After": "1"})
        case _ if passes(error):
            return Problem("unavailable", "the database cannot be reached", headers={"Retry-After": "2"})
        case _:
            return Problem("internal", "the failure is in the service's log under the correlation id")


DOMAIN_ERRORS: Final = (
    Problem,
    Refused,
    Unknown,
    Invalid,
    NotCanonical,
    VersionConflict,
    KeyReused,
    Overloaded,
    LedgerUnavailable,
    TokenRefused,
    KeysUnavailable,
)


def install(app: Starlette) -> None:
    """Answer what is refused with a problem document. What fails is answered by `mandate_web.middleware`."""
    for error in DOMAIN_ERRORS:
        app.add_exception_handler(error, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)


async def _domain(request: Request, error: Exception) -> Response:
    return of(error).response(request)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(entry["type"] == "json_invalid" for entry in found):
        return Problem("malformed-request", "the body is not JSON").response(request)
    errors = [{"pointer": _pointer(entry["loc"]), "detail": entry["msg"]} for entry in found]
    detail = "; ".join(f"{entry['pointer'] or '/'}: {entry['detail']}" for entry in errors[:5])
    return Problem("invalid", detail, errors=errors[:50]).response(request)


def _pointer(location: tuple[int | str, ...]) -> str:
    """RFC 6901 into the body; `?name` for a query parameter, a header or a part of the path."""
    where, *path = location
    if where == "body":
        return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
    return f"?{'.'.join(str(part) for part in path)}"


_BY_STATUS: Final = {
    400: "malformed-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
}


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    slug = _BY_STATUS.get(error.status_code, "internal" if error.status_code >= 500 else "malformed-request")
    path, headers = request.scope["path"], dict(error.headers or {})
    detail = {
        "not-found": f"there is nothing at {path}",
        "method-not-allowed": f"{path} does not know {request.method}",
    }.get(slug, str(error.detail) or HTTPStatus(error.status_code).phrase)
    if slug == "method-not-allowed":
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return Problem(slug, detail, headers=headers).response(request)


def _methods(request: Request) -> set[str]:
    """All that the resource knows: GET and POST of one path are two routes, and each alone would deny the other."""
    methods: set[str] = set()
    for method in ("GET", "POST"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            methods |= {"GET", "HEAD"} if method == "GET" else {method}
    return methods
