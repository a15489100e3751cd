"""A project of the shared product that runs: authorised, with its PM, its PMOfficer and its sponsor."""

from typing import Any

from tests.integration.over_http import PROPOSALS, Product, observer, proposal, until

REASON = {"reason": "To test"}
INBOX = "/governance/v1/inbox"


async def publish(product: Product) -> None:
    """Put the standard that every product has a draft of in force; once."""
    publication = {"version": 1, **REASON}
    answer = await product.post("/governance/v1/standards/delivery/publications", publication, "pmo-2")
    assert answer.status_code in {201, 409}, answer.text


async def running_project(product: Product, manager: str = "pm-1") -> str:
    """A project in its first phase; its PM may give commands."""
    await publish(product)
    id_: str = (await product.give(PROPOSALS, proposal()))["id"]
    terms = {"standard": "delivery@1", "gate_path": "two-gate", "budget": {"amount": "9.00", "currency": "AUD"}}
    await product.give(f"{PROPOSALS}/{id_}/authorisations", {**terms, **REASON}, "pmo-2")
    for post, persona in (("managers", manager), ("officers", "officer-1"), ("sponsors", "sponsor-1")):
        await product.give(f"/governance/v1/projects/{id_}/{post}", observer(persona))
    path = f"/projects/v1/projects/{id_}"

    async def seen() -> bool:
        return (await product.get(path, manager)).status_code == 200

    await until(seen)
    return id_


async def in_inbox(product: Product, id_: str, status: str = "open") -> dict[str, Any]:
    """The request, once it reached the inbox and has that status there."""
    found: list[dict[str, Any]] = []

    async def arrived() -> bool:
        items = (await product.get(f"{INBOX}?status={status}&limit=500")).json()["items"]
        found[:] = [item for item in items if item["id"] == id_]
        return bool(found)

    await until(arrived)
    return found[0]


async def gate_review(product: Product, project: str, manager: str = "pm-1") -> str:
    """The review of the first gate, asked for by the PM and open in the PMO's inbox."""
    evidence = [{"title": "Business case", "sha256": "9f" * 32}]
    request = {"gate": "gate-1", "evidence": evidence, **REASON}
    await product.give(f"/projects/v1/projects/{project}/gate-reviews", request, manager)
    review: str = (await product.get(f"/projects/v1/projects/{project}", manager)).json()["open_review"]
    await in_inbox(product, review)
    return review
