"""Standards over HTTP: adopted, reviewed, published, compared, retired; and a sponsor who decides by one."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from tests.e2e.running import STANDARD
from tests.integration.over_http import Product, person, proposal, refused, until
from tests.integration.staffed import REASON, running_project
from tests.integration.test_catalogue_http import G, P, recorded

S = f"{G}/standards"
READY = f"{G}/standard-templates"
WHY = {"reason": "Resolved"}


@pytest_asyncio.fixture(scope="module")
async def auditor(product: Product) -> AsyncIterator[str]:
    await product.give(f"{G}/office/auditors", {"person": person("auditor-1"), "reason": "Reads"})

    async def known() -> bool:
        return (await product.get("/reporting/v1/history", "auditor-1")).status_code == 200

    await until(known)
    yield "auditor-1"


async def adopted(product: Product, template: str = "light", **more: str) -> str:
    """A standard of its own that was drafted by pmo-1 out of a ready one and published by pmo-2."""
    name = f"ours-{uuid.uuid4().hex[:8]}"
    await product.give(f"{S}/{name}/adoptions", {"template": template, **more})
    await product.give(f"{S}/{name}/publications", {"version": 1, **WHY}, "pmo-2")
    return name


def as_draft(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A ready standard as the body of a draft."""
    return {name: value for name, value in {**document, **changes}.items() if name not in {"id", "language"}}


async def test_a_ready_standard_is_read_adopted_and_put_in_force(product: Product, auditor: str) -> None:
    offered = (await product.get(READY)).json()["items"]
    assert {(item["id"], item["language"]) for item in offered} == {
        (name, language) for name in ("prince2-like", "pm2-like", "light") for language in ("en", "fr")
    }
    french = (await product.get(f"{READY}/pm2-like?language=fr", auditor)).json()
    assert french["title"] == "Quatre phases (type PM2)"
    refused(await product.get(f"{READY}/pm2-like?language=de"), 422, "invalid")
    refused(await product.get(READY, "team-1"), 403, "no-right")

    name = await adopted(product, "pm2-like", language="fr")
    version = (await product.get(f"{S}/{name}/versions/1")).json()
    assert version["id"] == f"{name}@1"
    assert (version["status"], version["template"]) == ("published", "pm2-like.fr")
    for part in ("title", "paths", "controls", "checklists", "roles", "tolerances", "risk", "kpis", "deciders"):
        assert version[part] == french[part], part
    prose = await product.get(f"{G}/blobs/{version['text']}")
    assert prose.text == french["text"]
    listed = (await product.get(f"{S}?standard={name}")).json()["items"]
    title = french["title"]
    assert listed == [
        {"id": f"{name}@1", "standard": name, "version": 1, "title": title, "status": "published", "successor": None}
    ]
    assert f"standard/{name}" in await recorded(product, "standard-drafted")


async def test_a_draft_is_reviewed_revised_and_compared(product: Product, auditor: str) -> None:
    name = await adopted(product)
    document = (await product.get(f"{READY}/light")).json()
    longer = as_draft(document, tolerances={**document["tolerances"], "time": "15"})
    await product.give(f"{S}/{name}/versions", longer)
    verdict = {"version": 2, "verdict": "revise", "comment": "Twelve days are enough", **WHY}
    refused(await product.post(f"{S}/{name}/reviews", verdict), 403, "reviewer-is-author")
    await product.give(f"{S}/{name}/reviews", verdict, "pmo-2")
    publish = {"version": 2, **WHY}
    refused(await product.post(f"{S}/{name}/publications", publish, "pmo-2"), 409, "draft-to-be-revised")
    page = (await product.get(f"{S}/{name}", auditor)).json()["versions"][1]
    reviewer = {"reviewer": person("pmo-2"), "verdict": "revise", "comment": "Twelve days are enough"}
    assert page["reviews"] == [reviewer]
    controls = [each for each in document["controls"] if each["id"] != "monthly-report"]
    tolerances = {**document["tolerances"], "time": "12"}
    await product.give(f"{S}/{name}/revisions", as_draft(document, tolerances=tolerances, controls=controls))
    await product.give(f"{S}/{name}/publications", publish, "pmo-2")

    path = f"{S}/{name}/versions/1/diff/2"
    english, french = [await product.get(path, auditor, Accept_Language=language) for language in ("en", "fr-CA")]
    assert [(each["what"], each["id"], each["change"]) for each in english.json()["differences"]] == [
        ("tolerance", "time", "changed"),
        ("control", "monthly-report", "removed"),
    ]
    assert english.json()["differences"][0]["says"] == "Changed: the tolerance on time, from “10” to “12”"
    assert french.json()["differences"][0]["says"] == "Modification : la tolérance sur les délais, de « 10 » à « 12 »"
    assert french.headers["Content-Language"] == "fr"
    assert "Accept-Language" in french.headers["Vary"]
    tag = english.headers["ETag"]
    assert (await product.get(path, auditor, Accept_Language="en", If_None_Match=tag)).status_code == 304
    assert (await product.get(path, auditor, Accept_Language="fr", If_None_Match=tag)).status_code == 200
    assert (await product.get(f"{S}/{name}/versions/2/diff/2")).json()["differences"] == []
    refused(await product.get(f"{S}/{name}/versions/1/diff/3"), 404, "not-found")
    refused(await product.get(f"{S}/{name}/versions/3"), 404, "not-found")
    assert f"standard/{name}" in await recorded(product, "standard-reviewed")


