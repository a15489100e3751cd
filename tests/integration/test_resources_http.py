"""The resource pool over HTTP: registered, loaded, asked for by a PM, committed by the PMO, given and taken back."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.over_http import Product, observer, refused, until
from tests.integration.staffed import REASON, in_inbox, running_project
from tests.services import GOVERNANCE_SERVICE

POOL = "/governance/v1/resources"
LOAD = "/governance/v1/resource-load"
ALLOCATIONS = "/governance/v1/allocations"
TWO_WEEKS = {"starts_on": "2027-03-08", "until": "2027-03-19"}
FIRST, SECOND = "2027-W10", "2027-W11"


async def team(product: Product, hours: str = "40", skill: str = "hydraulics") -> str:
    """A new team with so many hours in each of two weeks."""
    body = {"title": f"Team {uuid.uuid4()}", "skills": [skill, "gis"]}
    id_: str = (await product.give(POOL, body))["id"]
    await product.give(f"{POOL}/{id_}/capacities", {**TWO_WEEKS, "hours_per_week": hours})
    return id_


async def ask(product: Product, project: str, hours: str = "30", persona: str = "pm-1", **of: str) -> str:
    """The PM asks for hours, and the request reaches the inbox."""
    body = {**TWO_WEEKS, "role": "Models the flows", "hours_per_week": hours, **of, **REASON}
    receipt = await product.give(f"/projects/v1/projects/{project}/allocations", body, persona)
    await in_inbox(product, receipt["id"])
    return str(receipt["id"])


async def approve(product: Product, id_: str, persona: str = "pmo-1", **more: str) -> dict[str, Any]:
    return await product.give(f"{ALLOCATIONS}/{id_}/decisions", {"outcome": "approved", **REASON, **more}, persona)


async def load(product: Product, id_: str, persona: str = "pmo-1") -> list[tuple[str, str, str, str]]:
    answer = await product.get(f"{POOL}/{id_}/load?from={FIRST}&until={SECOND}", persona)
    assert answer.status_code == 200, answer.text
    return [(week["week"], week["capacity"], week["committed"], week["over"]) for week in answer.json()["weeks"]]


async def in_project(product: Product, id_: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The allocation as the project holds it, once it is as wanted."""
    found: dict[str, Any] = {}

    async def so() -> bool:
        found.update((await product.get(f"/projects/v1/allocations/{id_}", "pm-1")).json())
        return wanted(found)

    await until(so)
    return found


STORY = ("allocation-requested", "allocation-request-received", "allocation-approved", "allocation-recognised")
RELEASE = ("allocation-released", "release-recognised")
POOLED = ("resource-registered", "capacity-set", "capacity-committed", "capacity-released")


async def in_history(product: Product, *types: str, **of: str) -> bool:
    """Whether documents of all these types have been archived."""
    query = "".join(f"&{name}={value}" for name, value in of.items())
    for type_ in types:
        answer = await product.get(f"/reporting/v1/history?limit=1&type={type_}{query}", "auditor-1")
        if not answer.json()["items"]:
            return False
    return True


@pytest_asyncio.fixture(scope="module")
async def project(product: Product) -> str:
    await product.give("/governance/v1/office/auditors", observer("auditor-1"))
    return await running_project(product)


# --- the pool ---


async def test_the_pool_is_kept_by_the_pmo_and_read_by_everybody_with_a_role(product: Product, project: str) -> None:
    body = {"person": str(uuid.uuid4()), "skills": ["surveying"]}
    refused(await product.post(POOL, body, "pm-1"), 403, "no-right")
    id_ = (await product.give(POOL, body))["id"]
    refused(await product.post(POOL, body, "pmo-2"), 409, "already-registered")
    shown = (await product.get(f"{POOL}/{id_}", "pm-1")).json()
    assert (shown["kind"], shown["person"], shown["skills"]) == ("person", body["person"], ["surveying"])
    listed = await product.get(f"{POOL}?skill=surveying&kind=person&status=active", "officer-1")
    assert [item["id"] for item in listed.json()["items"]] == [id_]
    assert (await product.get(f"{POOL}?skill=unheard-of")).json()["items"] == []
    refused(await product.get(POOL, "stranger"), 403, "no-right")
    await product.give(f"{POOL}/{id_}/leaves", TWO_WEEKS)
    await product.give(f"{POOL}/{id_}/retirements", REASON)
    assert (await product.get(f"{POOL}/{id_}")).json()["status"] == "retired"
    assert (await product.get(f"{POOL}?skill=surveying&status=active")).json()["items"] == []
    refused(await product.post(f"{POOL}/{id_}/leaves", TWO_WEEKS), 409, "resource-retired")


