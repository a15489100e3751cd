"""The command line against a real small HTTP server that answers as the API does."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from mandate_client import terminal
from mandate_client.api import NDJSON, Api
from mandate_client.concurrently import concurrently
from mandate_client.connection import shared_first
from mandate_client.imports import IMPORTS, PROPOSALS
from mandate_client.main import app
from mandate_client.problems import ApiProblem, ClientError, Unreachable, UsageProblem, one_line
from mandate_client.retrying import Attempts, retry_after

SAMPLE = Path(__file__).resolve().parents[3] / "docs" / "samples" / "proposals.csv"
MAP = ["--map", "Minor Procurement=two-gate"]
JOB = "5d1a52a8-6d0b-5b8e-9d35-3c0e1f3cf7f1"
PERSON = "0197b3a0-5c1e-7c44-8d1f-2f6b8f1f7a11"
OTHER = "0197b3a0-5c1e-7c44-8d1f-2f6b8f1f7a12"


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Reply:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    """The connection ends after so many bytes of the body."""


def refusal(status: int, slug: str, detail: str = "", **more: Any) -> Reply:
    body = {"type": f"https://mandate.example/problems/{slug}", "title": slug.replace("-", " "), "status": status}
    return Reply(status, {**body, "detail": detail, **more}, {"Content-Type": "application/problem+json"})


Answering = Callable[[Asked], Reply]


class Service:
    """Answers by method and path, and remembers what it was asked. A list of replies is given out one by one."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.routes: dict[str, Answering | list[Reply]] = {}
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                self.answer()

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                lines = self.headers.get("Content-Type") == NDJSON
                body = [json.loads(each) for each in raw.splitlines()] if lines else json.loads(raw) if raw else None
                reply = service.reply(Asked(self.command, parts.path, query, dict(self.headers), body))
                data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: reply.cut])
                self.close_connection = self.close_connection or reply.cut is not None

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def reply(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            route = self.routes.get(f"{asked.method} {asked.path}")
            if route is None:
                return refusal(404, "not-found", asked.path)
            if isinstance(route, list):
                return route.pop(0) if len(route) > 1 else route[0]
            return route(asked)

    def sent(self, method: str) -> list[Asked]:
        return [each for each in self.asked if each.method == method]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MANDATE_URL", "MANDATE_TOKEN", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def run(service: Service | None, *args: str) -> Result:
    address = ["--url", service.url, "--token", "a.b.c"] if service else []
    return CliRunner().invoke(app, [*args, *address])


def nobody() -> str:
    """An address where nothing listens."""
    gone = Service()
    gone.close()
    return gone.url


# Problems in words


def test_a_problem_document_becomes_one_paragraph(service: Service) -> None:
    service.routes["GET /governance/v1/me"] = [
        refusal(
            403,
            "separation-of-duties",
            "You proposed it.\nAnother\x1b[2J member decides.",
            rule="proposer-does-not-authorise",
            errors=[{"pointer": "/budget/amount", "detail": "too large"}],
        )
    ]
    result = run(service, "whoami")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr
    for said in (
        "403",
        "You proposed it. Another",
        "proposer-does-not-authorise",
        "/budget/amount: too large",
        "See http",
    ):
        assert said in result.stderr


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", [1], {"errors": "no", "title": None}])
def test_an_answer_that_is_no_problem_document(service: Service, body: Any) -> None:
    service.routes["GET /governance/v1/me"] = [Reply(502, body)]
    result = run(service, "whoami")
    assert result.exit_code == 1
    assert "502 Bad Gateway" in result.stderr


def test_a_success_that_is_no_json(service: Service) -> None:
    service.routes["GET /governance/v1/me"] = [Reply(200, b"hello")]
    result = run(service, "whoami")
    assert result.exit_code == 1
    assert "is this Mandate?" in result.stderr


def test_unauthenticated_says_what_to_do(service: Service) -> None:
    service.routes["GET /governance/v1/me"] = [refusal(401, "unauthenticated")]
    assert "--as PERSONA" in run(service, "whoami").stderr


def test_refused_connection_is_told_at_once_with_exit_code_2() -> None:
    result = CliRunner().invoke(app, ["whoami", "--url", nobody()])
    assert result.exit_code == 2
    assert "cannot reach Mandate" in result.stderr
    assert "MANDATE_URL" in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["whoami", "--url", "ftp://x"],
        ["whoami", "--url", "nonsense"],
        ["whoami", "--token", "two words"],
        ["import", "proposals", "absent.csv"],
        ["import", "proposals", str(SAMPLE), "--map", "x"],
        ["import", "proposals", str(SAMPLE), "--currency", "aud"],
        ["import", "proposals", str(SAMPLE), "--rejects", str(SAMPLE)],
        ["authorise", "--all"],
        ["authorise", "--standard", "s@1"],
        ["authorise", "X1", "--all", "--standard", "s@1"],
        ["appoint", "king", "--person", PERSON, "--all"],
        ["nonsense"],
    ],
)
def test_wrong_usage_is_exit_code_2(args: list[str]) -> None:
    result = run(None, *args)
    assert result.exit_code == 2
    assert result.stderr


