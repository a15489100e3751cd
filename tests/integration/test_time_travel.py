"""Time travel over HTTP: what is answered of an instant is what was answered at that instant, in all services."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from governance.appointments.appointment import APPOINTMENT
from governance.main import GOVERNANCE
from mandate_events.ledger.store import Store
from tests.integration.over_http import OFFICE, PROPOSALS, REVIEWS, Product, observer, person, proposal, refused, until

SERVICES = ("governance", "projects", "reporting")
STORY = (
    "founded",
    "published",
    "proposed",
    "authorised",
    "managed",
    "requested",
    "decided",
    "replaced",
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was answered at an instant: path to (status, version, body), and how long each ledger was."""

    at: datetime
    answers: Mapping[str, tuple[int, str, Any]]
    ends: Mapping[str, int]

    @property
    def known_at(self) -> str:
        return self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Told:
    """The story of one project, with a snapshot after each step."""

    product: Product
    project: str
    paths: Sequence[str]
    snapshots: Mapping[str, Snapshot]


async def fetch(product: Product, service: str, sql: str) -> "list[asyncpg.Record]":
    connection = await asyncpg.connect(product.postgres.dsn(service))
    try:
        rows: list[asyncpg.Record] = await connection.fetch(sql)
        return rows
    finally:
        await connection.close()


async def ends(product: Product) -> dict[str, int]:
    return {
        service: (await fetch(product, service, "select coalesce(max(position), 0) from ledger.events"))[0][0]
        for service in SERVICES
    }


async def at_rest(product: Product) -> dict[str, int]:
    """Wait until everybody has heard of everything and nothing follows from it; returns the ends of the ledgers."""
    last: dict[str, int] = {}

    async def nothing_moves() -> bool:
        nonlocal last
        before, last = last, await ends(product)
        seen = [row for service in SERVICES for row in await fetch(product, service, CURSORS)]
        return before == last and all(row["sequence"] == last[row["source"]] for row in seen)

    await until(nothing_moves)
    return last


CURSORS = "select source, sequence from ledger.cursors where consumer in ('views', 'policies')"


def shown(answer: Any) -> tuple[int, str, Any]:
    body = answer.json()
    body.pop("next", None)  # a cursor belongs to the moment that was asked for
    body.pop("allowed", None)  # what may be done is told of now alone
    version, _, _ = answer.headers.get("etag", "").strip('"').partition("-")
    return answer.status_code, version, body


async def snapshot(product: Product, paths: Sequence[str]) -> Snapshot:
    lengths = await at_rest(product)
    [[now]] = await product.query("select clock_timestamp()")
    return Snapshot(now, {path: shown(await product.get(path)) for path in paths}, lengths)


def paths_of(project: str) -> list[str]:
    return [
        "/governance/v1/office",
        "/governance/v1/standards/delivery",
        "/governance/v1/proposals?limit=2",
        "/governance/v1/proposals?status=authorised",
        f"/governance/v1/proposals/{project}",
        f"/governance/v1/projects/{project}/appointments",
        "/governance/v1/gate-reviews?status=open",
        "/governance/v1/gate-reviews",
        "/governance/v1/me",
        "/governance/v1/decision-rights",
        f"/projects/v1/projects/{project}",
        "/projects/v1/me",
        "/projects/v1/decision-rights",
        "/reporting/v1/portfolio?sort=-budget,reference",
        "/reporting/v1/portfolio?status=active&limit=1",
        f"/reporting/v1/projects/{project}",
        "/reporting/v1/history?limit=30",
        "/reporting/v1/denials",
        "/reporting/v1/me",
    ]


@pytest_asyncio.fixture(scope="module")
async def told(product: Product) -> AsyncIterator[Told]:
    first = await product.give(PROPOSALS, proposal("T-1"), "pmo-2")
    project = first["id"]
    paths = paths_of(project)
    taken = {"founded": await snapshot(product, paths)}
    reason = {"reason": "It is time"}

    async def then(step: str) -> None:
        taken[step] = await snapshot(product, paths)

    await product.give("/governance/v1/standards/delivery/publications", {"version": 1, **reason}, "pmo-2")
    await then("published")
    for reference in ("T-2", "T-3"):
        await product.give(PROPOSALS, proposal(reference), "pmo-2")
    await then("proposed")
    terms = {"standard": "delivery@1", "budget": {"amount": "10.00", "currency": "AUD"}, **reason}
    [path, *_] = (await product.get("/governance/v1/standards/delivery")).json()["versions"][0]["paths"]
    await product.give(f"{PROPOSALS}/{project}/authorisations", {**terms, "gate_path": path["id"]})
    await then("authorised")
    manager = {"person": person("pm-1"), **reason}
    await product.give(f"/governance/v1/projects/{project}/managers", manager)
    await product.post(f"{PROPOSALS}/{project}/authorisations", {**terms, "gate_path": path["id"]}, "stranger")
    await then("managed")
    evidence = [{"title": "Case", "sha256": "0" * 64}]
    asked = {"gate": path["phases"][0]["gate"]["id"], "evidence": evidence, **reason}
    await product.give(f"/projects/v1/projects/{project}/gate-reviews", asked, "pm-1")
    await then("requested")
    [review] = (await product.get(f"{REVIEWS}?status=open")).json()["items"]
    await product.give(f"{REVIEWS}/{review['id']}/decisions", {"outcome": "go", **reason})
    await then("decided")
    replaced = {"person": person("pm-2"), "handover": "All files, to pm-2 in one session", **reason}
    await product.give(f"/governance/v1/projects/{project}/manager-replacements", replaced)
    await then("replaced")
    yield Told(product, project, paths, taken)


