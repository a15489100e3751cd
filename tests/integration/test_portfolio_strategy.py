"""A whole portfolio, from its spreadsheet to staffed projects: proposed, scored, ranked under a budget, authorised.

The public file of 445 projects where it is there, else one made with rows of the same shapes. What the ranking says is
computed here a second time, from the spreadsheet, with nothing of the product.
"""

import asyncio
import csv
import hashlib
import subprocess
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio

from tests.e2e.running import BIN
from tests.faults.proposals import MAPS, NAME, ROWS, proposals_file
from tests.integration.over_http import OFFICE, PROPOSALS, Product, founded_product, observer, person, refused

PORTFOLIO: Final = "capital-delivery"
MODEL: Final = "alignment@1"
CRITERIA: Final = {"benefit": (Decimal(50), 5), "urgency": (Decimal("30.5"), 10), "ease": (Decimal("19.5"), 4)}
"""By criterion: weight and scale."""
SCORERS: Final = ("pmo-2", "team-1")
AT_A_TIME: Final = 24
EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Expected:
    """A project of the spreadsheet, and what the scorers give it."""

    reference: str
    cost: Decimal
    totals: Mapping[str, Decimal]

    @property
    def score(self) -> Decimal:
        return EXACT.divide(sum(self.totals.values(), Decimal(0)), Decimal(len(self.totals))).quantize(PLACES)


def scores_of(reference: str, scorer: str) -> dict[str, str]:
    """Always the same, and different from one to the next: in quarters, up to the scale."""
    noise = hashlib.sha256(f"{reference} {scorer}".encode()).digest()
    return {
        name: str(Decimal(byte % (4 * scale + 1)) / 4)
        for byte, (name, (_, scale)) in zip(noise, CRITERIA.items(), strict=False)
    }


def total(scores: Mapping[str, str]) -> Decimal:
    """100 x (the sum of weight x score / scale) / (the sum of the weights), rounded at the end."""
    reached = Decimal(0)
    for name, (weight, scale) in CRITERIA.items():
        reached = EXACT.add(reached, EXACT.divide(EXACT.multiply(weight, Decimal(scores[name])), Decimal(scale)))
    weights = sum((weight for weight, _ in CRITERIA.values()), Decimal(0))
    return EXACT.divide(EXACT.multiply(Decimal(100), reached), weights).quantize(PLACES, ROUND_HALF_EVEN)


def read(file: Path) -> list[Expected]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return [
            Expected(
                row["ID"].strip(),
                Decimal(row["FFC"]).quantize(Decimal("0.01")),
                {scorer: total(scores_of(row["ID"].strip(), scorer)) for scorer in SCORERS},
            )
            for row in csv.DictReader(stream)
        ]


