"""Baselines, changes, exceptions and conditions over HTTP, each from the project to the PMO and back."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from tests.integration.over_http import PROPOSALS, Product, observer, person, proposal, refused, until
from tests.integration.staffed import REASON, gate_review, in_inbox, publish

G, P = "/governance/v1", "/projects/v1"
TODAY = datetime.now(UTC).date()
EVIDENCE = [{"title": "Plan", "sha256": "ab" * 32}]


@pytest_asyncio.fixture
async def project(product: Product) -> str:
    """A project that may cost 9.00, and 1.00 more; it runs, with its three."""
    await publish(product)
    id_: str = (await product.give(PROPOSALS, proposal()))["id"]
    terms: dict[str, Any] = {
        "standard": "delivery@1",
        "gate_path": "two-gate",
        "budget": {"amount": "9.00", "currency": "AUD"},
        "tolerances": {"cost": "1.00", "benefits": "No benefit later than planned"},
    }
    await product.give(f"{PROPOSALS}/{id_}/authorisations", {**terms, **REASON}, "pmo-2")
    for post, persona in (("managers", "pm-1"), ("officers", "officer-1"), ("sponsors", "sponsor-1")):
        await product.give(f"{G}/projects/{id_}/{post}", observer(persona))
    for persona in ("pm-1", "officer-1", "sponsor-1"):
        await arrives(product, f"{P}/projects/{id_}", persona)
    return id_


async def arrives(product: Product, path: str, persona: str = "pmo-1", **members: Any) -> dict[str, Any]:
    """What is shown there, once it says so."""
    shown: dict[str, Any] = {}

    async def said() -> bool:
        answer = await product.get(path, persona)
        shown.clear()
        shown.update(answer.json())
        return answer.status_code == 200 and all(shown[name] == value for name, value in members.items())

    await until(said)
    return shown


async def history(product: Product, project: str) -> list[str]:
    """The types of all that is on record of the project, without their prefix."""
    path = f"/reporting/v1/history?project={project}&limit=500"
    answer = await product.get(path, Prefer="wait=5")
    assert answer.status_code == 200, answer.text
    return [str(item["type"]).split(".", 2)[2] for item in answer.json()["items"]]


async def happened(product: Product, project: str, *types: str) -> None:
    async def there() -> bool:
        return set(types) <= set(await history(product, project))

    await until(there)


def baseline(amount: str = "8.50", **more: Any) -> dict[str, Any]:
    return {
        "scope": "All of it",
        "starts_on": TODAY.isoformat(),
        "finishes_on": (TODAY + timedelta(days=90)).isoformat(),
        "budget": {"amount": amount, "currency": "AUD"},
        "evidence": EVIDENCE,
        **REASON,
        **more,
    }


async def submitted(product: Product, project: str, **more: Any) -> str:
    id_ = str((await product.give(f"{P}/projects/{project}/baselines", baseline(**more), "pm-1"))["id"])
    await in_inbox(product, id_)
    return id_


async def decided(product: Product, kind: str, id_: str, outcome: str, answer: str = "applied", **more: Any) -> None:
    """The PMO decides what a project asks for, and the project answers."""
    await product.give(f"{G}/{kind}/{id_}/decisions", {"outcome": outcome, **REASON, **more}, "pmo-2")
    await arrives(product, f"{G}/{kind}/{id_}", status="answered", outcome=outcome, answer=answer)


async def test_a_baseline_is_submitted_approved_and_in_force(product: Product, project: str) -> None:
    path = f"{P}/projects/{project}/baselines"
    refused(await product.post(path, baseline(), "pmo-1"), 403, "pmo-does-not-manage-projects")
    refused(await product.post(path, baseline("9.01"), "pm-1"), 409, "above-budget")
    refused(await product.post(path, baseline(finishes_on="2020-01-01"), "pm-1"), 422, "invalid")
    id_ = await submitted(product, project)
    refused(await product.post(path, baseline(), "pm-1"), 409, "request-open")
    item = await in_inbox(product, id_)
    assert (item["kind"], item["about"], item["project"]) == ("baseline", "1", project)
    body = {"outcome": "approved", **REASON}
    refused(await product.post(f"{G}/baselines/{id_}/decisions", body, "pm-1"), 403, "no-right")
    await decided(product, "baselines", id_, "approved")
    shown = (await product.get(f"{P}/baselines/{id_}", "officer-1")).json()
    assert (shown["status"], shown["number"], shown["budget"]["amount"]) == ("approved", 1, "8.50")
    page = (await product.get(f"{P}/projects/{project}", "pm-1")).json()
    assert (page["baseline"]["id"], page["baseline"]["finishes_on"]) == (id_, shown["finishes_on"])
    refused(await product.post(path, baseline(), "pm-1"), 409, "no-approved-change")
    await happened(product, project, "baseline-submitted.v1", "baseline-approved.v1", "baseline-established.v1")


async def change(product: Product, project: str, persona: str, **impact: str) -> str:
    """A change that somebody asked for and the PM assessed."""
    body = {"title": "A second intake", "description": "As the town asks", **REASON}
    id_ = str((await product.give(f"{P}/projects/{project}/changes", body, persona))["id"])
    assess = {"impact": impact, "evidence": EVIDENCE, **REASON}
    await product.give(f"{P}/changes/{id_}/assessments", assess, "pm-1")
    return id_


async def test_inside_tolerance_the_pm_decides_a_change(product: Product, project: str) -> None:
    id_ = await change(product, project, "officer-1", cost="0.80")
    decide = f"{P}/changes/{id_}/decisions"
    refused(await product.post(decide, {"outcome": "approved", **REASON}, "officer-1"), 403, "no-right")
    refused(await product.post(f"{P}/changes/{id_}/implementations", REASON, "pm-1"), 409, "change-not-approved")
    await product.give(decide, {"outcome": "approved", **REASON}, "pm-1")
    await product.give(f"{P}/changes/{id_}/implementations", REASON, "pm-1")
    shown = (await product.get(f"{P}/changes/{id_}", "sponsor-1")).json()
    assert (shown["status"], shown["within_tolerance"], shown["requested_by"]) == (
        "implemented",
        True,
        person("officer-1"),
    )
    assert (await product.get(f"{G}/changes/{id_}")).status_code == 404, "it never was the PMO's"
    tolerances = (await product.get(f"{P}/projects/{project}/tolerances", "pm-1")).json()["tolerances"]
    assert [(each["dimension"], each["used"]) for each in tolerances] == [("benefits", None), ("cost", "0.80")]
    await happened(product, project, "change-requested.v1", "change-approved.v1", "change-implemented.v1")


async def test_beyond_tolerance_the_pmo_decides_and_then_the_plan_may_be_moved(product: Product, project: str) -> None:
    first = await submitted(product, project)
    await decided(product, "baselines", first, "approved")
    id_ = await change(product, project, "sponsor-1", cost="1.50", scope="A second intake")
    item = await in_inbox(product, id_)
    assert (item["kind"], item["about"], item["requested_by"]) == ("change", "A second intake", person("sponsor-1"))
    alone = await product.post(f"{P}/changes/{id_}/decisions", {"outcome": "approved", **REASON}, "pm-1")
    refused(alone, 403, "beyond-tolerance")
    await decided(product, "changes", id_, "approved")
    assert (await product.get(f"{P}/changes/{id_}", "pm-1")).json()["status"] == "approved"
    second = await submitted(product, project, amount="9.00", change=id_)
    await decided(product, "baselines", second, "approved")
    page = (await product.get(f"{P}/projects/{project}", "pm-1")).json()
    assert (page["baseline"]["id"], page["baseline"]["number"]) == (second, 2)


async def test_an_exception_is_forecast_reported_and_decided(product: Product, project: str) -> None:
    forecasts = f"{P}/projects/{project}/forecasts"
    dear = {"cost": {"amount": "10.50", "currency": "AUD"}, **REASON}
    refused(await product.post(forecasts, REASON, "pm-1"), 422, "invalid")
    refused(await product.post(forecasts, dear, "pmo-1"), 403, "pmo-does-not-manage-projects")
    await product.give(forecasts, dear, "pm-1")
    assert (await product.get(f"{P}/projects/{project}/forecast", "pm-1")).json()["cost"]["amount"] == "10.50"
    review = {"gate": "gate-1", "evidence": EVIDENCE, **REASON}
    path = f"{P}/projects/{project}/gate-reviews"
    refused(await product.post(path, review, "pm-1"), 409, "exception-not-reported")
    report = {
        "dimension": "cost",
        "cause": "Rock where the survey showed clay",
        "options": [{"title": "Leave out the outfall", "consequence": "Benefits a year later"}],
        "recommendation": "The first",
        **REASON,
    }
    exceptions = f"{P}/projects/{project}/exceptions"
    id_ = str((await product.give(exceptions, report, "pm-1"))["id"])
    refused(await product.post(exceptions, report, "pm-1"), 409, "exception-already-reported")
    item = await in_inbox(product, id_)
    assert (item["kind"], item["about"]) == ("exception", "cost")
    own = {"outcome": "accept", "text": "Fine", **REASON}
    refused(await product.post(f"{G}/exceptions/{id_}/decisions", own, "pm-1"), 403, "no-right")
    due = (TODAY + timedelta(days=30)).isoformat()
    terms: dict[str, Any] = {
        "text": "As recommended",
        "tolerance": "2.00",
        "conditions": [{"text": "Report weekly", "owner": "The manager", "due_on": due}],
    }
    await decided(product, "exceptions", id_, "new_tolerance", **terms)
    assert (await product.get(f"{P}/exceptions/{id_}", "officer-1")).json()["status"] == "new_tolerance"
    page = (await product.get(f"{P}/projects/{project}", "pm-1")).json()
    assert [(each["number"], each["due_on"], each["status"]) for each in page["conditions"]] == [(1, due, "open")]
    await product.give(path, review, "pm-1")
    types = ("tolerance-forecast-breached.v1", "exception-reported.v1", "exception-decided.v1", "breach-settled.v1")
    await happened(product, project, *types)


async def test_an_exception_may_end_the_project(product: Product, project: str) -> None:
    report = {
        "dimension": "benefits",
        "cause": "The town has another plan",
        "options": [{"title": "Stop", "consequence": "The rest of the budget is saved"}],
        "recommendation": "Stop",
        **REASON,
    }
    late = await submitted(product, project)
    id_ = str((await product.give(f"{P}/projects/{project}/exceptions", report, "pm-1"))["id"])
    await in_inbox(product, id_)
    await decided(product, "exceptions", id_, "stop", text="There is no case for it")
    assert (await product.get(f"{P}/projects/{project}", "pm-1")).json()["status"] == "terminated"
    await decided(product, "baselines", late, "approved", answer="not applied: project-terminated")


async def test_a_condition_of_a_gate_is_met(product: Product, project: str) -> None:
    review = await gate_review(product, project)
    due = (TODAY + timedelta(days=30)).isoformat()
    terms = [{"text": "Confirm the guarantee", "owner": "The manager", "due_on": due}]
    decision = {"outcome": "conditional_go", "conditions": terms, **REASON}
    await product.give(f"{G}/gate-reviews/{review}/decisions", decision, "pmo-2")
    page = await arrives(product, f"{P}/projects/{project}", phase="phase-2")
    condition = {"number": 1, "gate": "gate-1", "text": "Confirm the guarantee", "owner": "The manager"}
    assert page["conditions"] == [{**condition, "due_on": due, "status": "open"}]
    path = f"{P}/projects/{project}/fulfilments"
    meet = {"condition": 1, "evidence": EVIDENCE, **REASON}
    refused(await product.post(path, meet, "pmo-1"), 403, "pmo-does-not-manage-projects")
    refused(await product.post(path, {**meet, "condition": 2}, "pm-1"), 422, "invalid")
    await product.give(path, meet, "pm-1", Idempotency_Key=uuid.uuid4().hex)
    refused(await product.post(path, meet, "pm-1"), 409, "condition-already-met")
    page = (await product.get(f"{P}/projects/{project}", "pm-1")).json()
    assert page["conditions"][0]["status"] == "met"
    await happened(product, project, "gate-condition-set.v1", "gate-condition-met.v1")
