"""The way of what a project asks of the PMO, over both services: asked, in the inbox, decided, applied or not, told.

Waivers, tailorings, charters, closures and escalations share it; one query shows the whole story of each.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.integration.over_http import Product, refused, until
from tests.integration.staffed import REASON, gate_review, in_inbox, running_project

G, P = "/governance/v1", "/projects/v1"
DUE: Final = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
EVIDENCE: Final = [{"title": "The document", "sha256": "ab" * 32}]
CONDITIONS: Final = [{"text": "Ask the harbour master", "owner": "The manager", "due_on": DUE}]


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of request: what is asked, by whom, what is decided, and what the history then tells."""

    kind: str
    about: str
    asked: dict[str, Any]
    decided: dict[str, Any]
    story: tuple[str, ...]
    """Of what happens in both services, in this order."""
    outcome: str = "approved"
    by: str = "pm-1"

    @property
    def path(self) -> str:
        return f"{self.kind}s"


WAIVER = Way(
    "waiver",
    "cost-review",
    {"control": "cost-review", "until": DUE},
    {"outcome": "granted"},
    ("waiver-requested.v1", "waiver-request-received.v1", "waiver-granted.v1"),
    outcome="granted",
)
TAILORING = Way(
    "tailoring",
    "site-diary",
    {"element": "deliverable", "name": "site-diary", "change": "replace", "instead": "The daily log"},
    {"outcome": "approved", "conditions": CONDITIONS},
    ("tailoring-requested.v1", "tailoring-request-received.v1", "tailoring-approved.v1"),
)
CHARTER = Way(
    "charter",
    "1",
    {
        "purpose": "No more floods",
        "objectives": ["A station, by June"],
        "success_criteria": ["Dry streets"],
        "evidence": EVIDENCE,
    },
    {"outcome": "approved", "conditions": CONDITIONS},
    ("charter-submitted.v1", "charter-received.v1", "charter-approved.v1"),
)
CLOSURE = Way(
    "closure",
    "phase-1",
    {"evidence": EVIDENCE, "lessons": "Ask the neighbours first."},
    {"outcome": "approved"},
    ("closure-requested.v1", "closure-request-received.v1", "closure-approved.v1"),
)
ESCALATION = Way(
    "escalation",
    "risk",
    {"of": "risk", "matter": "Risk 7", "text": "Another ministry decides", "options": ["Wait", "Reroute"]},
    {"outcome": "instruct", "text": "Reroute", "conditions": CONDITIONS},
    ("escalation-relayed.v1", "escalation-received.v1", "escalation-decided.v1"),
    outcome="instruct",
    by="officer-1",
)
WAYS: Final = (WAIVER, TAILORING, CHARTER, CLOSURE, ESCALATION)


@pytest.fixture
async def project(product: Product) -> str:
    """A project that runs, whose PM and PMOfficer are known to both services."""
    id_ = await running_project(product)
    await shows(product, f"{P}/projects/{id_}", "officer-1")
    return id_


async def shows(product: Product, path: str, persona: str = "pmo-1", **members: Any) -> dict[str, Any]:
    """What is told there, once it says so."""
    told: dict[str, Any] = {}

    async def so() -> bool:
        answer = await product.get(path, persona)
        told.clear()
        told.update(answer.json())
        return answer.status_code == 200 and all(told[name] == value for name, value in members.items())

    await until(so)
    return told


async def ask(product: Product, project: str, way: Way, by: str | None = None, **more: Any) -> str:
    body = {**way.asked, **REASON, **more}
    id_: str = (await product.give(f"{P}/projects/{project}/{way.path}", body, by or way.by))["id"]
    item = await in_inbox(product, id_)
    assert (item["kind"], item["about"], item["status"]) == (way.kind, way.about, "open")
    assert "pmo" in item["may_decide"]
    return id_


async def decide(product: Product, way: Way, id_: str, **more: Any) -> None:
    await product.give(f"{G}/{way.path}/{id_}/decisions", {**way.decided, **REASON, **more}, "pmo-2")


async def story_of(product: Product, project: str, stream: str, wanted: set[str]) -> list[str]:
    """Ledger by ledger the types of all that has the correlation of what opened this, once what is wanted is there."""
    types: list[str] = []

    async def told() -> bool:
        recorded = (await product.get(f"/reporting/v1/history?project={project}&limit=500")).json()["items"]
        begun = [item["correlation"] for item in recorded if item["subject"] == stream]
        if not begun:
            return False
        path = f"/reporting/v1/history?correlation={begun[0]}&limit=100"
        items = (await product.get(path)).json()["items"]
        items.sort(key=lambda item: (item["source"], item["position"]))
        types[:] = [str(item["type"]).split(".", 2)[2] for item in items]
        return wanted <= set(types)

    await until(told)
    return types


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.kind)
async def test_what_is_asked_is_decided_and_applied(product: Product, project: str, way: Way) -> None:
    id_ = await ask(product, project, way)
    await decide(product, way, id_)
    item = await in_inbox(product, id_, "answered")
    assert (item["outcome"], item["answer"]) == (way.outcome, "applied")
    for path in (f"{G}/{way.path}/{id_}", f"{P}/{way.path}/{id_}"):
        seen = await shows(product, path, way.by)
        assert seen["project"] == project
        asked = {name: value for name, value in way.asked.items() if name not in {"evidence", "lessons"}}
        assert {name: seen[name] for name in asked} == asked
    assert (await shows(product, f"{P}/{way.path}/{id_}", way.by))["status"] == way.outcome
    requested, received, decided = way.story
    wanted = [received, decided, "decision-answered.v1", requested, "decision-applied.v1"]
    told = await story_of(product, project, f"{way.kind}/{id_}", set(wanted))
    assert [each for each in told if each in wanted] == wanted, "one story, in both ledgers"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.kind)