@pytest.mark.parametrize(
    "body",
    [
        {"starts_on": "2027-03-08", "until": "2027-03-01", "hours_per_week": "40"},
        {"starts_on": "2027-03-08", "until": "2047-03-01", "hours_per_week": "40"},
        {**TWO_WEEKS, "hours_per_week": 40},
        {**TWO_WEEKS, "hours_per_week": "10001"},
    ],
)
async def test_capacity_is_checked(product: Product, body: dict[str, Any]) -> None:
    id_ = await team(product)
    refused(await product.post(f"{POOL}/{id_}/capacities", body), 422, "invalid")


@pytest.mark.parametrize("weeks", ["from=2027-W10&until=2027-W09", "from=2027-W99&until=2028-W01", "from=2027-W10"])
async def test_weeks_are_checked(product: Product, weeks: str) -> None:
    refused(await product.get(f"{POOL}/{await team(product)}/load?{weeks}"), 422, "invalid")


async def test_load_is_of_at_most_two_years(product: Product) -> None:
    id_ = await team(product)
    assert len((await product.get(f"{POOL}/{id_}/load?from=2027-W01&until=2028-W52")).json()["weeks"]) == 104
    refused(await product.get(f"{POOL}/{id_}/load?from=2027-W01&until=2029-W01"), 422, "invalid")
    refused(await product.get(f"{LOAD}?week=2027-W99"), 422, "invalid")
    assert (await product.get(f"{LOAD}?week=9999-W52")).status_code == 200


# --- a request from the PM to the answer ---


async def test_an_allocation_travels_there_and_back(product: Product, project: str) -> None:
    id_ = await team(product)
    asked = await ask(product, project, resource=id_)
    item = await in_inbox(product, asked)
    assert (item["kind"], item["about"], item["may_decide"]) == ("allocation", id_, ["pmo"])
    shown = (await product.get(f"/governance/v1/inbox/allocation/{asked}")).json()
    assert (shown["kind"], shown["about"], shown["standard_says"]["decider"]) == ("allocation", id_, "pmo")
    refused(
        await product.post(f"{ALLOCATIONS}/{asked}/decisions", {"outcome": "approved", **REASON}, "pm-1"),
        403,
        "no-right",
    )
    await approve(product, asked)
    held = await in_project(product, asked, lambda found: bool(found["in_force"]))
    assert (held["granted"], held["hours_per_week"], held["status"]) == (id_, "30", "approved")
    await in_inbox(product, asked, "answered")
    assert await load(product, id_, "pm-1") == [(FIRST, "40", "30", "0"), (SECOND, "40", "30", "0")]
    [week, _] = (await product.get(f"{POOL}/{id_}/load?from={FIRST}&until={SECOND}")).json()["weeks"]
    assert week["allocations"] == [{"allocation": asked, "project": project, "hours": "30"}]
    refused(await product.post(f"{POOL}/{id_}/retirements", REASON), 409, "resource-committed")

    release = {"free_from": "2027-03-17", **REASON}
    refused(
        await product.post(f"/projects/v1/allocations/{asked}/releases", release, "pmo-1"),
        403,
        "pmo-does-not-manage-projects",
    )
    await product.give(f"/projects/v1/allocations/{asked}/releases", release, "pm-1")

    async def freed() -> bool:
        return await load(product, id_) == [(FIRST, "40", "30", "0"), (SECOND, "40", "12", "0")]

    await until(freed)
    shown = (await product.get(f"{ALLOCATIONS}/{asked}", "pm-1")).json()
    assert (shown["ended"], shown["free_from"], shown["in_force"]) == ("released", "2027-03-17", False)
    refused(await product.post(f"{ALLOCATIONS}/{asked}/withdrawals", release), 409, "no-allocation-in-force")

    async def archived() -> bool:
        return await in_history(product, *STORY, *RELEASE, project=project) and await in_history(product, *POOLED)

    await until(archived)


