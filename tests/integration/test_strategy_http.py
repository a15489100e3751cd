"""Strategy and intake over HTTP: from an objective to the projects that serve it, and what becomes of the others."""

import uuid
from typing import Any

import orjson
import pytest

from governance.strategy.routes import prioritisation as prioritisations
from tests.integration.over_http import PROPOSALS, Product, person, proposal, refused

OBJECTIVES = "/governance/v1/objectives"
MODELS = "/governance/v1/scoring-models"
CONTENT = {"title": "Clean bay", "weight": "40", "starts_on": "2026-01-01", "until": "2028-12-31", "reason": "Resolved"}
BUDGET = {"amount": "100", "currency": "AUD"}


def named() -> str:
    return f"x{uuid.uuid4().hex[:12]}"


async def objective(product: Product, **changes: Any) -> str:
    receipt = await product.give(OBJECTIVES, {**CONTENT, **changes})
    return str(receipt["id"])


async def model(product: Product, *criteria: dict[str, Any]) -> str:
    """A scoring model of one criterion, from 0 to 100, unless others are given."""
    name = named()
    body = {"title": "Alignment", "reason": "Resolved", "criteria": criteria or [CRITERION]}
    await product.give(f"{MODELS}/{name}/versions", body)
    return f"{name}@1"


CRITERION = {"id": "value", "title": "Value", "weight": "1", "scale": 100}


async def proposed(product: Product, persona: str = "pmo-1", **changes: Any) -> str:
    return str((await product.give(PROPOSALS, {**proposal(), **changes}, persona))["id"])


async def score(product: Product, id_: str, by: str, to: str, value: str) -> None:
    await product.give(
        f"{PROPOSALS}/{id_}/scores", {"model": by, "scores": {"value": value}, "reason": "So I see it"}, to
    )


async def told(product: Product, subject: str) -> list[tuple[str, str]]:
    """What the history says of a thing: the types and the actors."""
    rows = await product.query("select document from ledger.events where stream = $1 order by position", subject)
    documents = [orjson.loads(row[0]) for row in rows]
    return [(each["type"].split(".")[2], each["actor"]) for each in documents]


async def test_an_objective_is_set_revised_retired_and_listed(product: Product) -> None:
    id_ = await objective(product)
    page = (await product.get(f"{OBJECTIVES}/{id_}")).json()
    assert [each["command"] for each in page.pop("allowed")] == ["ReviseObjective", "RetireObjective"]
    assert page == {
        **{name: value for name, value in CONTENT.items() if name != "reason"},
        "id": id_,
        "status": "set",
    }
    await product.give(f"{OBJECTIVES}/{id_}/revisions", {**CONTENT, "weight": "12.50"}, "pmo-2")
    listed = (await product.get(f"{OBJECTIVES}?on=2028-12-31&limit=500")).json()["items"]
    assert [each["weight"] for each in listed if each["id"] == id_] == ["12.5"]
    assert id_ not in str((await product.get(f"{OBJECTIVES}?on=2029-01-01&limit=500")).json()["items"])
    await product.give(f"{OBJECTIVES}/{id_}/retirements", {"reason": "Reached"})
    listed = (await product.get(f"{OBJECTIVES}?status=retired&limit=500")).json()["items"]
    assert id_ in [each["id"] for each in listed]
    refused(await product.post(f"{OBJECTIVES}/{id_}/retirements", {"reason": "Again"}), 409, "objective-retired")
    refused(await product.post(OBJECTIVES, CONTENT, "founder"), 403, "no-right")
    names = [name for name, _ in await told(product, f"objective/{id_}")]
    assert names == ["objective-set", "objective-revised", "objective-retired"]


async def test_a_version_of_a_model_never_changes(product: Product) -> None:
    aim, name = await objective(product), named()
    body = {"title": "One", "criteria": [{**CRITERION, "objective": aim}], "reason": "Resolved"}
    await product.give(f"{MODELS}/{name}/versions", body)
    await product.give(f"{MODELS}/{name}/versions", {**body, "title": "Two"}, "pmo-2")
    versions = (await product.get(f"{MODELS}/{name}")).json()["versions"]
    assert [(each["version"], each["title"], each["defined_by"]) for each in versions] == [
        (1, "One", person("pmo-1")),
        (2, "Two", person("pmo-2")),
    ]
    assert versions[0]["criteria"] == [{**CRITERION, "objective": aim}]
    listed = (await product.get(f"{MODELS}?limit=500")).json()["items"]
    assert {"id": name, "title": "Two", "latest": 2} in listed