def test_shared_options_go_anywhere_but_behind_two_dashes() -> None:
    assert shared_first(["me", "--as", "pmo", "-x"]) == ["--as", "pmo", "me", "-x"]
    assert shared_first(["a", "--url=u", "--", "--as", "x"]) == ["--url=u", "a", "--", "--as", "x"]
    assert shared_first(["a", "--as"]) == ["--as", "a"]


@pytest.mark.parametrize(
    "command",
    [[], ["import", "proposals"], ["authorise"], ["appoint"], ["portfolio"], ["history"], ["token"], ["whoami"]],
)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    result = run(None, *command, "--help")
    assert result.exit_code == 0
    assert "mandate " + " ".join(command) in result.stdout
    assert "xample" in result.stdout or not command


# Trying again


def test_503_is_tried_again_with_the_same_key(service: Service) -> None:
    busy = Reply(503, {"title": "busy"}, {"Retry-After": "0"})
    service.routes["POST /x"] = [busy, Reply(429, None, {"Retry-After": "0"}), busy, Reply(201, {"id": "1"})]
    with Api(service.url) as api:
        answer = api.post("/x", {"a": 1}, "the-key")
    assert (answer.status, answer.body, answer.replayed) == (201, {"id": "1"}, False)
    assert [each.headers["Idempotency-Key"] for each in service.asked] == ["the-key"] * 4


def test_a_service_that_asks_for_more_patience_than_there_is(service: Service) -> None:
    behind = refusal(503, "projection-behind")
    behind.headers["Retry-After"] = "3600"
    service.routes["GET /x"] = [behind]
    with Api(service.url) as api, pytest.raises(ApiProblem, match="projection behind"):
        api.get("/x")
    assert len(service.asked) == 1


def test_a_service_that_goes_away_is_waited_for_within_bounds(service: Service) -> None:
    service.routes["GET /x"] = [Reply(200, {})]
    with Api(service.url, patience=0.3) as api:
        api.get("/x")
        service.close()
        api._http._transport.close()  # the connections kept alive would still be answered
        with pytest.raises(Unreachable, match="cannot reach"):
            api.get("/x")


def test_retry_after_in_both_forms() -> None:
    assert retry_after(None) is None
    assert retry_after("7") == 7
    assert retry_after("soon") is None
    assert retry_after("-3") is None
    later = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True))
    assert later is not None
    assert 25 < later <= 30
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_attempts_end_at_the_deadline_or_when_stopped() -> None:
    now = 0.0
    attempts = Attempts(60, threading.Event(), clock=lambda: now)
    assert not attempts.again(asked=61)
    assert attempts.again(asked=0)
    now = 60.1
    assert not attempts.again(asked=0)
    stop = threading.Event()
    stop.set()
    assert not Attempts(60, stop).again()


def test_a_stored_refusal_is_asked_anew(service: Service) -> None:
    old = refusal(403, "denied")
    old.headers["Idempotency-Replayed"] = "true"
    service.routes["POST /x"] = [old, Reply(201, {})]
    with Api(service.url) as api:
        assert api.post("/x", {}, "k").status == 201
    assert service.asked[1].headers["Idempotency-Key"] != "k"


def test_pages_are_followed_and_a_cursor_that_does_not_move_ends_it(service: Service) -> None:
    def answer(asked: Asked) -> Reply:
        page = asked.query.get("cursor", "a")
        return Reply(200, {"items": [{"page": page}], "next": {"a": "b", "b": "c", "c": "c"}[page]})

    service.routes["GET /x"] = answer
    service.routes["GET /y"] = [Reply(200, {"elements": []})]
    with Api(service.url) as api:
        assert [each["page"] for each in api.pages("/x", {"limit": 1})] == ["a", "b", "c"]
        with pytest.raises(ApiProblem, match="without items"):
            list(api.pages("/y", {}))


