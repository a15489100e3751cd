"""Compression: who gets gzip, of what, under which tag; and that a stream goes on being one."""

import gzip
import zlib
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mandate_web.app.compressing import LEAST, LONG, Compressed, accepts

LARGE = b'{"title":"Harbour pumping station"}' * 100


async def asked(app: Any, **headers: str) -> tuple[dict[str, str], list[bytes]]:
    """The head of the answer, and its chunks."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    raw = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    await Compressed(app)({"type": "http", "headers": raw}, receive, send)
    head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert [message.get("more_body", False) for message in sent[1:]] == [True] * (len(sent) - 2) + [False]
    return head, [message["body"] for message in sent[1:]]


async def answer(response: Response, **headers: str) -> tuple[dict[str, str], bytes]:
    head, chunks = await asked(response, **headers)
    body = b"".join(chunks)
    if "content-length" in head:
        assert int(head["content-length"]) == len(body)
    return head, body


@pytest.mark.parametrize("content", [LARGE, b"x" * LEAST, b"{}" * LONG], ids=["large", "just so", "in a thread"])
async def test_what_is_large_is_sent_as_gzip(content: bytes) -> None:
    head, body = await answer(Response(content, media_type="application/json"), accept_encoding="br, gzip")
    assert (head["content-encoding"], head["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(body) == content
    assert len(body) < len(content) / 4


@pytest.mark.parametrize(
    ("content", "type_", "accepted"),
    [
        (LARGE[: LEAST - 1], "application/json", "gzip"),
        (LARGE, "application/pdf", "gzip"),
        (LARGE, "text/event-stream", "gzip"),
        (LARGE, "application/json", "identity, gzip;q=0"),
        (LARGE, "application/json", ""),
    ],
)
async def test_what_is_not_worth_it_is_sent_as_it_is(content: bytes, type_: str, accepted: str) -> None:
    response = Response(content, headers={"ETag": '"7"'}, media_type=type_)
    head, body = await answer(response, accept_encoding=accepted)
    assert (body, head["etag"], "content-encoding" in head) == (content, '"7"', False)
    varies = content is LARGE and type_ == "application/json"
    assert head.get("vary") == ("Accept-Encoding" if varies else None), "of what differs by coding, caches must know"


async def test_what_is_encoded_already_is_left_alone() -> None:
    packed = gzip.compress(LARGE * 1000)
    response = Response(packed, headers={"Content-Encoding": "gzip"}, media_type="text/markdown")
    assert (await answer(response, accept_encoding="gzip"))[1] == packed


async def test_a_varying_answer_varies_by_both() -> None:
    response = Response(LARGE, headers={"Vary": "Accept-Language"}, media_type="text/markdown; charset=utf-8")
    assert (await answer(response, accept_encoding="gzip"))[0]["vary"] == "Accept-Language, Accept-Encoding"


# --- tags ---


async def test_other_bytes_have_another_strong_tag() -> None:
    for tag, told in (('"7"', '"7-gzip"'), ('"7-3f"', '"7-3f-gzip"'), ('W/"7"', 'W/"7"')):
        head, _ = await answer(Response(LARGE, 200, {"ETag": tag}, "application/json"), accept_encoding="gzip")
        assert head["etag"] == told
    refusal = Response(LARGE, 412, {"ETag": '"7"'}, "application/problem+json")
    assert (await answer(refusal, accept_encoding="gzip"))[0]["etag"] == '"7"', "the thing's, not the problem's"


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
async def test_a_tag_comes_back_as_it_was_given_within(name: str) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(scope["headers"])
        await Response()(scope, receive, send)

    await asked(app, **{name: '"7-gzip", W/"8-gzip", "9"', "X-Other": '"7-gzip"'})
    assert seen == [(name.lower().encode(), b'"7", W/"8", "9"'), (b"x-other", b'"7-gzip"')]


@pytest.mark.parametrize(("known", "told"), [('"7-gzip"', '"7-gzip"'), ('"7"', '"7"'), ('"6-gzip", "7"', '"7"')])
async def test_who_has_it_is_told_of_the_bytes_they_have(known: str, told: str) -> None:
    head, body = await answer(Response(status_code=304, headers={"ETag": '"7"'}), if_none_match=known)
    assert (head["etag"], head["vary"], body) == (told, "Accept-Encoding", b"")


# --- streams ---


def stream(chunks: Sequence[bytes], **headers: str) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raw = [(b"content-type", b"application/x-ndjson"), *((n.encode(), v.encode()) for n, v in headers.items())]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


@pytest.mark.parametrize("length", [{}, {"content-length": str(2 * len(LARGE))}], ids=["any", "told"])
async def test_each_chunk_of_a_stream_can_be_read_when_it_arrives(length: dict[str, str]) -> None:
    head, chunks = await asked(stream([LARGE, LARGE], **length), accept_encoding="gzip")
    assert (head["content-encoding"], "content-length" in head) == ("gzip", False)
    reading = zlib.decompressobj(31)
    assert [reading.decompress(chunk) for chunk in chunks] == [LARGE, LARGE, b""]
    assert reading.eof


async def test_a_stream_goes_as_it_is_to_who_takes_no_gzip() -> None:
    head, chunks = await asked(stream([LARGE, LARGE]))
    assert (head["vary"], chunks) == ("Accept-Encoding", [LARGE, LARGE, b""])


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZip ; q = 0.5", True),
        ("x-gzip", True),
        ("deflate, *", True),
        ("*;q=0", False),
        ("*, gzip;q=0.000", False),
        ("gzipped", False),
        ("", False),
    ],
)
def test_who_accepts_gzip(header: str, accepted: bool) -> None:
    assert accepts(header.encode()) is accepted
