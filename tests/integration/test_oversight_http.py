"""Oversight over HTTP: figures with thresholds, and a compliance review across both services."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from tests.integration.over_http import Product, person, refused, until
from tests.integration.test_catalogue_http import G, P, authorised, first, recorded

DUE = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
SHA = "ab" * 32


@pytest_asyncio.fixture(scope="module")
async def project(product: Product) -> AsyncIterator[str]:
    yield await first(product)


# --- figures ---


async def kpi(product: Product, **more: Any) -> str:
    name = f"satisfaction-{uuid.uuid4().hex[:8]}"
    about = {"title": "Satisfaction", "unit": "points", "direction": "higher-is-better", "computed": False}
    await product.give(f"{G}/kpis/{name}/definitions", {**about, **more, "reason": "Asked of users"})
    return name


async def test_a_value_in_red_is_a_breach_of_the_threshold_of_the_projects_standard(
    product: Product, project: str
) -> None:
    name = await kpi(product)
    bounds = {"green": "4.0", "amber": "3.0", "reason": "As before"}
    refused(await product.post(f"{G}/kpis/{name}/thresholds", bounds, "pm-1"), 403, "no-right")
    await product.give(f"{G}/kpis/{name}/thresholds", bounds)
    own = {**bounds, "standard": "delivery@1", "amber": "2.0"}
    await product.give(f"{G}/kpis/{name}/thresholds", own)
    shown = (await product.get(f"{G}/kpis/{name}", "pm-1")).json()
    assert [each["standard"] for each in shown["thresholds"]] == [None, "delivery@1"]
    assert name in {item["id"] for item in (await product.get(f"{G}/kpis?limit=500")).json()["items"]}

    for value in ("2.5", "1.9"):
        body = {"project": project, "period": "2026-Q1", "value": value, "reason": "Survey"}
        await product.give(f"{G}/kpis/{name}/measurements", body, "officer-1")
    measured = (await product.get(f"{G}/kpis/{name}/measurements/{project}", "pm-1")).json()
    assert [(each["value"], each["colour"]) for each in measured["periods"]] == [("1.9", "red")]
    breaches = (await product.get(f"{G}/breaches?project={project}&kpi={name}", "officer-1")).json()["items"]
    assert [(each["value"], each["threshold"], each["standard"]) for each in breaches] == [("1.9", "2.0", "delivery@1")]
    assert breaches[0]["measured_by"] == person("officer-1")
    stream = f"kpi-measurement/{name}.{project}"
    for type_ in ("kpi-measured", "threshold-breached"):
        assert stream in await recorded(product, type_)


async def test_what_is_measured_of_the_office_is_the_pmos(product: Product, project: str) -> None:
    name = await kpi(product)
    body = {"period": "2026", "value": "4.2"}
    refused(await product.post(f"{G}/kpis/{name}/measurements", body, "officer-1"), 403, "no-right")
    await product.give(f"{G}/kpis/{name}/measurements", body)
    shown = (await product.get(f"{G}/kpis/{name}/measurements/office")).json()
    assert (shown["project"], shown["periods"][0]["colour"]) == (None, None)
    assert (await product.get(f"{G}/kpis/{name}/measurements/office", "pm-1")).status_code == 404
    refused(await product.post(f"{G}/kpis/{name}/measurements", {**body, "value": "4.3"}), 422, "invalid")


async def test_nobody_types_what_the_system_computes(product: Product, project: str) -> None:
    name = await kpi(product, computed=True, formula="earned / planned value")
    body = {"project": project, "period": "2026-Q1", "value": "1.0"}
    for who in ("officer-1", "pmo-1"):
        refused(await product.post(f"{G}/kpis/{name}/measurements", body, who), 403, "kpi-is-computed")
    assert f"denial/{person('officer-1')}" in await recorded(product, "command-denied", "&rule=kpi-is-computed")


# --- compliance reviews ---


async def test_a_finding_is_corrected_in_the_project_and_closed_by_another(product: Product, project: str) -> None:
    begin = {"title": "Procurement", "controls": ["tender"], "reason": "Half-yearly"}
    for who in ("pm-1", "officer-1"):
        refused(await product.post(f"{G}/projects/{project}/compliance-reviews", begin, who), 403, "no-right")
    opened = await product.give(f"{G}/projects/{project}/compliance-reviews", begin)
    review = f"{G}/compliance-reviews/{opened['id']}"
    finding = {"control": "tender", "severity": "major", "text": "One offer only", "reason": "Seen in the files"}
    refused(await product.post(f"{review}/findings", {**finding, "control": "other"}), 422, "invalid")
    await product.give(f"{review}/findings", finding)
    require = {"finding": 1, "action": "Invite two more", "owner": person("pm-1"), "due_on": DUE, "reason": "The rule"}
    await product.give(f"{review}/corrective-actions", require)
    close = {"finding": 1, "reason": "Three offers are there"}
    refused(await product.post(f"{review}/finding-closures", close, "pmo-2"), 409, "corrective-action-unreported")
    refused(await product.post(f"{review}/closures", {"reason": "Done"}, "pmo-2"), 409, "findings-open")

    action = (await product.get(review, "pm-1")).json()["corrective_actions"][0]["id"]
    there = f"{P}/corrective-actions/{action}"

    async def arrived() -> bool:
        return (await product.get(there, "pm-1")).status_code == 200

    await until(arrived)
    report = {"evidence": [{"title": "Offers", "sha256": SHA}], "reason": "Three offers are there"}
    refused(await product.post(f"{there}/reports", report, "pmo-1"), 403, "pmo-does-not-manage-projects")
    refused(await product.post(f"{there}/reports", report, "officer-1"), 403, "no-right")
    await product.give(f"{there}/reports", report, "pm-1")
    refused(await product.post(f"{there}/reports", report, "pm-1"), 409, "already-reported")
    assert (await product.get(there)).json()["status"] == "reported"

    async def reported() -> bool:
        return bool((await product.get(review)).json()["corrective_actions"][0]["reported_by"])

    await until(reported)
    shown = (await product.get(review)).json()["corrective_actions"][0]
    assert (shown["reported_by"], shown["evidence"][0]["sha256"]) == (person("pm-1"), SHA)
    await product.give(f"{review}/finding-closures", close, "pmo-2")
    await product.give(f"{review}/closures", {"reason": "All is settled"}, "pmo-2")
    refused(await product.post(f"{review}/findings", finding), 409, "review-closed")

    ours = [item for item in await listed(product, project) if item["id"] == opened["id"]]
    assert [(item["status"], len(item["findings"])) for item in ours] == [("closed", 1)]
    found = (await product.get(f"{G}/findings?project={project}&status=closed&severity=major")).json()["items"]
    assert [(item["review"], item["closed_by"]) for item in found] == [(opened["id"], person("pmo-2"))]
    assert f"corrective-action/{action}" in await recorded(product, "corrective-action-recognised")
    assert f"compliance-review/{opened['id']}" in await recorded(product, "compliance-review-closed")


async def test_what_is_required_can_be_taken_back_when_the_project_will_not_report_it(
    product: Product, project: str
) -> None:
    begin = {"title": "Tenders", "controls": ["tender"], "reason": "Half-yearly"}
    opened = await product.give(f"{G}/projects/{project}/compliance-reviews", begin)
    review = f"{G}/compliance-reviews/{opened['id']}"
    finding = {"control": "tender", "severity": "minor", "text": "One page lacks", "reason": "Seen in the files"}
    await product.give(f"{review}/findings", finding)
    require = {"finding": 1, "action": "Find it", "owner": person("pm-1"), "due_on": DUE, "reason": "The rule"}
    await product.give(f"{review}/corrective-actions", require)
    action = (await product.get(review)).json()["corrective_actions"][0]["id"]
    back = {"corrective_action": action, "reason": "It was found here"}
    refused(await product.post(f"{review}/corrective-action-withdrawals", back, "pm-1"), 403, "no-right")
    await product.give(f"{review}/corrective-action-withdrawals", back)
    assert (await product.get(review)).json()["corrective_actions"][0]["withdrawn"] is True

    async def taken_back() -> bool:
        answer = await product.get(f"{P}/corrective-actions/{action}", "pm-1")
        return answer.status_code == 200 and answer.json()["status"] == "withdrawn"

    await until(taken_back)
    report = {"reason": "It was found"}
    refused(await product.post(f"{P}/corrective-actions/{action}/reports", report, "pm-1"), 409, "action-withdrawn")
    await product.give(f"{review}/finding-closures", {"finding": 1, "reason": "It was found here"})
    await product.give(f"{review}/closures", {"reason": "All is settled"})


async def listed(product: Product, project: str, persona: str = "pmo-1") -> list[dict[str, Any]]:
    answer = await product.get(f"{G}/compliance-reviews?project={project}", persona)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_who_is_in_another_project_sees_nothing_of_it(product: Product, project: str) -> None:
    await authorised(product, "pm-2")
    begin = {"title": "Safety", "controls": ["safety"], "reason": "Half-yearly"}
    review = await product.give(f"{G}/projects/{project}/compliance-reviews", begin)
    assert (await product.get(f"{G}/compliance-reviews/{review['id']}", "pm-2")).status_code == 404
    assert await listed(product, project, "pm-2") == []
    assert review["id"] in {item["id"] for item in await listed(product, project, "pm-1")}


async def test_a_member_who_is_the_projects_officer_does_not_review_it(product: Product) -> None:
    project = await authorised(product, "pm-2")
    release = {"person": person("officer-1"), "reason": "Needed elsewhere"}
    await product.give(f"{G}/projects/{project}/officer-releases", release)
    assign = {"person": person("pmo-2"), "reason": "Nobody else is there"}
    await product.give(f"{G}/projects/{project}/officers", assign, "pmo-1")
    begin = {"title": "Safety", "controls": ["safety"], "reason": "Half-yearly"}
    denied = await product.post(f"{G}/projects/{project}/compliance-reviews", begin, "pmo-2")
    refused(denied, 403, "reviewer-is-its-officer")
