"""Problem documents (RFC 9457): every refusal as one shape, and one table from the domain's answers to HTTP's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from mandate_events.deciding import Invalid, Refused, Unknown, VersionConflict
from mandate_events.deciding.outcome import (
    Denied,
    KeyReused,
    LedgerBehind,
    LedgerUnavailable,
    Overloaded,
    WrittenByNewer,
)
from mandate_events.document.canonical import NotCanonical
from mandate_events.ledger.following import passes
from mandate_web.address import Address
from mandate_web.identity.jwks import KeysUnavailable
from mandate_web.identity.tokens import TokenRefused
from mandate_web.problems.wording import Language, Wording, language_of


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its stable name (the last part of `type`) and status."""

    slug: str
    status: int


KINDS: Final = {
    kind.slug: kind
    for kind in (
        Kind("malformed-request", 400),
        Kind("not-authenticated", 401),
        Kind("not-permitted", 403),
        Kind("not-found", 404),
        Kind("method-not-allowed", 405),
        Kind("refused", 409),
        Kind("stale-version", 412),
        Kind("body-too-large", 413),
        Kind("target-too-long", 414),
        Kind("unsupported-media-type", 415),
        Kind("invalid", 422),
        Kind("idempotency-key-reused", 422),
        Kind("cursor-mismatch", 422),
        Kind("rate-limited", 429),
        Kind("headers-too-large", 431),
        Kind("internal", 500),
        Kind("ledger-behind", 503),
        Kind("projection-behind", 503),
        Kind("unavailable", 503),
    )
}


TYPES: Final = "/problems/"
"""Where the page of each type stands, below the address of the program. A client compares what follows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one member of a request: where (RFC 6901, or `?name` outside of the body), and what."""

    pointer: str
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    validation: str | None = None
    """The type of pydantic's finding; `sentence` is its message then."""

    def said(self, wording: Wording, language: Language) -> dict[str, str]:
        if self.validation:
            detail = wording.finding(self.validation, self.sentence, self.facts, language)
        else:
            detail = wording.detail(self.sentence, self.facts, language)
        return {"pointer": self.pointer, "detail": detail}