def chosen(projects: Iterable[Expected], budget: Decimal, *, skip: bool) -> list[Expected]:
    found, spent = [], Decimal(0)
    for project in sorted(projects, key=lambda each: (-each.score, each.reference)):
        if spent + project.cost <= budget:
            found.append(project)
            spent += project.cost
        elif not skip:
            break
    return found


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The portfolio, proposed and scored by two members who did not propose it."""

    product: Product
    projects: Sequence[Expected]
    ids: Mapping[str, str]

    @property
    def budget(self) -> Decimal:
        """Half of what everything would cost."""
        return (sum((each.cost for each in self.projects), Decimal(0)) / 2).quantize(Decimal("0.01"))

    async def look(self, **query: str) -> dict[str, Any]:
        asked = {"model": MODEL, "budget": str(self.budget), "currency": "AUD", **query}
        path = f"/governance/v1/portfolios/{PORTFOLIO}/ranking?" + "&".join(f"{n}={v}" for n, v in asked.items())
        answer = await self.product.get(path)
        assert answer.status_code == 200, answer.text
        ranking: dict[str, Any] = answer.json()
        return ranking


async def give_all(product: Product, commands: Iterable[tuple[str, Mapping[str, Any], str]]) -> None:
    """Some at a time, as several people at their desks would."""
    turn = asyncio.Semaphore(AT_A_TIME)

    async def give(path: str, body: Mapping[str, Any], who: str) -> None:
        async with turn:
            await product.give(path, body, who)

    await asyncio.gather(*(give(*command) for command in commands))


@pytest_asyncio.fixture(scope="module")
async def portfolio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Portfolio]:
    file = proposals_file(tmp_path_factory.mktemp("portfolio"))
    projects = read(file)
    assert len(projects) == ROWS
    if file.name == NAME:
        assert sum(each.cost for each in projects) == Decimal("5113659152.50")
    async with founded_product() as product:
        await product.give(f"{OFFICE}/members", observer("team-1"))
        await product.give(
            "/governance/v1/standards/delivery/publications", {"version": 1, "reason": "Agreed"}, "pmo-2"
        )
        criteria = [
            {"id": name, "title": name.capitalize(), "weight": str(weight), "scale": scale}
            for name, (weight, scale) in CRITERIA.items()
        ]
        model = {"title": "Alignment", "criteria": criteria, "reason": "Resolved"}
        await product.give("/governance/v1/scoring-models/alignment/versions", model)
        await asyncio.to_thread(_import, product, file)
        ids = await _ids(product)
        await give_all(
            product,
            (
                (
                    f"{PROPOSALS}/{ids[each.reference]}/scores",
                    {"model": MODEL, "scores": scores_of(each.reference, scorer), "reason": "As I see it"},
                    scorer,
                )
                for each in projects
                for scorer in SCORERS
            ),
        )
        yield Portfolio(product, projects, ids)


def _import(product: Product, file: Path) -> None:
    command = [str(BIN / "mandate"), "--url", f"http://127.0.0.1:{product.port}", "--as", "pmo-1"]
    done = subprocess.run(
        [*command, "import", "proposals", str(file), "--portfolio", PORTFOLIO, *MAPS],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == f"{ROWS} accepted, 0 already there, 0 rejected.\n", done.stderr


async def _ids(product: Product, status: str = "proposed") -> dict[str, str]:
    """By reference, of the proposals with that status."""
    found: dict[str, str] = {}
    cursor: str | None = ""
    while cursor is not None:
        path = f"{PROPOSALS}?portfolio={PORTFOLIO}&status={status}&limit=200{cursor and f'&cursor={cursor}'}"
        page = (await product.get(path)).json()
        found |= {each["reference"]: each["id"] for each in page["items"]}
        cursor = page["next"]
    return found


@pytest.mark.parametrize("skip", [False, True])
async def test_the_ranking_is_what_the_arithmetic_says(portfolio: Portfolio, skip: bool) -> None:
    seen = await portfolio.look(skip=str(skip).lower())
    expected = sorted(portfolio.projects, key=lambda each: (-each.score, each.reference))
    assert [(line["reference"], line["score"]) for line in seen["items"]] == [
        (each.reference, str(each.score)) for each in expected
    ]
    totals = {person(scorer): scorer for scorer in SCORERS}
    for line, each in zip(seen["items"], expected, strict=True):
        assert {totals[who]: Decimal(given) for who, given in line["totals"].items()} == each.totals
        assert Decimal(line["cost"]["amount"]) == each.cost
    taken = chosen(portfolio.projects, portfolio.budget, skip=skip)
    assert [line["reference"] for line in seen["items"] if line["taken"]] == [each.reference for each in taken]
    cost = sum((each.cost for each in taken), Decimal(0))
    assert (seen["considered"], seen["taken"], Decimal(seen["cost"]["amount"])) == (ROWS, len(taken), cost)
    assert cost <= portfolio.budget


async def test_what_is_looked_at_is_what_goes_on_record(portfolio: Portfolio) -> None:
    seen = await portfolio.look()
    end = await portfolio.product.recorded()
    body = {
        "model": MODEL,
        "budget": {"amount": str(portfolio.budget), "currency": "AUD"},
        "reason": "Half of what was asked for",
    }
    receipt = await portfolio.product.give(f"/governance/v1/portfolios/{PORTFOLIO}/prioritisations", body)
    assert receipt["position"] == end + 1  # looking recorded nothing
    recorded = await portfolio.product.get(f"/governance/v1/prioritisations/{receipt['id']}/ranking")
    assert recorded.json() == {**seen, "allowed": []}


async def test_what_is_reached_is_authorised_and_staffed(portfolio: Portfolio) -> None:
    product = portfolio.product
    lines = [line for line in (await portfolio.look())["items"] if line["taken"]]
    assert len(lines) > 100
    terms = {"standard": "delivery@1", "tolerances": {"cost": "10 %", "time": "20"}, "reason": "Within the budget"}
    first = lines[0]["proposal"]
    own = {**terms, "budget": lines[0]["cost"]}
    refused(await product.post(f"{PROPOSALS}/{first}/authorisations", own, "pmo-1"), 403, "authoriser-is-proposer")
    await give_all(
        product,
        (
            (f"{PROPOSALS}/{line['proposal']}/authorisations", {**terms, "budget": line["cost"]}, "pmo-2")
            for line in lines
        ),
    )
    posts = {"managers": "pm-1", "officers": "officer-1", "sponsors": "sponsor-1"}
    await give_all(
        product,
        (
            (f"/governance/v1/projects/{line['proposal']}/{post}", observer(who), "pmo-1")
            for line in lines
            for post, who in posts.items()
        ),
    )
    authorised = await _ids(product, "authorised")
    assert authorised == {line["reference"]: line["proposal"] for line in lines}
    assert len(await _ids(product)) == ROWS - len(lines)
    type_ = "mandate.governance.project-authorised.v1"
    rows = await product.query("select document from ledger.events where type = $1", type_)
    budgets = [orjson.loads(row[0])["data"]["budget"] for row in rows]
    spent = sum((Decimal(each["amount"]) for each in budgets), Decimal(0))
    assert spent == sum((each.cost for each in chosen(portfolio.projects, portfolio.budget, skip=False)), Decimal(0))
    staffed = (await product.get(f"/governance/v1/projects/{first}/appointments")).json()
    assert [staffed[post] for post in ("manager", "officer", "sponsor")] == [person(who) for who in posts.values()]