async def test_who_is_committed_to_a_project_is_told_to_those_who_see_it(product: Product, project: str) -> None:
    """Others see that the hours are taken, and not by which project; the live feed is no way around it."""
    await running_project(product, "pm-2")
    id_ = await team(product)
    await approve(product, await ask(product, project, resource=id_))
    for persona, told in (("pm-1", [project]), ("auditor-1", [project]), ("pm-2", [])):
        assert (await load(product, id_, persona))[0] == (FIRST, "40", "30", "0")
        [week] = (await product.get(f"{POOL}/{id_}/load?from={FIRST}&until={FIRST}", persona)).json()["weeks"]
        assert [each["project"] for each in week["allocations"]] == told
        shown = (await product.get(f"{POOL}/{id_}", persona)).json()
        assert [each["project"] for each in shown["commitments"]] == told
        listed = (await product.get(f"{LOAD}?week={FIRST}&limit=500", persona)).json()["items"]
        [item] = [each for each in listed if each["id"] == id_]
        assert {name: item[name] for name in week} == week
    assert "resource" not in GOVERNANCE_SERVICE.visibility.framework_streams


async def test_the_pmo_finds_somebody_with_the_skill_and_takes_them_back(product: Product, project: str) -> None:
    surveyors, modellers = await team(product, skill="surveying"), await team(product, skill="modelling")
    asked = await ask(product, project, skill="surveying")
    path = f"{ALLOCATIONS}/{asked}/decisions"
    refused(await product.post(path, {"outcome": "approved", **REASON}), 422, "invalid")
    for resource, sentence in ((modellers, "la compétence surveying"), (str(uuid.uuid4()), "pas dans le pool")):
        body = {"outcome": "approved", "resource": resource, **REASON}
        assert sentence in refused(await product.post(path, body, Accept_Language="fr"), 422, "invalid")["detail"]
    await approve(product, asked, resource=surveyors)
    withdrawal = {"free_from": "2027-03-15", **REASON}
    await product.give(f"{ALLOCATIONS}/{asked}/withdrawals", withdrawal, "pmo-2")
    held = await in_project(product, asked, lambda found: found["ended"] is not None)
    assert (held["ended"], held["free_from"], held["in_force"]) == ("withdrawn", "2027-03-15", False)
    assert await load(product, surveyors) == [(FIRST, "40", "30", "0"), (SECOND, "40", "0", "0")]
    refused(
        await product.post(f"/projects/v1/allocations/{asked}/releases", withdrawal, "pm-1"),
        409,
        "no-allocation-in-force",
    )


async def test_a_rejected_request_commits_nothing(product: Product, project: str) -> None:
    id_ = await team(product)
    asked = await ask(product, project, resource=id_)
    await product.give(f"{ALLOCATIONS}/{asked}/decisions", {"outcome": "rejected", **REASON})
    await in_project(product, asked, lambda found: found["status"] == "rejected")
    assert await load(product, id_) == [(FIRST, "40", "0", "0"), (SECOND, "40", "0", "0")]


async def test_more_than_the_capacity_needs_a_reason_and_is_on_record(product: Product, project: str) -> None:
    id_ = await team(product, "50")
    first, second = [await ask(product, project, resource=id_) for _ in range(2)]
    await approve(product, first)
    body = {"outcome": "approved", **REASON}
    problem = refused(await product.post(f"{ALLOCATIONS}/{second}/decisions", body), 409, "above-capacity")
    assert problem["facts"] == {"weeks": [f"{FIRST} (+10 h)", f"{SECOND} (+10 h)"], "count": 2, "most": "10"}
    assert (await product.get(f"{ALLOCATIONS}/{second}")).json()["status"] == "open", "it can be decided again"
    await approve(product, second, overallocation_reason="The station cannot wait")
    assert await load(product, id_) == [(FIRST, "50", "60", "10"), (SECOND, "50", "60", "10")]
    documents = await product.query("select document from ledger.events where type like '%overallocation-accepted.v1'")
    assert any(b"The station cannot wait" in row[0] and id_.encode() in row[0] for row in documents)