# Who


def personas(service: Service) -> None:
    tokens = iter(range(100))
    service.routes["POST /identity/token"] = lambda asked: Reply(
        200, {"access_token": f"{asked.body['persona']}-{next(tokens)}"}
    )
    service.routes["GET /identity/personas"] = [
        Reply(200, {"items": [{"name": "pm-1", "role": "Project manager", "person": PERSON}]})
    ]


def test_token_prints_the_token_alone(service: Service) -> None:
    personas(service)
    result = run(service, "token", "pmo")
    assert result.stdout == "pmo-0\n"
    assert "Authorization" not in service.asked[0].headers


def test_an_unknown_persona_is_told_those_there_are(service: Service) -> None:
    body = {"error": "invalid_request", "error_description": "persona must be one of pmo-1"}
    service.routes["POST /identity/token"] = [Reply(400, body)]
    result = run(service, "whoami", "--as", "nobody")
    assert result.exit_code == 1
    assert "persona must be one of pmo-1" in result.stderr


def test_as_persona_signs_in_once_and_again_when_the_token_has_run_out(service: Service) -> None:
    personas(service)
    service.routes["GET /x"] = [Reply(200, {}), Reply(200, {}), refusal(401, "token-expired"), Reply(200, {})]
    with Api(service.url, token="ignored", persona="pmo") as api:  # noqa: S106
        for _ in range(3):
            api.get("/x")
    assert [each.headers["Authorization"] for each in service.sent("GET")] == [
        "Bearer pmo-0",
        "Bearer pmo-0",
        "Bearer pmo-0",
        "Bearer pmo-1",
    ]


