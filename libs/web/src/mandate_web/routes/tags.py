"""Strong ETags (RFC 9110, 8.8): an answer that the client has is not sent again."""

import hashlib

from fastapi import Request
from starlette.responses import Response


def tagged(request: Request, content: bytes, version: int | None = None) -> Response:
    """JSON with its ETag: the version of the thing, where it has one, and the digest of what is told of it, which also
    changes with other things and with the day. 304 where the client has it."""
    digest = hashlib.sha256(content).hexdigest()[:DIGITS]
    tag = f'"{digest}"' if version is None else f'"{version}-{digest}"'
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, "application/json")


DIGITS = 16
