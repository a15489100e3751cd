"""What answers have in common, as OpenAPI documents tell it: problems, headers, and which problems a route can have."""

from collections.abc import Mapping
from typing import Any, Final

from mandate_events.values.told import WORD
from mandate_web.routes.access import header

PROBLEM: Final = "application/problem+json"
DOCUMENTS: Final = "docs/problems"

EVERYWHERE: Final = ("target-too-long", "headers-too-large", "internal", "unavailable")
IDENTIFIED: Final = ("not-authenticated", "invalid", "rate-limited")
DECIDING: Final = (
    "malformed-request",
    "not-permitted",
    "not-found",
    "refused",
    "stale-version",
    "body-too-large",
    "unsupported-media-type",
)
"""Problems by what a route does; each of them is one status of its answers."""

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "Why the request was not done (RFC 9457), in the language of `Accept-Language`: English or French.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "What kind of problem it is; `GET` it to read what to do. What follows "
            "`/problems/` never changes: compare that.",
        },
        "title": {"type": "string", "description": "The kind, for people"},
        "status": {"type": "integer", "description": "The HTTP status, once more"},
        "detail": {"type": "string", "description": "What happened here, for people"},
        "instance": {"type": "string", "format": "uri-reference", "description": "The path that was asked for"},
        "rule": {
            "type": "string",
            "pattern": WORD,
            "description": "The rule that refused; it is the last part of `type`, too",
        },
        "facts": {"type": "object", "additionalProperties": True, "description": "What `detail` tells, for programs"},
        "position": {"type": "integer", "description": "Where the refusal is on record, in this service's ledger"},
        "version": {"type": "integer", "description": "The present version of the thing"},
        "errors": {
            "type": "array",
            "description": "What is wrong with the request",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "pattern": "^([/?]|$)",
                        "description": "Into the body (RFC 6901), or `?name` for a parameter or a header",
                    },
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def _header(description: str, example: str | int) -> dict[str, Any]:
    kind = "integer" if isinstance(example, int) else "string"
    return {"description": description, "schema": {"type": kind}, "example": example}


HEADERS: Final = {
    "ETag": _header("Version of the thing: send it back as `If-Match` or `If-None-Match`", '"7"'),
    "Location": _header("Where the thing can be read", "/v1/proposals/0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"),
    "Idempotency-Key": _header("The key in use; one is made where none was sent", "3f1c0e5a-import-17"),
    "Mandate-Position": _header("How far into each ledger the answer reaches", "governance:17, projects:9"),
    "Memento-Datetime": _header("The instant that the answer tells of (RFC 7089)", "Tue, 24 Nov 2026 12:00:00 GMT"),
    "Link": _header("Of the past: where the present is read", '</v1/office>; rel="original"'),
    "Retry-After": _header("Seconds to wait before asking again", 2),
    "RateLimit": _header("What is left of the quota, and the seconds until it is whole", '"person";r=5990;t=1'),
    "RateLimit-Policy": _header("The quota of each person, and its seconds", '"person";q=6000;w=60'),
    "WWW-Authenticate": _header("What is asked for (RFC 6750)", 'Bearer error="invalid_token"'),
    "Allow": _header("The methods that the resource knows", "GET, HEAD, POST"),
    "X-Correlation-ID": _header(
        "Names this request in logs and in the history", "0190f3a5-7b1c-7c7e-9f43-5a1d2c3b4e5f"
    ),
}

IF_NONE_MATCH: Final = header("If-None-Match", "The `ETag` of what you have: 304 where it is still so", '"7"')

PROBLEM_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "not-authenticated": ("WWW-Authenticate",),
    "stale-version": ("ETag",),
    "rate-limited": ("Retry-After", "RateLimit", "RateLimit-Policy"),
    "unavailable": ("Retry-After",),
}
