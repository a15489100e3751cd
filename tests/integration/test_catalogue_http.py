"""The catalogue over HTTP: the PMO supplies, projects take up, and the PMO sees who uses what."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.integration.over_http import Product, person, proposal, refused, until

G, P = "/governance/v1", "/projects/v1"
NEVER = {"reason": "No longer maintained"}


async def authorised(product: Product, manager: str = "pm-1") -> str:
    """A project that runs, with a PM and a PMOfficer."""
    id_ = str((await product.give(f"{G}/proposals", {**proposal(), "gate_path": "two-gate"}, "pmo-1"))["id"])
    terms = {"standard": "delivery@1", "budget": {"amount": "10.00", "currency": "AUD"}, "reason": "Board"}
    await product.give(f"{G}/proposals/{id_}/authorisations", terms, "pmo-2")
    for post, who in (("managers", manager), ("officers", "officer-1")):
        await product.give(f"{G}/projects/{id_}/{post}", {"person": person(who), "reason": "Fits"})

    async def known() -> bool:
        return (await product.get(f"{P}/projects/{id_}", manager)).status_code == 200

    await until(known)
    return id_


@pytest_asyncio.fixture(scope="module")
async def project(product: Product) -> AsyncIterator[str]:
    yield await first(product)


async def first(product: Product) -> str:
    """The standard is published, there is an auditor, and a project runs."""
    await product.give(f"{G}/standards/delivery/publications", {"version": 1, "reason": "In force"}, "pmo-2")
    await product.give(f"{G}/office/auditors", {"person": person("auditor-1"), "reason": "Reads"}, "pmo-1")
    return await authorised(product)


async def taken_up(product: Product, project: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What was given in projects, once the catalogue has reached it."""

    async def accepted() -> bool:
        return (await product.post(f"{P}/projects/{project}/{path}", body, "pm-1")).status_code == 201

    await until(accepted)
    answer: dict[str, Any] = (await product.get(f"{P}/projects/{project}/adoption", "pm-1")).json()
    return answer


async def recorded(product: Product, type_: str, more: str = "") -> list[str]:
    """The streams that the history shows such documents of."""

    async def shown() -> list[str]:
        answer = await product.get(f"/reporting/v1/history?type={type_}&limit=500{more}", "auditor-1")
        return [item["subject"] for item in answer.json()["items"]]

    async def arrived() -> bool:
        return bool(await shown())

    await until(arrived)
    return await shown()


async def used(product: Product, path: str, persona: str = "pmo-1") -> list[str]:
    return [use["project"] for use in (await product.get(f"{G}/{path}", persona)).json()["used_by"]]


async def test_a_process_is_defined_version_by_version(product: Product, project: str) -> None:
    name = f"review-{uuid.uuid4().hex[:8]}"
    body = {
        "title": "Review",
        "purpose": "To judge",
        "steps": [{"title": "Collect", "done_by": "project_manager"}],
        "reason": "Agreed",
    }
    await product.give(f"{G}/processes/{name}/versions", body)
    again = await product.give(f"{G}/processes/{name}/versions", {**body, "title": "Review, shorter"})
    assert again["version"] == 2
    shown = (await product.get(f"{G}/processes/{name}", "pm-1")).json()
    assert (shown["version"], shown["title"], shown["earlier"][0]["title"]) == (2, "Review, shorter", "Review")
    listed = (await product.get(f"{G}/processes?limit=500")).json()["items"]
    assert [(item["title"], item["version"]) for item in listed if item["id"] == name] == [("Review, shorter", 2)]
    refused(await product.post(f"{G}/processes/{name}/versions", body, "pm-1"), 403, "no-right")


async def test_a_tool_is_approved_taken_up_and_withdrawn_and_its_users_are_known(
    product: Product, project: str
) -> None:
    name = f"planner-{uuid.uuid4().hex[:8]}"
    adopt = {"tool": name, "reason": "To plan"}
    refused(await product.post(f"{P}/projects/{project}/tool-adoptions", adopt, "pm-1"), 409, "tool-not-approved")
    approve = {"title": "Planner", "purpose": "Schedules", "reason": "Tried out"}
    refused(await product.post(f"{G}/tools/{name}/approvals", approve, "pm-1"), 403, "no-right")
    await product.give(f"{G}/tools/{name}/approvals", approve)
    refused(await product.post(f"{G}/tools/{name}/approvals", approve, "pmo-2"), 409, "already-in-force")
    denied = await product.post(f"{P}/projects/{project}/tool-adoptions", adopt, "pmo-1")
    refused(denied, 403, "pmo-does-not-manage-projects")
    adopted = await taken_up(product, project, "tool-adoptions", adopt)
    assert {"tool": name, "waiver": None} in adopted["tools"]

    async def is_known() -> bool:
        return await used(product, f"tools/{name}") == [project]

    await until(is_known)
    assert await used(product, f"tools/{name}", "pm-1") == [project]
    uses = (await product.get(f"{G}/uses?tool={name}")).json()["items"]
    assert [(use["tool"], use["template"], use["project"]) for use in uses] == [(name, None, project)]
    assert uses[0]["used_by"] == person("pm-1")
    assert (await product.get(f"{G}/uses?tool={name}&template=other")).json()["items"] == []
    await product.give(f"{G}/tools/{name}/withdrawals", NEVER)
    listed = (await product.get(f"{G}/tools?limit=500", "pm-1")).json()["items"]
    assert [item["status"] for item in listed if item["id"] == name] == ["withdrawn"]
    for type_ in ("tool-approved", "use-recognised", "tool-withdrawn"):
        assert f"tool/{name}" in await recorded(product, type_)
    assert f"adoption/{project}" in await recorded(product, "tool-adopted", f"&project={project}")