async def test_what_a_version_said_can_be_asked_of_the_past(product: Product) -> None:
    name = await adopted(product)
    drafted = await product.give(f"{S}/{name}/adoptions", {"template": "pm2-like"})
    then = (await product.event(drafted["position"]))["time"]
    document = (await product.get(f"{READY}/light")).json()
    await product.give(f"{S}/{name}/revisions", as_draft(document))
    path = f"{S}/{name}/versions/1/diff/2"
    assert (await product.get(path)).json()["differences"] == []
    assert (await product.get(f"{path}?known_at={then}")).json()["differences"] != []


async def test_a_document_that_fits_into_no_event_is_refused_with_its_size(product: Product) -> None:
    document = (await product.get(f"{READY}/light")).json()
    points = [{"id": f"a{number}", "title": "x" * 200} for number in range(30)]
    checklists = [{"id": f"c{number}", "title": "C", "items": points} for number in range(30)]
    answer = await product.post(f"{S}/large/versions", as_draft(document, checklists=checklists))
    problem = refused(answer, 422, "invalid")
    assert "60000" in problem["errors"][0]["detail"]


async def test_a_retired_version_is_given_to_no_project(product: Product, auditor: str) -> None:
    name, other = await adopted(product), await adopted(product)
    own = {"version": 1, "successor": f"{name}@1", **WHY}
    refused(await product.post(f"{S}/{name}/retirements", own), 422, "invalid")
    await product.give(f"{S}/{name}/retirements", {**own, "successor": f"{other}@1"})
    refused(await product.post(f"{S}/{name}/retirements", own), 409, "no-such-version-in-force")
    items = (await product.get(f"{S}?standard={name}&status=retired", auditor)).json()["items"]
    assert [item["successor"] for item in items] == [f"{other}@1"]
    id_ = (await product.give(f"{G}/proposals", {**proposal(), "gate_path": "two-gate"}))["id"]
    terms = {"standard": f"{name}@1", "budget": {"amount": "10.00", "currency": "AUD"}, **WHY}
    problem = refused(await product.post(f"{G}/proposals/{id_}/authorisations", terms, "pmo-2"), 422, "invalid")
    assert problem["errors"][0]["pointer"] == "/standard"
    await product.give(f"{G}/proposals/{id_}/authorisations", {**terms, "standard": f"{other}@1"}, "pmo-2")
    assert f"standard/{name}" in await recorded(product, "standard-retired")


async def test_the_sponsor_decides_what_the_standard_gives_them(product: Product, auditor: str) -> None:
    name = f"ours-{uuid.uuid4().hex[:8]}"
    document = (await product.get(f"{READY}/light")).json()
    await product.give(f"{S}/{name}/versions", as_draft(document, deciders={"waiver": "sponsor"}))
    await product.give(f"{S}/{name}/publications", {"version": 1, **WHY}, "pmo-2")
    project = (await product.give(f"{G}/proposals", {**proposal(), "gate_path": "two-gate"}))["id"]
    terms = {"standard": f"{name}@1", "budget": {"amount": "10.00", "currency": "AUD"}, **WHY}
    await product.give(f"{G}/proposals/{project}/authorisations", terms, "pmo-2")
    for post, who in (("managers", "pm-1"), ("sponsors", "sponsor-1")):
        await product.give(f"{G}/projects/{project}/{post}", {"person": person(who), **WHY})

    async def known() -> bool:
        return (await product.get(f"{P}/projects/{project}", "pm-1")).status_code == 200

    await until(known)
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    ask = {"until": day, "reason": "Too small for it"}
    answer = await product.post(f"{P}/projects/{project}/waivers", {**ask, "control": "unheard-of"}, "pm-1")
    assert refused(answer, 422, "invalid")["errors"][0]["pointer"] == "/control"
    asked = await product.give(f"{P}/projects/{project}/waivers", {**ask, "control": "monthly-report"}, "pm-1")
    waiver = f"{G}/waivers/{asked['id']}"

    async def received() -> bool:
        return (await product.get(waiver, "sponsor-1")).status_code == 200

    await until(received)
    grant = {"outcome": "granted", "reason": "Weighed"}
    denied = await product.post(f"{waiver}/decisions", grant, "pmo-2")
    refused(denied, 403, "standard-gives-it-to-the-sponsor")
    await product.give(f"{waiver}/decisions", grant, "sponsor-1")
    assert (await product.get(waiver, "pm-1")).json()["decided_by"] == person("sponsor-1")
    assert f"waiver/{asked['id']}" in await recorded(product, "waiver-granted")


async def test_a_running_project_goes_on_under_another_version(product: Product) -> None:
    """The PMO decides, the project answers, and its own page says what it runs to."""
    project = await running_project(product)
    draft = {**STANDARD, "title": "Delivery, renewed"}
    name = f"renewed-{uuid.uuid4().hex[:8]}"
    await product.give(f"/governance/v1/standards/{name}/versions", draft)
    await product.give(f"/governance/v1/standards/{name}/publications", {"version": 1, **REASON}, "pmo-2")
    decided = {"standard": f"{name}@1", **REASON}
    refused(
        await product.post(f"/governance/v1/projects/{project}/standard-migrations", decided, "pm-1"), 403, "no-right"
    )
    receipt = await product.give(f"/governance/v1/projects/{project}/standard-migrations", decided)
    page = f"/governance/v1/standard-migrations/{receipt['id']}"

    async def answered() -> bool:
        return (await product.get(page)).json()["answer"] is not None

    await until(answered)
    assert (await product.get(page)).json()["answer"] == "applied"
    assert (await product.get(f"/projects/v1/projects/{project}", "pm-1")).json()["standard"] == f"{name}@1"
    assert (await product.get(f"/governance/v1/proposals/{project}")).json()["standard"] == f"{name}@1"
