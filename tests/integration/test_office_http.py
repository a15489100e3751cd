"""Office and appointments over HTTP: the charter is amended, people come and go, and the history shows it."""

import uuid
from typing import Any

import pytest_asyncio

from tests.integration.over_http import OFFICE, PROPOSALS, Product, observer, person, proposal, refused

REASON = {"reason": "To test"}
HANDOVER = {"handover": "Plan and open risks, in two sessions"}


async def history(product: Product, receipt: dict[str, Any], type_: str) -> dict[str, Any]:
    """The newest document of a type, as an auditor of everything sees it once it arrived."""
    waiting = {"Mandate_Consistency": receipt["consistency"], "Prefer": "wait=20"}
    answer = await product.get(f"/reporting/v1/history?type={type_}&limit=1", **waiting)
    assert answer.status_code == 200, answer.text
    [item] = answer.json()["items"]
    found: dict[str, Any] = item
    return found


async def office(product: Product) -> dict[str, Any]:
    found: dict[str, Any] = (await product.get(OFFICE)).json()
    return found


# --- the office ---


async def test_the_charter_is_amended(product: Product) -> None:
    charter = {"name": "Portfolio Office", "time_zone": "Australia/Perth", "currency": "NZD", **REASON}
    problem = refused(await product.post(f"{OFFICE}/amendments", charter, "founder"), 403, "no-right")
    assert problem["facts"]["needed"] == ["pmo"]
    receipt = await product.give(f"{OFFICE}/amendments", charter)
    found = await office(product)
    assert {name: found[name] for name in charter if name != "reason"} | REASON == charter
    refused(await product.post(f"{OFFICE}/amendments", charter), 409, "charter-says-so")
    refused(await product.post(f"{OFFICE}/amendments", {"name": "Only the name", **REASON}), 422, "invalid")
    wrong = {**charter, "time_zone": "Nowhere/Land"}
    answer = refused(await product.post(f"{OFFICE}/amendments", wrong, Accept_Language="fr"), 422, "invalid")
    assert answer["errors"] == [{"pointer": "/time_zone", "detail": "Nowhere/Land n'est pas un fuseau de la base IANA"}]
    told = await history(product, receipt, "charter-amended")
    assert (told["actor"], told["role"], told["reason"]) == (person("pmo-1"), "pmo", "To test")


async def test_auditors_and_observers_come_and_go(product: Product) -> None:
    for kind, type_ in (("auditors", "auditor-removed"), ("observers", "observer-removed")):
        somebody = observer()
        path = f"{OFFICE}/{kind}/{somebody['person']}/removals"
        refused(await product.post(path, REASON), 409, f"not-an-{kind[:-1]}")
        await product.give(f"{OFFICE}/{kind}", somebody)
        assert somebody["person"] in (await office(product))[kind]
        refused(await product.post(path, REASON, "founder"), 403, "no-right")
        receipt = await product.give(path, REASON)
        assert somebody["person"] not in (await office(product))[kind]
        assert (await history(product, receipt, type_))["actor"] == person("pmo-1")


async def test_who_no_longer_audits_reads_no_more(product: Product) -> None:
    await product.give(f"{OFFICE}/auditors", observer("auditor-1"))
    assert (await product.get(PROPOSALS, "auditor-1")).status_code == 200
    await product.give(f"{OFFICE}/auditors/{person('auditor-1')}/removals", REASON)
    refused(await product.get(PROPOSALS, "auditor-1"), 403, "no-right")


# --- appointments ---


@pytest_asyncio.fixture(scope="module")
async def project(product: Product) -> str:
    """A project under a standard in force, with its three: pm-1, officer-1 and sponsor-1."""
    await product.give("/governance/v1/standards/delivery/publications", {"version": 1, **REASON}, "pmo-2")
    id_: str = (await product.give(PROPOSALS, proposal()))["id"]
    budget = {"amount": "9.00", "currency": "AUD"}
    start = {"standard": "delivery@1", "gate_path": "two-gate", "budget": budget, **REASON}
    await product.give(f"{PROPOSALS}/{id_}/authorisations", start, "pmo-2")
    for post, persona in (("managers", "pm-1"), ("officers", "officer-1"), ("sponsors", "sponsor-1")):
        await product.give(f"/governance/v1/projects/{id_}/{post}", observer(persona))
    return id_


async def posts(product: Product, project: str) -> dict[str, Any]:
    found: dict[str, Any] = (await product.get(f"/governance/v1/projects/{project}/appointments")).json()
    return found


async def test_a_pm_accepts_and_their_successor_for_themselves(product: Product, project: str) -> None:
    path = f"/governance/v1/projects/{project}"
    assert not (await posts(product, project))["accepted"]
    for persona in ("pmo-1", "officer-1", "sponsor-1", "pm-2"):
        refused(await product.post(f"{path}/acceptances", {}, persona), 403, "no-right")
    receipt = await product.give(f"{path}/acceptances", {}, "pm-1")
    assert (await posts(product, project))["accepted"]
    refused(await product.post(f"{path}/acceptances", {}, "pm-1"), 409, "already-accepted")
    told = await history(product, receipt, "appointment-accepted")
    assert (told["actor"], told["role"], told["project"]) == (person("pm-1"), "project_manager", project)

    successor = observer("pm-2")
    refused(await product.post(f"{path}/manager-replacements", successor), 422, "invalid")
    refused(await product.post(f"{path}/manager-replacements", {**successor, "handover": "x" * 501}), 422, "invalid")
    conflicting = {**observer("sponsor-1"), **HANDOVER}
    refused(await product.post(f"{path}/manager-replacements", conflicting), 403, "conflict-of-roles")
    receipt = await product.give(f"{path}/manager-replacements", {**successor, **HANDOVER})
    found = await posts(product, project)
    assert (found["manager"], found["accepted"]) == (person("pm-2"), False)
    told = await history(product, receipt, "manager-replaced")
    assert told["actor"] == person("pmo-1")
    rows = await product.query("select document from ledger.events where type like '%manager-replaced.v1'")
    assert HANDOVER["handover"] in rows[0][0].decode(), "what is handed over is on record"
    refused(await product.post(f"{path}/acceptances", {}, "pm-1"), 403, "no-right")
    await product.give(f"{path}/acceptances", {}, "pm-2")
    assert (await posts(product, project))["accepted"]


async def test_a_sponsor_is_replaced(product: Product, project: str) -> None:
    path = f"/governance/v1/projects/{project}"
    refused(await product.post(f"{path}/sponsors", observer()), 409, "sponsor-in-post")
    refused(await product.post(f"{path}/sponsor-replacements", observer("officer-1")), 403, "conflict-of-roles")
    refused(await product.post(f"{path}/sponsor-replacements", observer("sponsor-1")), 409, "no-change-of-sponsor")
    refused(await product.post(f"{path}/sponsor-replacements", observer(), "sponsor-1"), 403, "no-right")
    successor = str(uuid.uuid4())
    receipt = await product.give(f"{path}/sponsor-replacements", {"person": successor, **REASON})
    assert (await posts(product, project))["sponsor"] == successor
    refused(await product.get(f"{path}/appointments", "sponsor-1"), 403, "no-right")
    told = await history(product, receipt, "sponsor-replaced")
    assert (told["actor"], told["project"]) == (person("pmo-1"), project)
    shown = await product.get(f"/reporting/v1/projects/{project}")
    assert shown.json()["sponsor"] == successor, "the portfolio follows"