async def test_the_whole_pool_in_one_week_is_what_each_resource_says(product: Product, project: str) -> None:
    skill = f"skill-{uuid.uuid4().hex[:8]}"
    teams = [await team(product, hours, skill) for hours in ("40", "37.5", "10")]
    leave = {"starts_on": "2027-03-10", "until": "2027-03-12"}
    await product.give(f"{POOL}/{teams[0]}/leaves", leave)
    await product.give(f"{POOL}/{teams[1]}/capacities", {**leave, "hours_per_week": "20"})
    asked = [await ask(product, project, "8.25", resource=id_) for id_ in teams]
    for id_ in asked:
        await approve(product, id_)
    before = await product.get(f"{LOAD}?week={FIRST}&skill={skill}")
    first = await product.give(f"{ALLOCATIONS}/{asked[0]}/withdrawals", {"free_from": "2027-03-09", **REASON})
    later = await product.give(f"{ALLOCATIONS}/{asked[1]}/withdrawals", {"free_from": "2027-03-01", **REASON})
    for persona in ("pmo-1", "auditor-1", "officer-1", "pm-1"):
        found = []
        path, cursor = f"{LOAD}?week={FIRST}&skill={skill}&limit=2", ""
        for _ in range(2):
            page = await product.get(path + cursor, persona, Mandate_Consistency=later["consistency"])
            assert page.status_code == 200, page.text
            found += page.json()["items"]
            cursor = f"&cursor={page.json()['next']}"
        assert [item["id"] for item in found] == sorted(teams)
        for item in found:
            [week] = (await product.get(f"{POOL}/{item['id']}/load?from={FIRST}&until={FIRST}")).json()["weeks"]
            assert {name: item[name] for name in week} == week
    hours = {item["id"]: (item["capacity"], item["committed"]) for item in found}
    assert hours == {teams[0]: ("16", "1.65"), teams[1]: ("27", "0"), teams[2]: ("10", "8.25")}
    known_at = (await product.event(first["position"]))["time"]
    assert [item["committed"] for item in before.json()["items"]] == ["8.25"] * 3
    past = await product.get(f"{LOAD}?week={FIRST}&skill={skill}&known_at={known_at}")
    assert past.status_code == 200, past.text
    then = {item["id"]: item["committed"] for item in past.json()["items"]}
    assert then == {teams[0]: "1.65", teams[1]: "8.25", teams[2]: "8.25"}, "as of the first withdrawal"


async def test_what_a_project_that_ended_was_given_is_free_for_others(product: Product) -> None:
    """The gate is decided while the request waits: the allocation comes too late, and the inbox says so."""
    ended = await running_project(product)
    id_ = await team(product)
    asked = await ask(product, ended, resource=id_)
    evidence = [{"title": "Business case", "sha256": "9f" * 32}]
    await product.give(
        f"/projects/v1/projects/{ended}/gate-reviews", {"gate": "gate-1", "evidence": evidence, **REASON}, "pm-1"
    )
    review = ""

    async def opened() -> bool:
        nonlocal review
        items = (await product.get(f"/governance/v1/gate-reviews?project={ended}")).json()["items"]
        review = items[0]["id"] if items else ""
        return bool(review)

    await until(opened)
    await product.give(f"/governance/v1/gate-reviews/{review}/decisions", {"outcome": "kill", **REASON}, "pmo-2")

    async def terminated() -> bool:
        return bool((await product.get(f"/projects/v1/projects/{ended}")).json()["status"] == "terminated")

    await until(terminated)
    await approve(product, asked)
    item = await in_inbox(product, asked, "answered")
    assert item["answer"] == "not applied: project-terminated"
    assert await load(product, id_) == [(FIRST, "40", "0", "0"), (SECOND, "40", "0", "0")]
