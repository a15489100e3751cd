"""The stream client of docs/frontend against servers that fail in each way that one may: every event once, in order."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

from tests.node_tools import HOME, Node

STREAM = {"Content-Type": "text/event-stream"}
PROBLEM = {"Content-Type": "application/problem+json"}


def begin(position: int) -> str:
    return f"retry: 2000\nid: {position}\n\n"


def event(position: int, type_: str = "some") -> str:
    return f'id: {position}\nevent: {type_}\ndata: {{"type":"{type_}"}}\n\n'


LAST = event(99, "last")


@dataclass
class Answer:
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=lambda: STREAM)
    silent: float = 0
    """Seconds that the connection stays open without a word."""


@dataclass
class Asked:
    """What one connection asked for."""

    token: str
    last: str | None
    target: str
    at: float


@contextmanager
def serving(answers: list[Answer]) -> Iterator[tuple[str, list[Asked]]]:
    """A server that gives these answers, one a connection, and says what it was asked for."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers["Authorization"].removeprefix("Bearer ")
            asked.append(Asked(token, self.headers["Last-Event-ID"], self.path, time.monotonic()))
            answer = answers[len(asked) - 1]
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body.encode())
            self.wfile.flush()
            time.sleep(answer.silent)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/events", asked
        finally:
            server.shutdown()
            thread.join()


def followed(node: Node, url: str, *arguments: str) -> list[object]:
    """What the client says, until it ends."""
    done = subprocess.run(
        [node.program, HOME / "following.ts", url, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return [int(each["id"]) if isinstance(each, dict) and "id" in each else each for each in said]


def problem(status: int, **members: object) -> Answer:
    document = {"type": "/problems/x", "title": "x", "status": status, "detail": "x", "instance": "/", **members}
    return Answer(status, json.dumps(document), PROBLEM)


def test_breaks_of_every_kind_lose_nothing_and_repeat_nothing(node: Node) -> None:
    answers = [
        Answer(502, "<html>a proxy's own page</html>", {"Content-Type": "text/html"}),
        Answer(200, "<html>please sign in</html>", {"Content-Type": "text/html"}),
        Answer(body=begin(3) + event(4) + event(5) + event(6)[:-1]),  # cut off within an event
        problem(500),
        Answer(body=begin(5) + event(5) + event(6) + ":\n\nid: 8\n\n"),  # told again; and nothing to see up to 8
        Answer(body=begin(8) + event(9), silent=2),  # the other end vanishes
        Answer(body=begin(9) + event(10).replace("\n", "\r\n") + LAST, silent=2),
    ]
    with serving(answers) as (url, asked):
        assert followed(node, url, "token", "governance:3") == [4, 5, 6, 9, 10, 99, "ended"]
    assert [each.last for each in asked] == [None, None, None, "5", "5", "8", "9"]
    assert {each.target for each in asked} == {"/v1/events?after=governance%3A3"}
    assert asked[6].at - asked[5].at < 1.5, "it did not wait for who says nothing"


def test_a_server_that_asks_for_patience_gets_it(node: Node) -> None:
    slower = {**PROBLEM, "Retry-After": "1"}
    busy = [Answer(status, problem(status).body, slower) for status in (503, 429)]
    answers = [*busy, Answer(body=begin(0) + LAST)]
    with serving(answers) as (url, asked):
        assert followed(node, url, "token") == [99, "ended"]
    assert all(1 <= later.at - sooner.at < 2 for sooner, later in pairwise(asked))


def test_a_token_that_is_refused_is_renewed_and_a_renewed_one_that_is_refused_ends_it(node: Node) -> None:
    answers = [
        problem(401), Answer(body=begin(0) + event(1)), problem(401), Answer(body=begin(1) + event(2)),
        problem(401), problem(401),
    ]  # fmt: skip
    with serving(answers) as (url, asked):
        assert followed(node, url, "first,second,third,fourth") == [1, 2, {"problem": 401}]
    assert [each.token for each in asked] == ["first", "second", "second", "third", "third", "fourth"]
    assert [each.last for each in asked] == [None, None, "1", "1", "2", "2"]


def test_a_restored_ledger_is_read_anew(node: Node) -> None:
    answers = [
        Answer(body=begin(7) + event(8)),
        problem(422, facts={"position": 8, "end": 5}),
        Answer(body=begin(0) + event(1) + LAST),
    ]
    with serving(answers) as (url, asked):
        assert followed(node, url, "token") == [8, {"restored": "5"}, 1, 99, "ended"]
    assert [(each.last, each.target) for each in asked] == [
        (None, "/v1/events"), ("8", "/v1/events"), (None, "/v1/events?after=0"),
    ]  # fmt: skip


def test_what_will_not_change_is_not_asked_again(node: Node) -> None:
    with serving([problem(403)]) as (url, asked):
        assert followed(node, url, "token") == [{"problem": 403}]
    assert len(asked) == 1