async def test_who_is_in_another_project_does_not_see_who_uses_a_tool(product: Product, project: str) -> None:
    other = await authorised(product, "pm-2")
    name = f"scanner-{uuid.uuid4().hex[:8]}"
    await product.give(f"{G}/tools/{name}/approvals", {"title": "Scanner", "purpose": "Scans", "reason": "Good"})
    await taken_up(product, project, "tool-adoptions", {"tool": name, "reason": "To scan"})

    async def is_known() -> bool:
        return await used(product, f"tools/{name}") == [project]

    await until(is_known)
    assert await used(product, f"tools/{name}", "pm-2") == []
    assert (await product.get(f"{G}/uses?tool={name}", "pm-2")).json()["items"] == []
    assert (await product.get(f"{P}/projects/{project}/adoption", "pm-2")).status_code == 404
    assert (await product.get(f"{G}/uses?project={other}", "pm-2")).json()["items"] == []


async def test_a_tool_that_is_not_approved_needs_a_waiver_in_force(product: Product, project: str) -> None:
    name = f"abacus-{uuid.uuid4().hex[:8]}"
    ask = {"control": f"tool-{name}", "until": "2999-12-31", "reason": "The supplier knows no other"}
    waiver = str((await product.give(f"{P}/projects/{project}/waivers", ask, "pm-1"))["id"])
    adopt = {"tool": name, "waiver": waiver, "reason": "The supplier knows no other"}
    refused(await product.post(f"{P}/projects/{project}/tool-adoptions", adopt, "pm-1"), 409, "tool-not-approved")

    async def arrived() -> bool:
        return (await product.get(f"{G}/waivers/{waiver}")).status_code == 200

    await until(arrived)
    await product.give(f"{G}/waivers/{waiver}/decisions", {"outcome": "granted", "reason": "Once"}, "pmo-2")
    adopted = await taken_up(product, project, "tool-adoptions", adopt)
    assert {"tool": name, "waiver": waiver} in adopted["tools"]

    async def is_known() -> bool:
        answer = await product.get(f"{G}/tools/{name}")
        return answer.status_code == 200 and bool(answer.json()["used_by"])

    await until(is_known)
    shown = (await product.get(f"{G}/tools/{name}")).json()
    assert (shown["status"], shown["used_by"][0]["waiver"]) == ("unapproved", waiver)


async def test_a_template_is_published_used_and_withdrawn(product: Product, project: str) -> None:
    name = f"risks-{uuid.uuid4().hex[:8]}"
    publish = {"title": "Risks", "kind": "risk-register", "text": "# Risks\n", "reason": "One for all"}
    await product.give(f"{G}/templates/{name}/publications", publish)
    shown = (await product.get(f"{G}/templates/{name}", "pm-1")).json()
    assert (shown["version"], shown["media_type"]) == (1, "text/markdown; charset=utf-8")
    refused(
        await product.post(f"{G}/templates/{name}/publications", {**publish, "uri": "https://x.example"}),
        422,
        "invalid",
    )
    use = {"template": name, "reason": "To begin from"}
    adopted = await taken_up(product, project, "template-uses", use)
    assert {"template": name, "version": 1, "sha256": shown["sha256"]} in adopted["templates"]
    refused(await product.post(f"{P}/projects/{project}/template-uses", use, "pm-1"), 409, "already-used")

    async def is_known() -> bool:
        return await used(product, f"templates/{name}") == [project]

    await until(is_known)
    uses = (await product.get(f"{G}/uses?template={name}")).json()["items"]
    assert [(use["template"], use["version"]) for use in uses] == [(name, 1)]
    await product.give(f"{G}/templates/{name}/withdrawals", NEVER, "pmo-2")
    refused(await product.post(f"{G}/templates/{name}/withdrawals", NEVER, "pmo-2"), 409, "not-in-force")
    listed = (await product.get(f"{G}/templates?limit=500")).json()["items"]
    assert [(item["status"], item["makes"]) for item in listed if item["id"] == name] == [
        ("withdrawn", "risk-register")
    ]