def test_personas_and_whoami(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    personas(service)
    service.routes["GET /governance/v1/me"] = [Reply(200, {"person": PERSON, "roles": ["pmo"]})]
    monkeypatch.setattr(terminal, "console", lambda err=False: Console(stderr=err, width=60))
    assert f"│ pm-1 │ Project    │ {PERSON} │" in run(service, "personas").stdout
    assert json.loads(run(service, "personas", "--json").stdout)[0]["name"] == "pm-1"
    assert json.loads(run(service, "whoami").stdout)["roles"] == ["pmo"]
    assert service.asked[-1].headers["Authorization"] == "Bearer a.b.c"


# Importing


def lines(*results: Any) -> Reply:
    body = b"".join(json.dumps({"line": line, **each}).encode() + b"\n" for line, each in enumerate(results, start=1))
    return Reply(200, body, {"Content-Type": NDJSON})


def refused_line(status: int, slug: str, **more: Any) -> Any:
    return {"status": status, "problem": refusal(status, slug, **more).body}


class Office:
    """Governance as far as an import sees it: proposals by reference, each line answered."""

    def __init__(self, service: Service, *, at_once: int = 200) -> None:
        self.service = service
        self.at_once = at_once
        self.proposals: dict[str, Any] = {}
        service.routes[f"POST {PROPOSALS}"] = self.propose

    def propose(self, asked: Asked) -> Reply:
        results = [self.result(each) for each in asked.body]
        if len(results) <= self.at_once:
            return lines(*results)
        job = {"id": JOB, "state": "running", "total": len(results), "done": 0, "ended_at": None}
        half, whole = {**job, "done": 4}, {**job, "state": "done", "done": len(results), "ended_at": "now"}
        self.service.routes[f"GET {IMPORTS}/{JOB}"] = [Reply(200, job), Reply(200, half), Reply(200, whole)]
        self.service.routes[f"GET {IMPORTS}/{JOB}/results"] = [lines(*results)]
        return Reply(202, job)

    def result(self, body: Any) -> Any:
        if body["reference"] in self.proposals:
            return refused_line(409, "already-proposed")
        self.proposals[body["reference"]] = body
        return {"status": 201}


def test_import_puts_in_what_is_good_and_reports_the_rest(service: Service, tmp_path: Path) -> None:
    office = Office(service)
    rejected = tmp_path / "rejects.csv"
    result = run(service, "import", "proposals", str(SAMPLE), *MAP, "--rejects", str(rejected))
    assert result.exit_code == 3
    assert result.stdout == "11 accepted, 0 already there, 1 rejected.\n"
    assert "X0008" in result.stderr
    assert "FFC" in result.stderr
    assert "Proposing: 11 of 11 (100 %)" in result.stderr
    assert rejected.read_text().splitlines()[1].startswith("9,X0008,FFC,")
    assert office.proposals["X0002"] == {
        "portfolio": "capital-delivery",
        "reference": "X0002",
        "title": "X0002 Breakwaters",
        "gate_path": "two-gate",
        "forecast_cost": {"amount": "2066075.59", "currency": "AUD"},
        "forecast_cost_text": "2066075.5899999999",
        "business_case_approved_on": "2024-03-05",
        "business_case_submitted_on": None,
        "conceived_on": "2023-07-11",
        "attributes": {
            "Delivery Program": "Major Works - Framework",
            "Owner Group": "Harbour Assets",
            "BNI": "11/07/2023",
            "BCA": "2024-03-05",
            "EPT": "2 Gate Major Infrastructure",
            "Approval body": "Executive Group",
            "Owner Team": "Breakwaters",
            "Stage1": "2024-11-22",
            "Stage2": "2025-05-30 17:00:00",
            "Stage3": "2026-05-29",
        },
        "reason": "Imported from proposals.csv",
    }


def test_a_second_import_doubles_nothing(service: Service) -> None:
    office = Office(service)
    run(service, "import", "proposals", str(SAMPLE), *MAP)
    again = run(service, "import", "proposals", str(SAMPLE), *MAP)
    assert again.stdout == "0 accepted, 11 already there, 1 rejected.\n"
    other = run(service, "import", "proposals", str(SAMPLE), *MAP, "--reason", "Another")
    assert other.stdout == "0 accepted, 11 already there, 1 rejected.\n"
    assert len(office.proposals) == 11


def test_a_row_the_service_refuses_is_a_rejected_row(service: Service) -> None:
    errors = [{"pointer": "/forecast_cost/amount", "detail": "above the portfolio's cap"}]

    def answer(asked: Asked) -> Reply:
        faulty = refused_line(422, "invalid", errors=errors)
        return lines(*(faulty if each["reference"] == "X0004" else {"status": 201} for each in asked.body))

    service.routes[f"POST {PROPOSALS}"] = answer
    result = run(service, "import", "proposals", str(SAMPLE), *MAP)
    assert result.exit_code == 3
    assert result.stdout == "10 accepted, 0 already there, 2 rejected.\n"
    assert "above the portfolio's cap" in result.stderr


def test_all_rows_in_is_exit_code_0(service: Service, tmp_path: Path) -> None:
    Office(service)
    good = tmp_path / "good.csv"
    good.write_text("ID,FFC,BCA\nX1,1,2016-05-25\n")
    result = run(service, "import", "proposals", str(good))
    assert (result.exit_code, result.stdout) == (0, "1 accepted, 0 already there, 0 rejected.\n")


def test_a_missing_right_costs_one_request_and_says_it_may_be_run_again(service: Service) -> None:
    denied = refused_line(403, "denied", rule="only-sponsors-propose")
    service.routes[f"POST {PROPOSALS}"] = lambda asked: lines(*(denied for _ in asked.body))
    result = run(service, "import", "proposals", str(SAMPLE), *MAP)
    assert result.exit_code == 1
    assert len(service.asked) == 1
    assert "may be run again" in result.stderr
    assert "only-sponsors-propose" in result.stderr


@pytest.mark.parametrize("data", [b"", b"ID,FFC,BCA\n", b"PK\x03\x04", b"ID,FFC,BCA\nX1,1,2016-05-25\nX2,1,\xff\n"])
def test_a_file_that_is_no_csv_sends_nothing(service: Service, tmp_path: Path, data: bytes) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(data)
    result = run(service, "import", "proposals", str(bad))
    assert result.exit_code == 1
    assert "bad.csv" in result.stderr
    assert service.asked == []


def test_a_dry_run_sends_nothing(service: Service) -> None:
    result = run(service, "import", "proposals", str(SAMPLE), "--dry-run")
    assert (result.exit_code, service.asked) == (3, [])
    assert "10 rows to propose, 2 rejected" in result.stdout


def test_many_rows_are_followed_as_a_job(service: Service) -> None:
    office = Office(service, at_once=5)
    result = run(service, "import", "proposals", str(SAMPLE), *MAP)
    assert (result.exit_code, result.stdout) == (3, "11 accepted, 0 already there, 1 rejected.\n")
    assert "Proposing: 4 of 11 (36 %)" in result.stderr
    assert "Proposing: 11 of 11 (100 %)" in result.stderr
    assert len(office.proposals) == 11
    assert len(service.sent("POST")) == 1


def test_interrupted_it_leaves_the_job_running_and_says_how_to_follow_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    Office(service, at_once=5)

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mandate_client.imports._ended", interrupted)
    result = run(service, "import", "proposals", str(SAMPLE), *MAP)
    monkeypatch.undo()
    assert result.exit_code == 130
    assert f"--resume {JOB}" in result.stderr
    again = run(service, "import", "proposals", str(SAMPLE), *MAP, "--resume", JOB)
    assert (again.exit_code, again.stdout) == (3, "11 accepted, 0 already there, 1 rejected.\n")
    assert len(service.sent("POST")) == 1


def test_a_job_is_followed_with_its_own_file_and_to_its_end(service: Service) -> None:
    job = {"id": JOB, "state": "cancelled", "total": 10, "done": 4, "ended_at": "now"}
    service.routes[f"GET {IMPORTS}/{JOB}"] = [Reply(200, job)]
    cancelled = run(service, "import", "proposals", str(SAMPLE), "--resume", JOB)
    assert cancelled.exit_code == 1
    assert "cancelled after 4 of 10 rows" in cancelled.stderr
    service.routes[f"GET {IMPORTS}/{JOB}"] = [Reply(200, {**job, "total": 3})]
    assert run(service, "import", "proposals", str(SAMPLE), "--resume", JOB).exit_code == 2


def test_the_rejects_file_holds_no_formulas(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("ID,FFC,BCA\n=HYPERLINK(1),none,2016-05-25\n")
    assert run(None, "import", "proposals", str(source), "--dry-run", "--rejects", str(target)).exit_code == 3
    assert target.read_text().splitlines()[1].startswith("2,'=HYPERLINK(1),FFC,")


# Deciding


def proposals(service: Service, **by_status: list[str]) -> None:
    def answer(asked: Asked) -> Reply:
        assert asked.query["portfolio"] == "capital-delivery"
        found = [
            {"id": f"id-{name}", "reference": name, "forecast_cost": {"amount": "5.00", "currency": "AUD"}}
            for name in by_status.get(asked.query["status"], [])
        ]
        start = int(asked.query.get("cursor", 0))
        return Reply(
            200, {"items": found[start : start + 2], "next": str(start + 2) if start + 2 < len(found) else None}
        )

    service.routes["GET /governance/v1/proposals"] = answer


def test_authorise_all(service: Service) -> None:
    proposals(service, proposed=["X1", "X2", "X3"])
    for name, reply in {
        "X1": Reply(201, {}),
        "X2": refusal(409, "already-authorised"),
        "X3": refusal(409, "objective-missing", "not scored"),
    }.items():
        service.routes[f"POST /governance/v1/proposals/id-{name}/authorisations"] = [reply]
    result = run(service, "authorise", "--all", "--standard", "capital-delivery@1", "--reason", "Board")
    assert result.exit_code == 3
    assert result.stdout == "1 done, 1 already so, 1 refused.\n"
    assert "not scored" in result.stderr
    assert service.sent("POST")[0].body == {
        "standard": "capital-delivery@1",
        "budget": {"amount": "5.00", "currency": "AUD"},
        "reason": "Board",
    }


def test_authorise_some_of_which_one_is_done(service: Service) -> None:
    proposals(service, proposed=["X1", "X2"], authorised=["X3"])
    service.routes["POST /governance/v1/proposals/id-X2/authorisations"] = [Reply(201, {})]
    result = run(service, "authorise", "X2", "X3", "--standard", "s@1")
    assert (result.exit_code, result.stdout) == (0, "1 done, 1 already so, 0 refused.\n")


def test_authorise_an_unknown_one_decides_nothing(service: Service) -> None:
    proposals(service, proposed=["X1"])
    result = run(service, "authorise", "X1", "X9", "--standard", "s@1")
    assert result.exit_code == 1
    assert "X9" in result.stderr
    assert service.sent("POST") == []


@pytest.mark.parametrize("post", ["manager", "officer", "sponsor"])
def test_appoint_by_persona_or_id(service: Service, post: str) -> None:
    personas(service)
    proposals(service, authorised=["X1"])
    service.routes[f"POST /governance/v1/projects/id-X1/{post}s"] = [Reply(201, {}), refusal(409, "already-appointed")]
    assert run(service, "appoint", post, "--person", "pm-1", "--all").stdout.startswith("1 done")
    assert run(service, "appoint", post, "X1", "--person", PERSON).stdout.startswith("0 done, 1 already so")
    assert {each.body["person"] for each in service.sent("POST")} == {PERSON}


def test_appoint_an_unknown_persona(service: Service) -> None:
    personas(service)
    proposals(service, authorised=["X1"])
    result = run(service, "appoint", "manager", "--person", "nobody", "--all")
    assert result.exit_code == 2
    assert "Known personas: pm-1" in result.stderr


def test_a_refusal_of_authority_stops_the_decisions(service: Service) -> None:
    proposals(service, proposed=["X1", "X2", "X3"])
    service.routes["POST /governance/v1/proposals/id-X1/authorisations"] = [refusal(403, "denied", rule="pmo-only")]
    result = run(service, "authorise", "--all", "--standard", "s@1")
    assert result.exit_code == 1
    assert "pmo-only" in result.stderr
    assert len(service.sent("POST")) == 1


# Reading


def test_portfolio_as_table_and_json(service: Service) -> None:
    item: dict[str, Any] = {
        "reference": "X1",
        "title": "[bold]X1[/bold]\x07",
        "budget": {"amount": "5.00", "currency": "AUD"},
    }
    item |= {"manager": PERSON, "officer": OTHER, "sponsor": None}
    people: dict[str, Any] = {
        PERSON: {"status": "known", "name": "Emily Roebling"},
        OTHER: {"status": "erased", "name": None},
    }
    page = {"items": [item, item], "next": None, "people": people}
    service.routes["GET /reporting/v1/portfolio"] = [Reply(200, page)]
    shown = run(service, "portfolio", "--phase", "delivery", "--sort=-budget", "--limit", "1")
    assert "[bold]X1[/bold]?" in shown.stdout
    assert "5.00 AUD" in shown.stdout
    assert "Emily Roebling" in shown.stdout
    assert f"(erased {OTHER[:8]})" in shown.stdout
    assert service.asked[0].query == {"phase": "delivery", "sort": "-budget", "limit": "1", "include": "people"}
    assert json.loads(run(service, "portfolio", "--json").stdout) == [item, item]


@pytest.mark.parametrize("command", ["portfolio", "history"])
def test_a_narrow_terminal_gets_fewer_columns_and_whole_words(
    service: Service, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "console", lambda err=False: Console(stderr=err, width=80))
    item: dict[str, Any] = {
        "reference": "D-001",
        "title": "North treatment plant, filters",
        "status": "active",
        "gate": "gate-2",
    }
    item |= {
        "manager": PERSON,
        "budget": {"amount": "18750000.00", "currency": "AUD"},
        "standard": "capital-delivery@1",
    }
    item |= {
        "recorded_at": "2026-11-24T12:38:51.170963Z",
        "type": "mandate.governance.gate-decided.v1",
        "name": "gate-decided",
        "actor": PERSON,
        "reason": "Complete",
    }
    people = {PERSON: {"status": "known", "name": "Florence Nightingale"}}
    service.routes[f"GET /reporting/v1/{command}"] = [Reply(200, {"items": [item], "people": people})]
    shown = run(service, command).stdout
    assert max(map(len, shown.splitlines())) <= 80
    for word in ("Florence", "Nightingale", *(("D-001", "treatment") if command == "portfolio" else ("Complete",))):
        assert word in shown, shown


def test_history_as_table_and_ndjson(service: Service) -> None:
    item = {"position": 7, "type": "mandate.governance.project-authorised.v1", "name": "project-authorised"}
    item |= {"reason": "Board", "actor": "system/clock"}
    service.routes["GET /reporting/v1/history"] = [Reply(200, {"items": [item] * 3, "people": {}})]
    shown = run(service, "history", "--project", PERSON).stdout
    assert "│ project-authorised │ system │" in shown
    assert service.asked[0].query["project"] == PERSON
    written = run(service, "history", "--ndjson", "--limit", "2").stdout.splitlines()
    assert [json.loads(line) for line in written] == [item, item]


# Pieces


def test_what_work_raises_ends_it_and_ends_waiting() -> None:
    stop = threading.Event()

    def work(number: int) -> int:
        if number == 5:
            raise UsageProblem("five")
        return number

    with pytest.raises(ClientError, match="five"):
        list(concurrently(work, range(10_000), 4, stop))
    assert stop.is_set()
    assert sorted(concurrently(str, range(100), 4, threading.Event())) == sorted(map(str, range(100)))
    assert list(concurrently(str, [], 4, threading.Event())) == []


def test_one_line_holds_nothing_a_terminal_obeys() -> None:
    assert one_line("a\n b\x1b[2J\x9b\x7f") == "a b?[2J??"
