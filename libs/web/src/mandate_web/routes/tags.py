"""Strong ETags (RFC 9110, 8.8): an answer that the client has is not sent again."""

from fastapi import Request
from starlette.responses import Response


def tagged(
    request: Request,
    version: str,
    content: bytes,
    *,
    media_type: str = "application/json",
    cached: str = "private, no-cache",
) -> Response:
    """JSON with its version as ETag; 304 where the client has it. `cached` says who may keep it, and how long."""
    tag = f'"{version}"'
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    headers = {"ETag": tag, "Cache-Control": cached}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, media_type)
