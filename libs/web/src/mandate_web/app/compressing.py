"""Large answers are sent as gzip to who accepts it (RFC 9110, 8.4 and 12.5.3), as plain ASGI.

What is compressed may hold secrets, and its length tells something of them. For BREACH an attacker must make the
victim's browser ask; there are no cookies here, and a bearer token is sent by nobody else's page.
"""

import asyncio
import zlib
from functools import lru_cache
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST: Final = 1024
"""Bytes below which an answer fits into a packet or two as it is."""

LONG: Final = 128 * 1024
"""Bytes from which on they are compressed in a thread: it takes milliseconds, in which others want to be answered."""

LEVEL: Final = 1
"""Measured on a list of 500: higher levels take up to six times as long and save a tenth of the bytes."""

TYPES: Final = frozenset(
    {
        b"application/json",
        b"application/problem+json",
        b"application/schema+json",
        b"application/x-ndjson",
        b"text/csv",
        b"text/css",
        b"text/html",
        b"text/javascript",
        b"text/markdown",
        b"text/plain",
    }
)
"""What is text and large. An event stream is not: each event leaves at once, and is small."""

SUFFIX: Final = b"-gzip"
"""Of the strong ETag of the compressed bytes: other bytes have another tag (RFC 9110, 8.8.3.3)."""

_MARKED: Final = SUFFIX + b'"'
_CONDITIONS: Final = (b"if-match", b"if-none-match")


class Compressed:
    """Compresses what is worth it. Within, nobody knows: requests come with the tags that were answered there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope["headers"], send)
        for name, value in scope["headers"]:
            if name in _CONDITIONS and _MARKED in value:
                scope = {**scope, "headers": [_plain(*each) for each in scope["headers"]]}
                break
        await self._app(scope, receive, answer)


def _plain(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return name, value.replace(_MARKED, b'"') if name in _CONDITIONS else value


class _Answer:
    """`send` that decides by the head of an answer, and passes on at once what it leaves as it is."""

    __slots__ = ("_asked", "_packing", "_send", "_start")

    def __init__(self, asked: list[tuple[bytes, bytes]], send: Send) -> None:
        self._asked = asked
        self._send = send
        self._packing: zlib._Compress | None = None
        self._start: Message | None = None
        """A head that waits for its body, to tell its length."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._packing is not None and message["type"] == "http.response.body":
            await self._go_on(message)
        else:
            await self._send(message)

    async def _begin(self, start: Message) -> None:
        length, type_, tag, encoded = -1, b"", b"", False
        for name, value in start["headers"]:
            match name:
                case b"content-length":
                    length = int(value)
                case b"content-type":
                    type_ = value.partition(b";")[0]
                case b"etag":
                    tag = value
                case b"content-encoding":
                    encoded = True
        if start["status"] == 304 and tag:
            self._not_modified(start, tag)
        elif type_ in TYPES and not encoded and not 0 <= length < LEAST:
            headers = MutableHeaders(raw=start["headers"])
            headers.add_vary_header("Accept-Encoding")
            if accepts(b",".join(value for name, value in self._asked if name == b"accept-encoding")):
                self._packing = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
                headers["Content-Encoding"] = "gzip"
                if tag and start["status"] == 200:  # elsewhere a tag is that of something else, told of here
                    headers["ETag"] = _marked(tag).decode("latin-1")
                if length >= 0:
                    self._start = start
                    return
        await self._send(start)

    def _not_modified(self, start: Message, tag: bytes) -> None:
        headers = MutableHeaders(raw=start["headers"])
        headers.add_vary_header("Accept-Encoding")
        if any(name == b"if-none-match" and _marked(tag) in value for name, value in self._asked):
            headers["ETag"] = _marked(tag).decode("latin-1")

    async def _go_on(self, message: Message) -> None:
        assert self._packing is not None
        body, more = message.get("body", b""), message.get("more_body", False)
        if len(body) >= LONG:
            packed = await asyncio.to_thread(_pack, self._packing, body, more)
        else:
            packed = _pack(self._packing, body, more)
        if self._start is not None:
            headers = MutableHeaders(raw=self._start["headers"])
            if more:
                del headers["Content-Length"]
            else:
                headers["Content-Length"] = str(len(packed))
            await self._send(self._start)
            self._start = None
        await self._send({**message, "body": packed})


def _pack(packing: "zlib._Compress", body: bytes, more: bool) -> bytes:
    """Each chunk whole, so that a stream goes on being one."""
    return packing.compress(body) + packing.flush(zlib.Z_SYNC_FLUSH if more else zlib.Z_FINISH)


def _marked(tag: bytes) -> bytes:
    return tag if tag.startswith(b"W/") else tag[:-1] + _MARKED


@lru_cache(maxsize=256)
def accepts(header: bytes) -> bool:
    """Whether an `Accept-Encoding` allows gzip: by its name, or as one of any (`*`), and not with a weight of zero."""
    weights = {}
    for part in header.lower().split(b","):
        coding, _, weight = part.partition(b";")
        weights[coding.strip()] = weight.replace(b" ", b"") not in {b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"}
    return weights.get(b"gzip", weights.get(b"x-gzip", weights.get(b"*", False)))