async def test_a_proposal_is_scored_amended_deferred_and_rejected(product: Product) -> None:
    by = await model(product)
    id_ = await proposed(product, business_case={"text": "Because."}, effort_days="12.5")
    at = f"{PROPOSALS}/{id_}"
    scores = {"model": by, "scores": {"value": "80"}, "reason": "So I see it"}
    refused(await product.post(f"{at}/scores", scores, "pmo-1"), 403, "scorer-is-proposer")
    await score(product, id_, by, "pmo-2", "80")
    page = (await product.get(at)).json()
    assert page["scores"] == [{"model": by, "scorer": person("pmo-2"), "scores": {"value": "80"}, "total": "80.0000"}]
    assert (await product.get(f"/governance/v1/blobs/{page['business_case']['text']}")).text == "Because."
    await product.give(f"{at}/requests", {"what": "Two quotes", "reason": "Too dear"}, "pmo-2")
    assert (await product.get(at)).json()["requested"] == "Two quotes"
    body = {"title": "Cheaper", "forecast_cost": {"amount": "9", "currency": "AUD"}, "reason": "Two quotes came"}
    refused(await product.post(f"{at}/amendments", body, "pmo-2"), 403, "amended-by-another")
    await product.give(f"{at}/amendments", body, "pmo-1")
    page = (await product.get(at)).json()
    assert (page["status"], page["title"], page["requested"], page["scores"]) == ("proposed", "Cheaper", None, [])
    until = {"until": "2099-01-01", "reason": "Next year"}
    refused(await product.post(f"{at}/deferrals", until, "pmo-1"), 403, "decider-is-proposer")
    receipt = await product.give(f"{at}/deferrals", until, "pmo-2")
    waiting = {"Mandate_Consistency": receipt["consistency"]}
    listed = (await product.get(f"{PROPOSALS}?status=deferred&limit=500", **waiting)).json()["items"]
    assert [each["title"] for each in listed if each["id"] == id_] == ["Cheaper"]
    await product.give(f"{at}/rejections", {"reason": "No"}, "pmo-2")
    refused(await product.post(f"{at}/deferrals", until, "pmo-2"), 409, "proposal-ended")
    assert [name for name, _ in await told(product, f"proposal/{id_}")] == [
        "project-proposed",
        "alignment-scored",
        "more-requested",
        "proposal-amended",
        "proposal-deferred",
        "proposal-rejected",
    ]


async def test_a_ranking_is_looked_at_and_put_on_record(product: Product) -> None:
    by, portfolio = await model(product), named()
    costs = {"60": "90", "50": "70", "30": "50"}
    ids = []
    for cost, value in costs.items():
        more = {"portfolio": portfolio, "reference": f"R{value}", "effort_days": "10"}
        ids.append(await proposed(product, forecast_cost={"amount": cost, "currency": "AUD"}, **more))
        await score(product, ids[-1], by, "pmo-2", value)
    at = f"/governance/v1/portfolios/{portfolio}"
    before = await product.recorded()
    seen = (await product.get(f"{at}/ranking?model={by}&budget=100&currency=AUD&skip=true&capacity=20")).json()
    assert [(each["reference"], each["taken"], each["why"]) for each in seen["items"]] == [
        ("R90", True, None),
        ("R70", False, "over-budget"),
        ("R50", True, None),
    ]
    assert seen["cost"] == {"amount": "90.00", "currency": "AUD"}
    assert await product.recorded() == before
    body = {"model": by, "budget": BUDGET, "skip": True, "capacity": "20", "reason": "Resolved by the board"}
    refused(await product.post(f"{at}/prioritisations", body, "observer-1"), 403, "no-right")
    receipt = await product.give(f"{at}/prioritisations", body)
    recorded = f"/governance/v1/prioritisations/{receipt['id']}"
    assert (await product.get(f"{recorded}/ranking")).json() == {**seen, "allowed": []}
    page = (await product.get(recorded)).json()
    assert [each["proposal"] for each in page["ranked"] if each["taken"]] == [ids[0], ids[2]]
    assert page["prioritised_by"] == person("pmo-1")
    blob = await product.get(f"/governance/v1/blobs/{page['table']}")
    assert blob.json() == seen["items"]
    assert await told(product, f"prioritisation/{receipt['id']}") == [("portfolio-prioritised", person("pmo-1"))]
    # what is recorded stays; what is looked at follows what is decided
    await product.give(f"{PROPOSALS}/{ids[0]}/rejections", {"reason": "No"}, "pmo-2")
    now = (await product.get(f"{at}/ranking?model={by}&budget=100&currency=AUD")).json()
    assert [each["reference"] for each in now["items"] if each["taken"]] == ["R70", "R50"]
    assert (await product.get(f"{recorded}/ranking")).json() == {**seen, "allowed": []}
    named_only = {**body, "proposals": [ids[2]]}
    receipt = await product.give(f"{at}/prioritisations", named_only)
    page = (await product.get(f"/governance/v1/prioritisations/{receipt['id']}")).json()
    assert (page["considered"], page["taken"]) == (1, 1)
    listed = (await product.get(f"{at}/prioritisations?limit=1")).json()
    assert [(each["id"], each["considered"], each["taken"]) for each in listed["items"]] == [(receipt["id"], 1, 1)]
    older = (await product.get(f"{at}/prioritisations?limit=1&cursor={listed['next']}")).json()["items"]
    about = {name: value for name, value in seen.items() if name != "items"}
    assert {name: older[0][name] for name in about} == about
    then = await product.event(before)
    past = await product.get(f"{at}/ranking?model={by}&budget=100&currency=AUD&known_at={then['time']}")
    assert past.json()["considered"] == 3


