"""Two members of the PMO decide at the same instant: one of them does, the other is told, and nothing is lost."""

import asyncio
import uuid
from collections import Counter
from typing import Any

import pytest_asyncio

from tests.integration.over_http import Product, person, refused
from tests.integration.staffed import REASON, gate_review, in_inbox, running_project

POOL = "/governance/v1/resources"
ALLOCATIONS = "/governance/v1/allocations"
WEEK = {"starts_on": "2027-03-08", "until": "2027-03-12"}
ROUNDS = 5


@pytest_asyncio.fixture(scope="module")
async def projects(product: Product) -> list[str]:
    return [await running_project(product, manager) for manager in ("pm-1", "pm-2")]


async def _asked(product: Product, project: str, manager: str, resource: str) -> str:
    body = {**WEEK, "resource": resource, "role": "Models", "hours_per_week": "30", **REASON}
    id_: str = (await product.give(f"/projects/v1/projects/{project}/allocations", body, manager))["id"]
    await in_inbox(product, id_)
    return id_


async def _committed(product: Product, resource: str) -> dict[str, Any]:
    answer = await product.get(f"{POOL}/{resource}/load?from=2027-W10&until=2027-W10")
    [week] = answer.json()["weeks"]
    assert isinstance(week, dict)
    return week


async def _events_of(product: Product, *streams: str) -> Counter[str]:
    """How many events of each type these streams have."""
    rows = await product.query("select type from ledger.events where stream = any($1)", list(streams))
    return Counter(row[0].split(".")[2] for row in rows)


async def test_the_last_free_hours_are_committed_once(product: Product, projects: list[str]) -> None:
    for _ in range(ROUNDS):
        resource = (await product.give(POOL, {"title": f"Team {uuid.uuid4()}"}))["id"]
        await product.give(f"{POOL}/{resource}/capacities", {**WEEK, "hours_per_week": "40"})
        asked = [
            await _asked(product, project, manager, resource)
            for project, manager in zip(projects, ("pm-1", "pm-2"), strict=True)
        ]
        approve = {"outcome": "approved", **REASON}
        answers = await asyncio.gather(
            product.post(f"{ALLOCATIONS}/{asked[0]}/decisions", approve, "pmo-1"),
            product.post(f"{ALLOCATIONS}/{asked[1]}/decisions", approve, "pmo-2"),
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409], [answer.text for answer in answers]
        loser = next(number for number, answer in enumerate(answers) if answer.status_code == 409)
        problem = refused(answers[loser], 409, "above-capacity")
        assert problem["facts"] == {"weeks": ["2027-W10 (+20 h)"], "count": 1, "most": "20"}

        week = await _committed(product, resource)
        assert (week["committed"], week["over"]) == ("30", "0")
        assert [each["allocation"] for each in week["allocations"]] == [asked[1 - loser]]
        assert (await product.get(f"{ALLOCATIONS}/{asked[loser]}")).json()["status"] == "open"
        events = await _events_of(product, f"resource/{resource}", *(f"allocation/{each}" for each in asked))
        assert events["capacity-committed"] == events["allocation-approved"] == 1

        accepted = {**approve, "overallocation_reason": "Both are needed"}
        await product.give(f"{ALLOCATIONS}/{asked[loser]}/decisions", accepted, "pmo-2")
        week = await _committed(product, resource)
        assert (week["committed"], week["over"]) == ("60", "20")
        assert (await _events_of(product, f"resource/{resource}"))["overallocation-accepted"] == 1


async def test_a_gate_is_decided_once(product: Product) -> None:
    for _ in range(2):
        review = await gate_review(product, await running_project(product))
        path = f"/governance/v1/gate-reviews/{review}"
        outcomes = {"pmo-1": "go", "pmo-2": "hold"}
        answers = await asyncio.gather(
            *(
                product.post(f"{path}/decisions", {"outcome": outcome, **REASON}, member)
                for member, outcome in outcomes.items()
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409], [answer.text for answer in answers]
        for answer in answers:
            if answer.status_code == 409:
                refused(answer, 409, "already-decided")
        member = list(outcomes)[[answer.status_code for answer in answers].index(201)]
        shown = (await product.get(path)).json()
        assert (shown["outcome"], shown["decided_by"]) == (outcomes[member], person(member))
        assert (await _events_of(product, f"gate-review/{review}"))["gate-decided"] == 1
        assert (await in_inbox(product, review, "answered"))["answer"] == "applied"


async def test_the_same_decision_given_twice_at_once_is_one(product: Product, projects: list[str]) -> None:
    """Not a contradiction: the same key is the same decision, and both are told so."""
    resource = (await product.give(POOL, {"title": f"Team {uuid.uuid4()}"}))["id"]
    await product.give(f"{POOL}/{resource}/capacities", {**WEEK, "hours_per_week": "40"})
    asked = await _asked(product, projects[0], "pm-1", resource)
    decision = {"outcome": "approved", **REASON}
    answers = await asyncio.gather(
        *(product.post(f"{ALLOCATIONS}/{asked}/decisions", decision, "pmo-1", Idempotency_Key=asked) for _ in range(2))
    )
    assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
    assert answers[0].json() == answers[1].json()
    assert (await _events_of(product, f"resource/{resource}"))["capacity-committed"] == 1