def asking(path: str, known_at: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}known_at={known_at}"


@pytest.mark.parametrize("step", STORY)
async def test_the_past_is_answered_as_it_was_then(told: Told, step: str) -> None:
    taken = told.snapshots[step]
    for path in told.paths:
        answer = await told.product.get(asking(path, taken.known_at))
        assert shown_alike(answer, taken.answers[path]), (step, path)
        if answer.status_code == 200:
            whole_seconds = taken.at.replace(microsecond=0)
            assert parsedate_to_datetime(answer.headers["memento-datetime"]) == whole_seconds, path
            original, _, relation = answer.headers["link"].partition("; ")
            assert relation == 'rel="original"'
            assert shown(await told.product.get(original.strip("<>"))) == shown(await told.product.get(path))


def shown_alike(answer: Any, then: tuple[int, str, Any]) -> bool:
    status, tag, body = shown(answer)
    return (status, tag) == then[:2] and (status != 200 or body == then[2])


def test_the_story_is_one(told: Told) -> None:
    """Otherwise the comparison above would prove nothing."""
    for one, other in pairwise(told.snapshots.values()):
        assert one.answers != other.answers
    statuses = [each.answers[f"/reporting/v1/projects/{told.project}"][2]["status"] for each in told.snapshots.values()]
    assert statuses == ["proposed", "proposed", "proposed", *["active"] * 5]
    assert told.snapshots["authorised"].answers[f"/governance/v1/projects/{told.project}/appointments"][0] == 404
    assert len(told.snapshots["requested"].answers["/governance/v1/gate-reviews?status=open"][2]["items"]) == 1


async def test_an_answer_names_how_much_of_each_ledger_it_rests_on(told: Told) -> None:
    for taken in told.snapshots.values():
        answer = await told.product.get(asking("/reporting/v1/portfolio", taken.known_at))
        cuts = dict(part.strip().split(":") for part in answer.headers["mandate-position"].split(","))
        assert {name: int(cut) for name, cut in cuts.items()} == taken.ends
        for path in ("/governance/v1/proposals", "/governance/v1/office"):
            answer = await told.product.get(asking(path, taken.known_at))
            assert answer.headers["mandate-position"] == f"governance:{taken.ends['governance']}"
    present = await told.product.get("/governance/v1/office")
    assert present.headers["mandate-position"] == f"governance:{await told.product.recorded()}"
    assert "memento-datetime" not in present.headers


async def test_pages_of_the_past_follow_one_another_and_fit_no_other_moment(told: Told) -> None:
    proposed, later = told.snapshots["proposed"], told.snapshots["replaced"]
    for path in ("/governance/v1/proposals?limit=1", "/reporting/v1/portfolio?limit=1&sort=-title,reference"):
        whole = (await told.product.get(asking(path.replace("limit=1", "limit=9"), proposed.known_at))).json()["items"]
        items: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            page = (await told.product.get(asking(path, proposed.known_at) + more)).json()
            items, cursor = items + page["items"], page["next"]
        assert len(items) == 3
        assert items == whole
        first = (await told.product.get(asking(path, proposed.known_at))).json()["next"]
        refused(await told.product.get(f"{asking(path, later.known_at)}&cursor={first}"), 422, "cursor-mismatch")


async def test_before_the_beginning_there_is_nothing(told: Told) -> None:
    long_ago = "1999-12-31T23:59:59Z"
    for path, (status, _, body) in told.snapshots["replaced"].answers.items():
        assert status == 200
        answer = await told.product.get(asking(path, long_ago))
        if "items" in body:
            assert answer.json()["items"] == [], path
        elif path.endswith("/v1/me"):
            assert answer.json()["mandates"] == [], path
        else:
            refused(answer, 404, "not-found")