async def test_a_decision_is_not_applied_to_what_has_ended_meanwhile(product: Product, project: str, way: Way) -> None:
    id_ = await ask(product, project, way)
    review = await gate_review(product, project)
    kill = {"outcome": "kill", **REASON}
    await product.give(f"{G}/gate-reviews/{review}/decisions", kill, "pmo-1")
    await shows(product, f"{P}/projects/{project}", status="terminated")
    await decide(product, way, id_)
    item = await in_inbox(product, id_, "answered")
    assert item["answer"] == "not applied: project-terminated"
    assert (await shows(product, f"{P}/{way.path}/{id_}", way.by))["status"] == "not_applied"
    assert (await shows(product, f"{P}/projects/{project}"))["status"] == "terminated"
    again = await product.post(f"{P}/projects/{project}/{way.path}", {**way.asked, **REASON}, way.by)
    refused(again, 409, "project-terminated")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.kind)
async def test_who_asked_and_who_runs_or_watches_it_do_not_decide(product: Product, project: str, way: Way) -> None:
    id_ = await ask(product, project, way)
    for persona in ("pm-1", "officer-1"):
        answer = await product.post(f"{G}/{way.path}/{id_}/decisions", {**way.decided, **REASON}, persona)
        assert answer.status_code == 403, answer.text
    await decide(product, way, id_)
    twice = await product.post(f"{G}/{way.path}/{id_}/decisions", {**way.decided, **REASON}, "pmo-1")
    refused(twice, 409, "already-decided")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.kind)
async def test_the_pmo_does_not_ask_for_a_project(product: Product, project: str, way: Way) -> None:
    answer = await product.post(f"{P}/projects/{project}/{way.path}", {**way.asked, **REASON}, "pmo-1")
    assert answer.status_code == 403, answer.text
    assert answer.json()["rule"] == ("no-right" if way.kind == "escalation" else "pmo-does-not-manage-projects")


async def test_one_charter_at_a_time_and_none_after_an_approved_one(product: Product, project: str) -> None:
    first = await ask(product, project, CHARTER)
    path, body = f"{P}/projects/{project}/charters", {**CHARTER.asked, **REASON}
    refused(await product.post(path, body, "pm-1"), 409, "request-open")
    await product.give(f"{G}/charters/{first}/decisions", {"outcome": "rejected", **REASON}, "pmo-2")
    await shows(product, f"{P}/charters/{first}", "pm-1", status="rejected")
    second = (await product.give(path, body, "pm-1"))["id"]
    assert (await in_inbox(product, second))["about"] == "2"
    await decide(product, CHARTER, second)
    charter = await shows(product, f"{P}/charters/{second}", "pm-1", status="approved")
    assert charter["in_force"]
    refused(await product.post(path, body, "pm-1"), 409, "charter-approved")
    [condition] = (await shows(product, f"{P}/projects/{project}", "pm-1"))["conditions"]
    assert (condition["text"], condition["status"]) == ("Ask the harbour master", "open")


async def test_an_approved_closure_closes_the_project_and_keeps_what_was_learnt(product: Product, project: str) -> None:
    id_ = await ask(product, project, CLOSURE)
    lessons = (await shows(product, f"{G}/closures/{id_}"))["lessons"]
    assert (await product.get(f"{P}/blobs/{lessons}", "pm-1")).text == "Ask the neighbours first."
    await decide(product, CLOSURE, id_)
    await shows(product, f"{P}/projects/{project}", status="closed")


async def test_the_pm_goes_past_the_officer_only_with_a_reason_on_record(product: Product, project: str) -> None:
    path, body = f"{P}/projects/{project}/escalations", {**ESCALATION.asked, **REASON}
    answer = await product.post(path, body, "pm-1")
    assert answer.status_code == 403, answer.text
    assert answer.json()["rule"] == "officer-bypassed"
    why = "The officer is ill"
    id_ = await ask(product, project, ESCALATION, "pm-1", bypass_reason=why)
    assert (await shows(product, f"{G}/escalations/{id_}"))["bypass_reason"] == why
    await decide(product, ESCALATION, id_)
    answered = await shows(product, f"{P}/escalations/{id_}", "pm-1", status="instruct")
    assert answered["answer"] == "Reroute"


async def test_the_pm_escalates_while_there_is_no_officer(product: Product, project: str) -> None:
    release = {"person": (await shows(product, f"{G}/projects/{project}/appointments"))["officer"], **REASON}
    await product.give(f"{G}/projects/{project}/officer-releases", release)

    async def vacant() -> bool:
        return (await product.get(f"{P}/projects/{project}", "officer-1")).status_code == 404

    await until(vacant)
    assert (await shows(product, f"{G}/escalations/{await ask(product, project, ESCALATION, 'pm-1')}"))[
        "bypass_reason"
    ] is None
