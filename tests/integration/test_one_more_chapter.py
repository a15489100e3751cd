"""One more chapter in the list of a service, and everything that knows the things of a service knows its things."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio

import api_documents
from mandate_events.ledger.engine import create_engine
from mandate_events.views.building import build
from mandate_events.views.comparing import compare, standings
from mandate_local.product import SERVICES
from mandate_replay import replay
from mandate_replay.export import Checked, documents
from mandate_web.chapters.explain import explained
from tests.fixtures.quality.chapter import CHAPTER as QUALITY
from tests.integration.over_http import Product, founded_product, observer, person, refused, until
from tests.integration.staffed import running_project

PROJECTS: Final = replace(SERVICES[1], chapters=[*SERVICES[1].chapters, QUALITY])
"""The service as it is with one more chapter in its list."""

P = "/projects/v1"
PLAN = {"title": "Fewer floods", "measure": "Flooded streets in a year", "target": "12.5", "due_on": "2028-06-30"}
EARLY = {"title": "Less noise", "measure": "Decibels", "target": "-3", "due_on": "2027-01-31"}
CONFIRM = {"measured": "11", "reason": "Counted after the storm of May"}


@dataclass(frozen=True, slots=True)
class Told:
    """Two benefits of a project, of which one was confirmed; and what was answered before and after."""

    product: Product
    project: str
    benefit: str
    early: str
    before: str
    """The instant between plan and confirmation."""
    answers: dict[str, tuple[Any, Any]]
    """Of that instant and of the end: the thing, and the list."""
    may: dict[str, tuple[Any, Any]]
    """What the PM, and the sponsor, could do with the thing then."""

    @property
    def list_(self) -> str:
        return f"{P}/projects/{self.project}/benefits"

    @property
    def thing(self) -> str:
        return f"{P}/benefits/{self.benefit}"


async def given(product: Product, path: str, body: dict[str, Any], persona: str) -> dict[str, str]:
    """What makes a list wait until it has seen the command."""
    receipt = await product.give(path, body, persona)
    return {"id": receipt["id"], "Mandate_Consistency": receipt["consistency"]}


async def shown(product: Product, *paths: str, **headers: str) -> tuple[Any, Any]:
    one, other = [(await product.get(path, "pm-1", **headers)).raise_for_status().json() for path in paths]
    one.pop("allowed", None)  # the past has none
    return one, other


async def offered(product: Product, path: str) -> tuple[Any, Any]:
    one, other = [(await product.get(path, persona)).json()["allowed"] for persona in ("pm-1", "sponsor-1")]
    return one, other


@pytest_asyncio.fixture(scope="module")
async def product() -> AsyncIterator[Product]:
    async with founded_product([PROJECTS if each.name == PROJECTS.name else each for each in SERVICES]) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def told(product: Product) -> AsyncIterator[Told]:
    project = await running_project(product)
    path = f"{P}/projects/{project}/benefits"
    first = await given(product, path, PLAN, "pm-1")
    second = await given(product, path, EARLY, "pm-1")
    thing = f"{P}/benefits/{first['id']}"
    seen = {"Mandate_Consistency": second["Mandate_Consistency"], "Prefer": "wait=20"}
    planned = await shown(product, thing, path, **seen)
    may = {"planned": await offered(product, thing)}
    [[now]] = await product.query("select clock_timestamp()")
    await asyncio.sleep(0.3)  # the service's clock is behind the database's by what an answer takes
    last = await given(product, f"{thing}/confirmations", CONFIRM, "sponsor-1")
    confirmed = await shown(product, thing, path, Mandate_Consistency=last["Mandate_Consistency"], Prefer="wait=20")
    may["confirmed"] = await offered(product, thing)
    before = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    answers = {"planned": planned, "confirmed": confirmed}
    yield Told(product, project, first["id"], second["id"], before, answers, may)


# --- over HTTP ---


def test_it_is_told_as_it_was_planned_and_confirmed(told: Told) -> None:
    planned, confirmed = told.answers["planned"][0], told.answers["confirmed"][0]
    by = {"planned_by": person("pm-1"), "measured": None, "confirmed_by": None}
    assert planned == {"id": told.benefit, "project": told.project, **PLAN, "status": "planned", **by}
    assert confirmed == planned | {"status": "confirmed", "measured": "11", "confirmed_by": person("sponsor-1")}


async def test_a_projects_benefits_are_sorted_by_their_day_and_asked_for_by_status(told: Told) -> None:
    assert [item["id"] for item in told.answers["confirmed"][1]["items"]] == [told.early, told.benefit]
    assert told.answers["confirmed"][1]["items"][1] == told.answers["confirmed"][0]
    for status, ids in (("planned", [told.early]), ("confirmed", [told.benefit])):
        listed = (await told.product.get(f"{told.list_}?status={status}")).json()["items"]
        assert [item["id"] for item in listed] == ids
    refused(await told.product.get(f"{told.list_}?status=lost"), 422, "invalid")


async def test_a_projects_benefits_are_told_page_by_page(told: Told) -> None:
    page = (await told.product.get(f"{told.list_}?limit=1")).json()
    rest = await told.product.get(f"{told.list_}?limit=1&cursor={page['next']}")
    assert rest.status_code == 200, rest.text
    assert [item["id"] for item in (*page["items"], *rest.json()["items"])] == [told.early, told.benefit]


def test_what_may_be_done_with_it_is_offered_to_who_may(told: Told) -> None:
    href, schema = f"{told.thing}/confirmations", "/projects/openapi.json#/components/schemas/ConfirmBenefit"
    confirm = {"command": "ConfirmBenefit", "method": "POST", "href": href, "body_schema": schema, "if_match": '"1"'}
    assert told.may == {"planned": ([], [confirm]), "confirmed": ([], [])}


async def test_planning_one_is_offered_with_the_project(told: Told) -> None:
    for persona, may in (("pm-1", True), ("sponsor-1", False), ("pmo-1", False)):
        offers = (await told.product.get(f"{P}/projects/{told.project}", persona)).json()["allowed"]
        assert (told.list_ in {each["href"] for each in offers if each["command"] == "PlanBenefit"}) is may


async def test_a_list_tells_what_may_be_done_and_who_they_are_and_how_many_there_are(told: Told) -> None:
    query = f"{told.list_}?include=allowed,people&count=true&q=NOISE&sort=-title"
    listed = (await told.product.get(query, "sponsor-1")).json()
    [item] = listed["items"]
    assert (item["id"], listed["total"]) == (told.early, 1)
    assert [each["command"] for each in item["allowed"]] == ["ConfirmBenefit"]
    assert listed["people"].keys() == {person("pm-1")}
    both = (await told.product.get(f"{told.list_}?status=planned,confirmed&count=true&limit=1")).json()
    assert (len(both["items"]), both["total"]) == (1, 2)
    none = (await told.product.get(f"{told.list_}?q=%25", "pm-1")).json()
    assert none["items"] == [], "what is searched for is no pattern"
    refused(await told.product.get(f"{told.list_}?include=allowed&known_at={told.before}"), 422, "invalid")


async def test_a_list_waits_for_what_another_service_decided(told: Told) -> None:
    """A receipt of governance makes a list of projects wait until that was heard, and what followed is seen."""
    receipt = await told.product.give("/governance/v1/office/observers", observer())
    asked = {"Mandate_Consistency": receipt["consistency"], "Prefer": "wait=20"}
    listed = await told.product.get(f"{P}/projects", "pm-1", **asked)
    assert listed.status_code == 200, listed.text
    source, _, position = receipt["consistency"].partition(":")
    seen = dict(each.strip().split(":") for each in listed.headers["mandate-position"].split(","))
    assert int(seen[source]) >= int(position)
    ahead = {"Mandate_Consistency": "governance:999999", "Prefer": "wait=0"}
    refused(await told.product.get(f"{P}/projects", "pm-1", **ahead), 503, "projection-behind")


async def test_who_is_not_on_the_project_sees_none(told: Told) -> None:
    for path in (told.thing, told.list_):
        assert (await told.product.get(path, "pm-2")).status_code in {403, 404}
        assert (await told.product.get(path, "officer-1")).status_code == 200


async def test_who_may_and_how_often(told: Told) -> None:
    product = told.product
    refused(await product.post(told.list_, PLAN, "pmo-1"), 403, "pmo-does-not-manage-projects")
    refused(await product.post(told.list_, PLAN, "sponsor-1"), 403, "no-right")
    refused(await product.post(told.list_, {**PLAN, "target": 12.5}, "pm-1"), 422, "invalid")
    refused(await product.post(f"{told.thing}/confirmations", CONFIRM, "pm-1"), 403, "no-right")
    refused(await product.post(f"{told.thing}/confirmations", {"measured": "11"}, "sponsor-1"), 422, "invalid")
    again = await product.post(f"{told.thing}/confirmations", CONFIRM, "sponsor-1", Accept_Language="fr")
    assert refused(again, 409, "benefit-already-confirmed")["detail"] == "le bénéfice a déjà été confirmé"


async def test_a_sponsor_who_planned_it_as_pm_does_not_confirm_it(product: Product) -> None:
    project = await running_project(product)
    benefit = await product.give(f"{P}/projects/{project}/benefits", PLAN, "pm-1")
    handover = {"handover": "All files, in one session"}
    to = f"/governance/v1/projects/{project}"
    await product.give(f"{to}/manager-replacements", {**observer("pm-2"), **handover})
    await product.give(f"{to}/sponsor-replacements", observer("pm-1"))

    async def recognised() -> bool:
        held = (await product.get(f"{P}/me", "pm-1")).json()["mandates"]
        return any(each["role"] == "sponsor" and each["project"] == project for each in held)

    await until(recognised)
    path = f"{P}/benefits/{benefit['id']}/confirmations"
    refused(await product.post(path, CONFIRM, "pm-1"), 403, "confirmer-is-planner")


# --- what knows it without being told ---


def test_openapi_describes_it() -> None:
    document = api_documents.document(PROJECTS)
    for path, method, operation in (
        ("/v1/projects/{id}/benefits", "post", "planBenefit"),
        ("/v1/projects/{id}/benefits", "get", "listBenefits"),
        ("/v1/benefits/{id}", "get", "getBenefit"),
        ("/v1/benefits/{id}/confirmations", "post", "confirmBenefit"),
    ):
        assert document["paths"][path][method]["operationId"] == operation
    asked = {each["name"] for each in document["paths"]["/v1/projects/{id}/benefits"]["get"]["parameters"]}
    assert {"status", "limit", "cursor", "known_at"} <= asked


async def test_the_table_of_rights_tells_who_may(told: Told) -> None:
    rows = (await told.product.get(f"{P}/decision-rights")).json()["rights"]
    allowed = {row["command"]: (row["roles"], list(row["unless"])) for row in rows if row["effect"] == "allow"}
    assert allowed["PlanBenefit"] == (["project_manager"], [])
    assert allowed["ConfirmBenefit"] == (["sponsor"], ["confirmer-is-planner"])
    denied = [row["rule"] for row in rows if row["effect"] == "deny" and row["command"] == "PlanBenefit"]
    assert denied == ["pmo-does-not-manage-projects"]


def test_it_is_explained() -> None:
    told = "\n".join(explained(PROJECTS.house, QUALITY))
    for line in (
        "benefit/<id>, told as BenefitPage",
        "ConfirmBenefit -> BenefitConfirmed",
        "benefits (views.benefits)",
    ):
        assert line in told


async def test_the_past_of_thing_and_list_is_answered_as_it_was(told: Told) -> None:
    for known_at, then in ((told.before, "planned"), (datetime.now(UTC).isoformat()[:-6] + "Z", "confirmed")):
        paths = (f"{told.thing}?known_at={known_at}", f"{told.list_}?known_at={known_at}")
        assert await shown(told.product, *paths) == told.answers[then], then
    filtered = await told.product.get(f"{told.list_}?status=confirmed&known_at={told.before}")
    assert filtered.json()["items"] == []


@pytest.mark.parametrize("then", ["planned", "confirmed"])
async def test_replay_tells_thing_and_list_from_the_documents_alone(
    told: Told, then: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "SERVICES", {"projects": PROJECTS})
    monkeypatch.setattr(replay, "LISTS", dict(replay.lists({"projects": PROJECTS})))
    export = tmp_path / "history.ndjson"
    connection = await asyncpg.connect(told.product.postgres.dsn("projects"))
    rows = await connection.fetch("select document from ledger.events order by position")
    await connection.close()
    export.write_bytes(b"\n".join(row[0] for row in rows))
    until_ = datetime.fromisoformat(told.before) if then == "planned" else None
    checked = Checked()
    thing = replay.thing(documents([export], checked, until_), checked, "projects", f"benefit/{told.benefit}")
    assert thing == told.answers[then][0]
    checked = Checked()
    listed = replay.rows(documents([export], checked, until_), checked, "benefits", "projects")
    ours = {row["id"]: row for row in listed if row["project"] == told.project}
    assert ours == {item["id"]: item for item in told.answers[then][1]["items"]}


async def test_its_list_is_what_a_fresh_one_is(told: Told) -> None:
    engine = create_engine(told.product.postgres.dsn("projects"))
    try:
        await build(engine, PROJECTS.lists)
        compared = await compare(engine, PROJECTS.lists)
        assert "benefits" in {each.table for each in compared}
        assert all(each.differ == 0 for each in compared)
        assert all(each.parked == 0 for each in await standings(engine, PROJECTS.lists))
    finally:
        await engine.dispose()


async def live(product: Product, persona: str, project: str) -> list[str]:
    """The events of the project that a person sees, as names."""
    names, path = [], f"{P}/events?after=0&project={project}"
    async with product.http.stream("GET", path, headers=await product.as_(persona)) as answer:
        assert answer.status_code == 200
        lines = answer.aiter_lines()
        with suppress(TimeoutError):
            while line := await asyncio.wait_for(anext(lines), 1.5) or " ":
                if line.startswith("event:"):
                    names.append(line.split(".")[2])
    return names


async def test_it_is_seen_live_by_those_on_the_project_and_of_the_office(told: Told) -> None:
    for persona in ("pm-1", "sponsor-1", "officer-1", "pmo-1"):
        names = await live(told.product, persona, told.project)
        assert [name for name in names if name.startswith("benefit-")] == [
            "benefit-planned",
            "benefit-planned",
            "benefit-confirmed",
        ], persona
    assert await live(told.product, "pm-2", told.project) == []
