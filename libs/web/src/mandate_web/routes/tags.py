"""Strong ETags (RFC 9110, 8.8): an answer that the client has is not sent again."""

import hashlib
from typing import Final

from fastapi import Request
from starlette.responses import Response

DIGITS: Final = 16
"""Of the digest, in hexadecimals."""


def tagged(
    request: Request,
    content: bytes,
    version: int | None = None,
    *,
    media_type: str = "application/json",
    cached: str = "private, no-cache",
) -> Response:
    """An answer with its ETag: the version of the thing, where it has one, and the digest of what is told of it, which
    also changes with other things and with the day. 304 where the client has it. `cached` says who may keep it, and
    how long."""
    digest = hashlib.sha256(content).hexdigest()[:DIGITS]
    tag = f'"{digest}"' if version is None else f'"{version}-{digest}"'
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    headers = {"ETag": tag, "Cache-Control": cached}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, media_type)
