"""The web library by itself: what happens to failures, limits, logs and text that can be read in two ways."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Numeric, Table, Text, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.responses import StreamingResponse

from mandate_web.app import logs
from mandate_web.app.middleware import MAX_BODY, MAX_HEADERS, MAX_TARGET, Envelope
from mandate_web.identity.strict import base64url, json_object, json_value
from mandate_web.problems import problem as problems
from mandate_web.problems.problem import KINDS, Problem
from mandate_web.routes.lists import DEFAULT_WAIT, MAX_WAIT, _wait
from mandate_web.routes.paging import Page


class Secret(Exception):
    """Must not be seen by a client."""


FAILURES: dict[str, Exception] = {
    "anything": Secret("select password from people"),
    "deep": RecursionError("maximum recursion depth exceeded"),
    "sql": DBAPIError("select secret", {}, asyncpg.DataError("invalid input")),
    "gone": ConnectionRefusedError("/var/run/secret.sock"),
    "starting": asyncpg.CannotConnectNowError("the database system is starting up"),
    "busy": NoConnectionFree("QueuePool limit of size 4 overflow 4 reached"),
}


def failing() -> FastAPI:
    app = FastAPI()
    app.add_middleware(Envelope)
    problems.install(app)

    @app.get("/fail/{how}")
    async def fail(how: str) -> None:
        raise FAILURES[how]

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"begun"
            raise Secret

        return StreamingResponse(body())

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.get("/echo")
    async def read() -> int:
        return 0

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(failing(), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield http


@pytest.mark.parametrize(
    ("how", "status", "slug"),
    [
        ("anything", 500, "internal"),
        ("deep", 500, "internal"),
        ("sql", 500, "internal"),
        ("gone", 503, "unavailable"),
        ("starting", 503, "unavailable"),
        ("busy", 503, "unavailable"),
    ],
)
async def test_a_failure_is_a_problem_that_tells_nothing_but_where_to_look(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, how: str, status: int, slug: str
) -> None:
    caplog.set_level(logging.INFO)
    answer = await client.get(f"/fail/{how}", headers={"X-Correlation-ID": "find-me"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-correlation-id"] == "find-me"
    assert answer.json()["type"] == f"/problems/{slug}"
    for secret in ("secret", "password", "select", "recursion", "Traceback"):
        assert secret not in answer.text
    told = [record for record in caplog.records if record.message.startswith("a request")]
    assert [record.levelname for record in told] == ["ERROR" if status == 500 else "WARNING"]
    assert bool(told[0].exc_info) == (status == 500)
    access = [record for record in caplog.records if record.message == "request"]
    assert [vars(record)["fields"]["status"] for record in access] == [status]


async def test_an_answer_that_has_begun_breaks_off(client: httpx.AsyncClient) -> None:
    with pytest.raises(Secret):
        await client.get("/half")


async def test_the_size_of_a_request_is_bounded(client: httpx.AsyncClient) -> None:
    async def chunks(size: int) -> AsyncIterator[bytes]:
        for begin in range(0, size, 65_536):
            yield b" " * min(65_536, size - begin)

    assert (await client.post("/echo", content=chunks(MAX_BODY))).json() == MAX_BODY
    for status, slug, sent in (
        (413, "body-too-large", client.post("/echo", content=chunks(MAX_BODY + 1))),
        (413, "body-too-large", client.post("/echo", content=b"", headers={"Content-Length": str(MAX_BODY + 1)})),
        (413, "body-too-large", client.post("/echo", content=b"", headers={"Content-Length": "9" * 5000})),
        (414, "target-too-long", client.get(f"/{'a' * MAX_TARGET}")),
        (431, "headers-too-large", client.get("/echo", headers={"X-Much": "a" * MAX_HEADERS})),
    ):
        answer = await sent
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
        assert answer.headers["x-correlation-id"]


async def test_a_resource_names_all_its_methods(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/echo")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert (await client.post("/half")).headers["allow"] == "GET, HEAD"


async def test_each_request_has_its_own_correlation(client: httpx.AsyncClient) -> None:
    ids = [f"id-{number}" for number in range(50)]
    answers = await asyncio.gather(*(client.get("/echo", headers={"X-Correlation-ID": id_}) for id_ in ids))
    assert [answer.headers["x-correlation-id"] for answer in answers] == ids


def test_each_kind_of_problem_has_its_slug_once() -> None:
    for slug, kind in KINDS.items():
        assert slug == kind.slug
        assert 400 <= kind.status < 600
        assert not Problem(slug, "detail").headers


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, WAIT=5; x", 5),
        ("wait=0", 0),
        ("wait=31", MAX_WAIT),
        ("wait=999999999", MAX_WAIT),
        ("wait=x", DEFAULT_WAIT),
        ("await=5", DEFAULT_WAIT),
        ("", DEFAULT_WAIT),
    ],
)
def test_nobody_waits_longer_than_the_limit(prefer: str, seconds: float) -> None:
    assert _wait(prefer) == seconds


# --- logs ---


def line(message: str, *arguments: Any, **extra: Any) -> dict[str, Any]:
    record = logging.LogRecord("test", logging.INFO, __file__, 1, message, arguments, extra.pop("exc_info", None))
    vars(record).update(extra)
    text = logs.JsonLines("test").format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_log_line_is_one_object_whatever_it_says() -> None:
    assert line("a\n%s", '{"level":"forged"}')["message"] == 'a\n{"level":"forged"}'
    assert line("\ud800 lone")["message"] == "\ud800 lone"
    assert line("big", fields={"n": 2**70})["n"] == 2**70
    assert line("odd", fields={"x": object()})["x"].startswith("<object")
    error = Secret("\udfff")
    assert "Secret" in line("failed", exc_info=(Secret, error, None))["exception"]


# --- strict reading ---


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nope",
        b"NaN",
        b"[Infinity]",
        b'{"a":1,"a":2}',
        b'[{"a":{"b":1,"b":1}}]',
        b'"\\ud800"',
        b'"\\uDC00\\uD800"',
        b'{"\\udfff":1}',
        b'"\xed\xa0\x80"',
        b"\xff",
        b"\xef\xbb\xbf1",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
        "1".encode("utf-16"),
        b"1 2",
        b"'a'",
        b"01",
        b'"\n"',
    ],
)
def test_what_is_not_i_json_is_not_read(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        json_value(text)
    assert len(str(error.value)) < 250


def test_what_is_i_json_is_read() -> None:
    assert json_value(b'{"a":[1,-2.5,true,null,"\\ud83d\\ude00","\\\\ud800"]}') == {
        "a": [1, -2.5, True, None, "\N{GRINNING FACE}", "\\ud800"]
    }
    with pytest.raises(ValueError, match="object"):
        json_object(b"[]")
    assert base64url("e30") == b"{}"


# --- cursors ---

THINGS = Table(
    "things",
    MetaData(),
    Column("text", Text),
    Column("number", Integer),
    Column("big", BigInteger),
    Column("at", DateTime(timezone=True)),
    Column("amount", Numeric(18, 2)),
)


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("text", ["", "a", "\N{GRINNING FACE}"], [1, None, True, ["a"], {}, "a\0"]),
        ("number", [0, -(2**31), 2**31 - 1], ["1", 1.5, True, None, 2**31, -(2**31) - 1]),
        ("big", [2**63 - 1], [2**63, "1"]),
        (
            "at",
            ["2026-03-02T12:00:00+00:00"],
            ["yesterday", "2026-03-02T12:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", 1],
        ),
        ("amount", ["10.00", "-1", "0"], ["NaN", "sNaN", "Infinity", "1e999999", "1e-999999", "x", 1, 1.0, None]),
    ],
)
def test_a_cursor_holds_what_its_column_could_hold(column: str, good: list[Any], bad: list[Any]) -> None:
    def follow(value: Any) -> None:
        cursor = Page({"list": "things"}, 10, None)._write([value])
        Page({"list": "things"}, 10, cursor).apply(select(THINGS), [(THINGS.c[column], False)])

    for value in good:
        follow(value)
    for value in bad:
        with pytest.raises(Problem, match="cursor-mismatch"):
            follow(value)


def test_a_cursor_spells_what_rows_give() -> None:
    page = Page({"list": "things"}, 1, None)
    written = page._write([datetime(2026, 3, 2, tzinfo=UTC)])
    Page({"list": "things"}, 1, written).apply(select(THINGS), [(THINGS.c.at, True)])
    with pytest.raises(Problem):
        Page({"list": "others"}, 1, written)