async def test_what_cannot_be_ranked_is_told(product: Product) -> None:
    by, at = await model(product), f"/governance/v1/portfolios/{named()}"
    none = await product.get(f"{at}/ranking?model=unheard-of@1&budget=100&currency=AUD")
    assert none.status_code == 404
    refused(await product.get(f"{at}/ranking?model={by[:-1]}9&budget=100&currency=AUD"), 422, "invalid")
    for query in ("budget=1e3&currency=AUD", "budget=100&currency=aud", "budget=-1&currency=AUD", "budget=1"):
        refused(await product.get(f"{at}/ranking?model={by}&{query}"), 422, "invalid")
    assert (await product.get(f"{at}/ranking?model={by}&budget=100&currency=AUD")).json()["items"] == []
    body = {"model": by, "budget": BUDGET, "reason": "Resolved"}
    refused(await product.post(f"{at}/prioritisations", body), 409, "nothing-to-prioritise")
    refused(await product.get(f"/governance/v1/prioritisations/{uuid.uuid4()}"), 404, "not-found")


async def test_a_ranking_has_an_end(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prioritisations, "MOST", 1)
    by, portfolio = await model(product), named()
    at, body = f"/governance/v1/portfolios/{portfolio}", {"model": by, "budget": BUDGET, "reason": "Resolved"}
    first = await proposed(product, portfolio=portfolio)
    await product.give(f"{at}/prioritisations", body)
    await proposed(product, portfolio=portfolio)
    problem = refused(await product.post(f"{at}/prioritisations", body), 422, "invalid")
    assert "more than 1 undecided proposals" in problem["detail"]
    refused(await product.get(f"{at}/ranking?model={by}&budget=1&currency=AUD"), 422, "invalid")
    await product.give(f"{at}/prioritisations", {**body, "proposals": [first]})


async def test_a_sponsor_proposes_and_sees_only_what_is_theirs(product: Product) -> None:
    aim = await objective(product)
    await product.post("/governance/v1/standards/delivery/publications", {"version": 1, "reason": "Agreed"}, "pmo-2")
    first = await proposed(product, objectives=[aim])
    terms = {
        "standard": "delivery@1",
        "budget": {"amount": "10", "currency": "AUD"},
        "gate_path": "two-gate",
        "tolerances": {"time": "20", "quality": "No criterion unmet"},
        "reason": "Resolved",
    }
    await product.give(f"{PROPOSALS}/{first}/authorisations", terms, "pmo-2")
    page = (await product.get(f"{PROPOSALS}/{first}")).json()
    assert (page["status"], page["objectives"], page["tolerances"]) == ("authorised", [aim], terms["tolerances"])
    refused(await product.post(PROPOSALS, proposal(), "sponsor-1"), 403, "no-right")
    body = {"person": person("sponsor-1"), "reason": "Owns the asset"}
    await product.give(f"/governance/v1/projects/{first}/sponsors", body)
    others = await proposed(product)
    own = await proposed(product, "sponsor-1")
    assert (await product.get(f"{PROPOSALS}/{own}", "sponsor-1")).status_code == 200
    assert (await product.get(f"{PROPOSALS}/{others}", "sponsor-1")).status_code == 404
    listed = (await product.get(f"{PROPOSALS}?limit=500", "sponsor-1")).json()["items"]
    assert {each["id"] for each in listed} == {first, own}
    await product.give(f"{PROPOSALS}/{own}/amendments", {"title": "Mine", "reason": "A better name"}, "sponsor-1")
    by, at = await model(product), "/governance/v1/portfolios/test/ranking"
    refused(await product.get(f"{at}?model={by}&budget=1&currency=AUD", "sponsor-1"), 403, "no-right")
