"""`mandate history` and `mandate story` against a real small HTTP server that answers as the API does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mandate_client import terminal
from tests.unit.client.test_client_api import Asked, Reply, Service, run

HISTORY = "GET /reporting/v1/history"
THIS_YEAR = datetime.now(UTC).year
LEDGERS = ["governance", "projects", "governance", "governance", "projects"]


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    yield found
    found.close()


def documents() -> list[tuple[str, bytes]]:
    """(reference, line) of a small archive."""
    numbers: dict[str, int] = {}
    found = []
    for source in LEDGERS:
        numbers[source] = numbers.get(source, 0) + 1
        document = {"sequence": f"{numbers[source]:020d}", "source": f"/mandate/{source}"}
        found.append((f"{source}:{numbers[source]}", json.dumps(document).encode() + b"\n"))
    return found


class Archive:
    """Answers as the history does; `break_after` bytes the connection ends once."""

    def __init__(self, service: Service) -> None:
        self.broken_after: int | None = None
        self.lost: set[str] = set()
        self.exports: list[dict[str, str]] = []
        service.routes[HISTORY] = self.answer

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("Accept") != "application/x-ndjson":
            return Reply(200, {"items": [], "next": None})
        self.exports.append(asked.query)
        known = [reference for reference, _ in documents()]
        begin = known.index(asked.query["after"]) + 1 if "after" in asked.query else 0
        end = known.index(asked.query["last"]) + 1 if "last" in asked.query else len(known)
        part = documents()[begin:end]
        content = b"".join(line for reference, line in part if reference not in self.lost)
        headers = {
            "Content-Type": "application/x-ndjson",
            "Mandate-Count": str(len(part)),
            "Mandate-Last": known[end - 1],
            "Mandate-Position": "governance:3, projects:2",
        }
        cut, self.broken_after = self.broken_after, None
        return Reply(200, content, headers, cut=cut)


@pytest.fixture
def archive(service: Service) -> Archive:
    return Archive(service)


def test_an_export_is_the_documents_and_says_what_it_holds(service: Service, archive: Archive, tmp_path: Path) -> None:
    file = tmp_path / "record.ndjson"
    result = run(service, "history", "--export", str(file))
    assert result.exit_code == 0, result.output
    assert file.read_bytes() == b"".join(line for _, line in documents())
    assert "5 documents: the whole ledgers, governance 1 to 3, projects 1 to 2" in result.output
    assert list(tmp_path.iterdir()) == [file], "nothing is left beside a whole export"
    again = run(service, "history", "--export", str(file))
    assert (again.exit_code, "is there already" in again.output) == (2, True)


@pytest.mark.parametrize("cut", [0, 1, 60, 100, 200])
def test_an_export_that_broke_off_goes_on_to_the_same_end(
    service: Service, archive: Archive, tmp_path: Path, cut: int
) -> None:
    file = tmp_path / "record.ndjson"
    archive.broken_after = cut
    broken = run(service, "history", "--export", str(file))
    assert (broken.exit_code, "broke off" in broken.output) == (3, True)
    hinted = run(service, "history", "--export", str(file))
    assert (hinted.exit_code, "--resume" in hinted.output) == (2, True)
    assert run(service, "history", "--export", str(file), "--resume").exit_code == 0
    assert file.read_bytes() == b"".join(line for _, line in documents())
    assert archive.exports[-1]["last"] == "projects:2"
    assert ("after" in archive.exports[-1]) == (cut >= len(documents()[0][1]))
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(("lost", "says"), [("governance:2", "holds 4 documents"), ("projects:2", "ends with")])
def test_an_export_that_lacks_a_document_is_not_taken_for_whole(
    service: Service, archive: Archive, tmp_path: Path, lost: str, says: str
) -> None:
    archive.lost = {lost}
    result = run(service, "history", "--export", str(tmp_path / "record.ndjson"))
    assert (result.exit_code, says in result.output) == (1, True)


def test_an_export_goes_on_with_the_filters_it_was_begun_with(
    service: Service, archive: Archive, tmp_path: Path
) -> None:
    file = tmp_path / "record.ndjson"
    archive.broken_after = 100
    assert run(service, "history", "--role", "pmo", "--export", str(file)).exit_code == 3
    other = run(service, "history", "--role", "auditor", "--export", str(file), "--resume")
    assert (other.exit_code, "other filters" in other.output) == (2, True)
    assert run(service, "history", "--role", "pmo", "--export", str(file), "--resume").exit_code == 0
    assert {query["role"] for query in archive.exports} == {"pmo"}


def test_resume_needs_an_export(service: Service) -> None:
    assert run(service, "history", "--resume").exit_code == 2


def test_every_filter_is_sent(service: Service) -> None:
    service.routes[HISTORY] = [Reply(200, {"items": [], "next": None})]
    names = ["project", "actor", "role", "type", "authority", "rule", "source", "correlation", "causation"]
    names += ["since", "until", "known-at"]
    options = [part for name in names for part in (f"--{name}", f"of-{name}")]
    assert run(service, "history", *options).exit_code == 0
    sent = {name.replace("-", "_"): f"of-{name}" for name in names}
    assert service.asked[-1].query == {**sent, "limit": "50", "include": "people"}


def test_denials_tell_which_command_on_which_thing_how_often_and_when(service: Service) -> None:
    items = [
        {
            "person": f"person-{number}",
            "person_role": "pmo",
            "command": "RequestGateReview",
            "on": "project/1",
            "rule": "pmo-does-not-manage-projects",
            "count": 7 * number,
            "first_at": None if number == 3 else f"{THIS_YEAR}-03-02T12:00:00.000000Z",
            "last_at": None if number == 3 else f"{THIS_YEAR}-03-02T12:00:59.000000Z",
        }
        for number in (1, 2, 3)
    ]
    ada = {"person-1": {"status": "known", "name": "Ada"}}
    service.routes["GET /reporting/v1/denials"] = [
        Reply(200, {"items": items[:2], "next": "more", "people": ada}),
        Reply(200, {"items": items[2:], "next": None}),
    ] * 2
    options = ("--person", "somebody", "--project", "1", "--rule", "r", "--known-at", "2026-03-02T12:00:00Z")
    shown = run(service, "denials", *options)
    assert shown.exit_code == 0, shown.output
    sent = {
        "actor": "somebody",
        "project": "1",
        "rule": "r",
        "known_at": "2026-03-02T12:00:00Z",
        "limit": "50",
        "include": "people",
    }
    assert [asked.query for asked in service.asked[-2:]] == [sent, {**sent, "cursor": "more"}]
    lines = [[cell.strip() for cell in line.strip("│").split("│")] for line in shown.output.splitlines() if "│" in line]
    columns = ("first_at", "last_at", "count", "person", "person_role", "command", "on", "rule")
    times = {"first_at": "03-02 12:00:00", "last_at": "03-02 12:00:59"}
    named = [{**items[0], "person": "Ada", **times}, {**items[1], **times}, items[2]]
    assert lines == [["" if item[name] is None else str(item[name]) for name in columns] for item in named]
    lined = run(service, "denials", "--ndjson", "--limit", "3")
    assert [json.loads(line) for line in lined.stdout.splitlines()] == items


LONG = "project-migrated-to-standard"
EVENT = {
    "source": "governance",
    "position": 112,
    "recorded_at": f"{THIS_YEAR}-11-30T18:05:28.170963Z",
    "type": f"mandate.governance.{LONG}.v1",
    "name": LONG,
    "actor": "ann",
    "role": "pmo",
    "project": "0190f3a5-7b1c-7c7e-9f43-000000000001",
    "reason": "The evidence was weighed",
}
DENIAL = {
    "first_at": f"{THIS_YEAR}-11-30T18:05:28.170963Z",
    "last_at": f"{THIS_YEAR}-11-30T18:05:28.170963Z",
    "count": 1,
    "person": "ann",
    "person_role": "pmo",
    "command": "WithdrawCorrectiveAction",
    "on": "project/0190f3a5-7b1c-7c7e-9f43-000000000001",
    "rule": "standard-gives-it-to-the-sponsor",
}


@pytest.mark.parametrize(
    ("command", "item", "whole"),
    [
        ("history", EVENT, ["11-30 18:05:28", LONG]),
        ("denials", DENIAL, ["WithdrawCorrectiveAction", "standard-gives-it-to-the-sponsor"]),
    ],
)
@pytest.mark.parametrize("width", [40, 80])
def test_a_narrow_terminal_cuts_nothing_and_breaks_no_kind_rule_or_command(
    *,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    item: dict[str, Any],
    whole: list[str],
    width: int,
) -> None:
    monkeypatch.setattr(terminal, "console", lambda err=False: Console(stderr=err, width=width))
    people = {"ann": {"status": "known", "name": "Florence Nightingale"}}
    service.routes[f"GET /reporting/v1/{command}"] = [Reply(200, {"items": [item], "people": people})]
    shown = run(service, command).stdout
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    columns = zip(*(line.strip("│").split("│") for line in shown.splitlines() if "│" in line), strict=True)
    texts = ["".join("".join(cells).split()) for cells in columns]
    for word in (*whole, "Florence Nightingale"):
        assert word.replace(" ", "") in texts, shown
        assert width < 80 or word not in whole or f" {word} " in shown, shown


def test_history_tells_the_year_only_where_it_is_not_this_one(service: Service) -> None:
    items = [EVENT, {**EVENT, "recorded_at": "2019-11-30T18:05:28.170963Z"}]
    service.routes[HISTORY] = [Reply(200, {"items": items, "people": {}})]
    shown = run(service, "history").stdout
    assert "│ 11-30 18:05:28 " in shown
    assert "│ 2019-11-30 18:05:28 │" in shown


@pytest.mark.parametrize("command", ["history", "denials"])
def test_a_list_of_nothing_is_a_sentence(service: Service, command: str) -> None:
    service.routes[f"GET /reporting/v1/{command}"] = [Reply(200, {"items": [], "next": None})]
    assert run(service, command).output == "Nothing on record for this filter.\n"
    assert run(service, command, "--ndjson").output == ""


def told(depth: int, position: int, **more: Any) -> dict[str, Any]:
    document = {
        "source": "governance",
        "position": position,
        "name": "gate-decided",
        "actor": "ann",
        "role": "pmo",
        "recorded_at": "2026-03-02T12:00:00.000000Z",
        **more,
    }
    return {"depth": depth, "parent": None, "hidden": False, "document": document}


def test_a_story_is_told_as_a_tree(service: Service) -> None:
    hidden = {"depth": 1, "parent": 1, "hidden": True, "document": None}
    items = [told(0, 7, reason="go\x1b[2J"), hidden, told(2, 8, rule="not-the-next-gate")]
    service.routes["GET /reporting/v1/story"] = [Reply(200, {"items": items, "complete": False})]
    result = run(service, "story", "a-request")
    assert result.exit_code == 0
    first, second, third, more = result.output.splitlines()
    assert first.startswith("governance:7")
    assert '"go?[2J"' in first
    assert second == "   (not yours to see)"
    assert third.startswith("      governance:8")
    assert "refused by not-the-next-gate" in third
    assert "longer" in more
    assert service.asked[-1].query == {"correlation": "a-request", "include": "people"}


def test_a_story_of_which_nothing_is_seen(service: Service) -> None:
    service.routes["GET /reporting/v1/story"] = [Reply(200, {"items": [], "complete": True})]
    assert run(service, "story", "a-request").exit_code == 1