@pytest.mark.parametrize(
    "known_at",
    [
        "2999-01-01T00:00:00Z",
        "yesterday",
        "2026-03-02",
        "1700000000",
        "2026-03-02T12:00:00",
        "2026-13-02T12:00:00Z",
        "2026-03-02T12:00:00 02:00",
        "9999-12-31T23:59:59-14:00",
        "",
    ],
)
async def test_instants_that_are_none_or_not_yet(told: Told, known_at: str) -> None:
    for path in ("/governance/v1/office", "/governance/v1/proposals", "/reporting/v1/portfolio", "/projects/v1/me"):
        problem = refused(await told.product.get(asking(path, known_at)), 422, "invalid")
        assert problem["errors"][0]["pointer"] == "?known_at"


async def test_any_time_zone_is_understood(told: Told) -> None:
    taken = told.snapshots["proposed"]
    there = (taken.at + timedelta(hours=10)).strftime("%Y-%m-%dT%H:%M:%S.%f%%2B10:00")
    path = "/reporting/v1/portfolio?sort=-budget,reference"
    assert shown_alike(await told.product.get(asking(path, there)), taken.answers[path])


async def test_the_past_is_read_under_the_mandates_of_today(told: Told) -> None:
    """Who runs the project now sees what it was before; who ran it then sees nothing any more."""
    authorised = told.snapshots["authorised"]
    for path in (f"/projects/v1/projects/{told.project}", f"/reporting/v1/projects/{told.project}"):
        now = await told.product.get(asking(path, authorised.known_at), "pm-2")
        assert (now.status_code, now.json()["status"]) == (200, "active")
        assert (await told.product.get(asking(path, authorised.known_at), "pm-1")).status_code == 403
    [mine] = (await told.product.get(asking("/reporting/v1/portfolio", authorised.known_at), "pm-2")).json()["items"]
    assert (mine["id"], mine["manager"]) == (told.project, None)


async def test_the_version_of_then_is_not_sent_twice(told: Told) -> None:
    path = asking(f"/governance/v1/proposals/{told.project}", told.snapshots["proposed"].known_at)
    first = await told.product.get(path)
    again = await told.product.get(path, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.headers["etag"]) == (304, first.headers["etag"])
    assert again.headers["memento-datetime"]


async def test_the_past_stays_as_it_is_while_people_go_on(told: Told) -> None:
    """An answer names its cuts; while nothing was recorded between, it is the same for ever."""
    taken = told.snapshots["decided"]
    paths = [path for path in told.paths if "history" not in path]

    async def go_on() -> None:
        for _ in range(20):
            await told.product.give(f"{OFFICE}/observers", observer())
            await told.product.give(PROPOSALS, proposal())

    async def look() -> None:
        for _ in range(3):
            for path in paths:
                assert shown_alike(await told.product.get(asking(path, taken.known_at)), taken.answers[path]), path

    await asyncio.gather(go_on(), look(), look())


# --- business dates ---


async def test_who_held_a_post_at_the_end_of_a_day(told: Told) -> None:
    path = f"/governance/v1/projects/{told.project}/appointments"
    today, yesterday = told.snapshots["founded"].at.date(), told.snapshots["founded"].at.date() - timedelta(days=1)
    assert (await told.product.get(f"{path}?as_of={today}")).json()["manager"] == person("pm-2")
    then = asking(f"{path}?as_of={today}", told.snapshots["decided"].known_at)
    assert (await told.product.get(then)).json()["manager"] == person("pm-1")
    refused(await told.product.get(f"{path}?as_of={yesterday}"), 404, "not-found")
    for service in SERVICES:
        me = f"/{service}/v1/me?as_of="
        assert (await told.product.get(f"{me}{today}")).json()["mandates"][0]["role"] == "pmo"
        assert (await told.product.get(f"{me}{yesterday}")).json()["mandates"] == []
        assert (await told.product.get(f"{me}9998-12-31")).json()["mandates"], "what is not dated back holds on"


async def test_what_had_happened_before_a_midnight(told: Told) -> None:
    """Days are long; the fold is asked for the very moments between two appointments."""
    async with Store(GOVERNANCE, told.product.postgres.dsn("governance")) as store:
        whole = await store.reader.fold_at(APPOINTMENT, told.project, None)
        assert (whole.state.manager, whole.version) == (person("pm-2"), 2)
        then = await store.reader.fold_at(APPOINTMENT, told.project, None, told.snapshots["decided"].at)
        assert (then.state.manager, then.version) == (person("pm-1"), 1)
        nothing = await store.reader.fold_at(
            APPOINTMENT, told.project, datetime.now(UTC), datetime(2020, 1, 1, tzinfo=UTC)
        )
        assert (nothing.state, nothing.version) == (None, 0)


@pytest.mark.parametrize("as_of", ["tomorrow", "2026-02-30", "2026-03-02T00:00:00Z", "1700000000", "9999-12-31", ""])
async def test_days_that_are_none(told: Told, as_of: str) -> None:
    for path in (f"/governance/v1/projects/{told.project}/appointments", "/reporting/v1/me"):
        problem = refused(await told.product.get(f"{path}?as_of={as_of}"), 422, "invalid")
        assert problem["errors"][0]["pointer"] == "?as_of"