class Problem(Exception):
    """A problem document about to be sent: its kind, the sentence that tells what happened, and the facts in it.

    `name` is the last part of `type`: the rule where one refused, else the kind.
    """

    def __init__(
        self,
        slug: str,
        sentence: str = "",
        facts: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        headers: Mapping[str, str] | None = None,
        findings: Iterable[Finding] = (),
        **members: Any,
    ) -> None:
        super().__init__(slug, sentence, facts)
        self.kind = KINDS[slug]
        self.name = name or slug
        self.sentence = sentence
        self.facts = dict(facts or {})
        self.headers = dict(headers or {})
        self.findings = list(findings)
        self.members = members

    def response(self, request: Request) -> Response:
        """In the language that the request prefers."""
        wording: Wording = request.app.state.wording
        language = language_of(request.headers.get("accept-language", ""))
        headers = {**self.headers, "Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
        return Response(
            orjson.dumps(self.document(wording, language, Address.of(request.scope)), default=str),
            self.kind.status,
            headers=headers,
            media_type="application/problem+json",
        )

    def document(self, wording: Wording, language: Language, asked: Address) -> dict[str, Any]:
        findings = [each.said(wording, language) for each in self.findings]
        if findings:
            detail = "; ".join(f"{each['pointer'] or '/'}: {each['detail']}" for each in findings[:5])
        else:
            detail = wording.detail(self.sentence, self.facts, language)
        return {
            "type": f"{asked.home}{TYPES}{self.name}",
            "title": wording.title(self.kind.slug, language),
            "status": self.kind.status,
            "detail": detail,
            "instance": asked.reference,
            **({"errors": findings[:50]} if findings else {}),
            **({"facts": self.facts} if self.facts else {}),
            **self.members,
        }


def invalid(pointer: str, sentence: str, **facts: Any) -> Problem:
    """One thing is wrong with the request: a member of its body, or `?name` for a parameter or a header."""
    return Problem("invalid", sentence, findings=[Finding(pointer, sentence, facts)])


def ruled(slug: str, rule: str, facts: Mapping[str, Any], **members: Any) -> Problem:
    """A rule refuses it; the problem is named after the rule."""
    return Problem(slug, rule, facts, name=rule, rule=rule, **members)


def of(error: Exception) -> Problem:  # one line per answer of the domain
    """The problem document for what was raised."""
    match error:
        case Problem():
            return error
        case Denied(replayed=replayed, position=position):
            headers = {"Idempotency-Replayed": "true"} if replayed else {}
            recorded = {} if position is None else {"position": position}
            return ruled("not-permitted", error.rule, error.facts, headers=headers, **recorded)
        case Refused(authority=True):
            return ruled("not-permitted", error.rule, error.facts)
        case Refused():
            return ruled("refused", error.rule, error.facts)
        case Unknown(stream=stream):
            return Problem("not-found", "no-such-thing", {"thing": stream})
        case Invalid(pointer=pointer, sentence=sentence, facts=facts):
            return invalid(pointer, sentence, **facts)
        case NotCanonical(pointer=pointer, problem=problem):
            return invalid(pointer, "not-canonical", why=problem)
        case VersionConflict(stream=stream, expected=expected, actual=actual):
            facts = {"stream": stream, "expected": expected, "actual": actual}
            return Problem("stale-version", "stale-version", facts, headers={"ETag": f'"{actual}"'}, version=actual)
        case KeyReused():
            return Problem("idempotency-key-reused", "key-reused")
        case Overloaded():
            return Problem("unavailable", "overloaded", headers={"Retry-After": "1"})
        case LedgerBehind():
            return Problem("ledger-behind", "ledger-behind", {"why": str(error)}, headers={"Retry-After": "30"})
        case WrittenByNewer():
            return Problem("unavailable", "written-by-newer", {"type": str(error)}, headers={"Retry-After": "5"})
        case LedgerUnavailable():
            return Problem("unavailable", "ledger-unreachable", headers={"Retry-After": "2"})
        case TokenRefused(reason=reason, detail=why):
            headers = {"WWW-Authenticate": "Bearer" if reason == "missing" else 'Bearer error="invalid_token"'}
            rule = f"token-{reason}"
            return Problem("not-authenticated", rule, {"why": why} if why else {}, headers=headers, rule=rule)
        case KeysUnavailable(retry_in=seconds):
            headers = {"Retry-After": str(max(1, round(seconds)))}
            return Problem("unavailable", "keys-unavailable", headers=headers)
        case NoConnectionFree():
            return Problem("unavailable", "no-connection-free", headers={"Retry-After": "1"})
        case _ if passes(error):
            return Problem("unavailable", "database-unreachable", headers={"Retry-After": "2"})
        case _:
            return Problem("internal", "failed")


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
    WrittenByNewer,
    TokenRefused,
    KeysUnavailable,
)


def install(app: Starlette, *wording: Path) -> None:
    """Answer what is refused with a problem document, in the words of these files and our own.

    What fails is answered by `mandate_web.app.middleware`.
    """
    app.state.wording = Wording(wording)
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
        return Problem("malformed-request", "not-json", {"why": "syntax"}).response(request)
    return Problem("invalid", findings=findings(found)).response(request)


def findings(found: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """What pydantic found in a request; places in its body begin with "body"."""
    return [
        Finding(_pointer(entry["loc"]), entry["msg"], entry.get("ctx", {}), validation=entry["type"]) for entry in found
    ]


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
    path, headers = Address.of(request.scope).path, dict(error.headers or {})
    if slug == "method-not-allowed":
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    sentence, facts = {
        "not-found": ("no-such-path", {"path": path}),
        "method-not-allowed": ("no-such-method", {"path": path, "method": request.method}),
        "body-too-large": ("body-limit", {"limit": error.detail}),
    }.get(slug, (str(error.detail) or HTTPStatus(error.status_code).phrase, {}))
    return Problem(slug, sentence, facts, headers=headers).response(request)


def _methods(request: Request) -> set[str]:
    """All that the resource knows: GET and POST of one path are two routes, and each alone would deny the other."""
    methods: set[str] = set()
    for method in ("GET", "POST"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            methods |= {"GET", "HEAD"} if method == "GET" else {method}
    return methods
