"""Routes of prioritisation: what a budget would reach, and the rankings that the PMO puts on record."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import orjson
from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import JSONResponse, Response

from governance.strategy.figures import FigureInput
from governance.strategy.prioritisation import (
    MOST,
    PRIORITISATION,
    Prioritisation,
    Prioritise,
    PrioritisePortfolio,
    candidate,
    summary,
    table,
)
from governance.strategy.proposal import PROPOSAL
from governance.strategy.ranking import Limits, Why, rank
from governance.strategy.scoring_model import SCORING_MODEL, ModelReference, version_of
from governance.strategy.views.prioritisations import PRIORITISATIONS, PRIORITISATIONS_VIEW
from governance.strategy.views.proposals import PROPOSALS, PROPOSALS_VIEW
from mandate_events.deciding import Slug
from mandate_events.document.formats import UUID_PATTERN
from mandate_events.ledger.store import Store
from mandate_events.values.money import Currency, Money
from mandate_events.values.told import Amount, amount_in, instant
from mandate_web.problems.problem import invalid
from mandate_web.routes.access import Authenticated, Viewer, no_right, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.lists import OpenView, View, view_of_now
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["strategy"])

Portfolio = Annotated[Slug, Path(description="The portfolio's name", examples=["capital-delivery"])]
Id = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the prioritisation")]


class RankedPage(BaseModel):
    """One line of a ranking, with its arithmetic."""

    proposal: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    reference: str = Field(examples=["Q05388"])
    totals: dict[str, str] = Field(
        description="By scorer, out of 100", examples=[{"ce25ad4a-5edf-59aa-983a-c33342cd72ca": "72.5000"}]
    )
    score: str | None = Field(description="The mean of the totals", examples=["72.5000"])
    cost: Amount
    effort_days: str | None
    taken: bool
    why: Why | None = Field(description="Why it is not taken")
    together: Amount = Field(description="What all that is taken costs, down to this line")
    effort_together: str = Field(description="And how many days of work it is", examples=["220"])
    arithmetic: str = Field(description="The same in words")


class SummaryPage(BaseModel):
    """What was ranked, within which limits, and what was taken."""

    portfolio: str = Field(examples=["capital-delivery"])
    model: str = Field(examples=["alignment@1"])
    budget: Amount
    capacity: str | None = Field(description="Days of work; null is no limit", examples=["1200"])
    skip: bool = Field(description="What did not fit was passed over")
    considered: int = Field(examples=[445])
    taken: int = Field(examples=[220])
    cost: Amount = Field(description="Of all that is taken")
    effort_days: str = Field(examples=["1180.5"])


class RankingPage(SummaryPage):
    """A ranking, best first."""

    items: list[RankedPage]


class PlacePage(BaseModel):
    """The place of a proposal."""

    proposal: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    score: str | None
    cost: Amount
    taken: bool


class PrioritisationPage(SummaryPage):
    """A ranking on record."""

    id: str = Field(examples=["0190f3a5-7b1c-7c7e-9f43-5a1d2c3b4e5f"])
    prioritised_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    ranked: list[PlacePage] = Field(description="Best first; empty where there are more than 250")
    table: str = Field(description="SHA-256 of the whole ranking: `GET /v1/blobs/{sha256}`")


@router.get(
    "/v1/portfolios/{id}/ranking",
    operation_id="rankPortfolio",
    responses={200: {"model": RankingPage}},
    **reads("read-governance", waits=True),
)
async def rank_portfolio(
    *,
    request: Request,
    id: Portfolio,  # noqa: A002
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    things: OpenThings,
    model: Annotated[ModelReference, Query()],
    budget: Annotated[str, Query(pattern=r"^[0-9]{1,15}(\.[0-9]{1,2})?$", examples=["5000000.00"])],
    currency: Annotated[Currency, Query()],
    capacity: Annotated[FigureInput | None, Query(description="Days of work that there are")] = None,
    skip: Annotated[bool, Query(description="Pass over what does not fit, and go on")] = False,
) -> Response:
    """What a budget and a capacity would reach of the undecided proposals. Nothing is recorded."""
    if not who.sees_all():
        raise no_right("read-governance", who.rights)
    found = await things.find(SCORING_MODEL, model.partition("@")[0])
    if version_of(found.state, model) is None:
        raise invalid("?model", "no-such-scoring-model", model=model)
    zone = await request.app.state.find_zone(things.known_at)
    store: Store = request.app.state.store
    day = (things.known_at or store.appender.now()).astimezone(zone).date()
    limits = Limits(Money(f"{Decimal(budget):.2f}", currency), None if capacity is None else Decimal(capacity), skip)
    proposals = [(each, (await things.find(PROPOSAL, each)).state) for each in await _undecided(view, id)]
    lines = rank((candidate(each, state, model, day) for each, state in proposals if state.undecided), limits)
    about = msgspec.to_builtins(summary(lines, id, model, limits))
    return view.mark(JSONResponse({**about, "items": table(lines)}))


async def _undecided(view: View, portfolio: str) -> Sequence[str]:
    """The proposals of a portfolio that are open to a decision."""
    column = PROPOSALS.c
    wanted = select(column.id).where(column.portfolio == portfolio, column.status.not_in(["authorised", "rejected"]))
    rows = await view.ask(wanted.order_by(column.id).limit(MOST + 1), PROPOSALS_VIEW)
    if len(rows) > MOST:
        raise invalid("", "too-many-proposals", portfolio=portfolio, limit=MOST)
    return [row[0] for row in rows]


@router.post("/v1/portfolios/{id}/prioritisations", operation_id="prioritisePortfolio", **decides(PrioritisePortfolio))
async def prioritise(
    request: Request,
    id: Portfolio,  # noqa: A002
    command: Prioritise,
    person: Authenticated,
    desk: OpenDesk,
) -> Response:
    """Put a ranking on record: of the proposals that are named, or of all that are undecided. It authorises nothing."""
    named = {name: getattr(command, name) for name in Prioritise.model_fields}
    if not command.proposals:
        named["proposals"] = await _undecided(await view_of_now(request, person), id)
    return await desk.open(
        PRIORITISATION, PrioritisePortfolio(portfolio=id, **named), location="/v1/prioritisations/{id}"
    )


class PrioritisationItem(SummaryPage):
    """A ranking on record, by whom and when."""

    id: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    prioritised_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    prioritised_at: str = Field(examples=["2026-11-24T12:00:00.000000Z"])


class Prioritisations(BaseModel):
    """One page of prioritisations."""

    items: list[PrioritisationItem]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/portfolios/{id}/prioritisations",
    operation_id="listPrioritisations",
    responses={200: {"model": Prioritisations}},
    **reads("read-governance", waits=True),
)
async def list_prioritisations(
    *,
    id: Portfolio,  # noqa: A002
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The rankings of a portfolio that are on record, the newest first."""
    if not who.sees_all():
        raise no_right("read-governance", who.rights)
    column = PRIORITISATIONS.c
    page = view.page_of({"list": "prioritisations", "portfolio": id}, limit, cursor)
    wanted = select(PRIORITISATIONS).where(column.portfolio == id)
    keys = [(column.prioritised_at, True), (column.id, True)]
    return await view.page(page, wanted, keys, shown_row, PRIORITISATIONS_VIEW)


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in PrioritisationItem.model_fields if name in row},
        "budget": amount_in(row, "budget_amount", "currency"),
        "cost": amount_in(row, "cost_amount", "currency"),
        "prioritised_at": instant(row["prioritised_at"]),
    }


@router.get(
    "/v1/prioritisations/{id}",
    operation_id="getPrioritisation",
    responses=shows(PrioritisationPage),
    **reads("read-governance"),
)
async def get_prioritisation(
    id: Id,  # noqa: A002
    who: Annotated[Viewer, viewer("read-governance")],
    things: OpenThings,
) -> Response:
    """A ranking on record: its limits, its places, and what was taken."""
    fold = await things.find(PRIORITISATION, id, seen=lambda _: who.sees_all())
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, prioritisation: Prioritisation) -> dict[str, Any]:
    """A prioritisation as it is told."""
    said = prioritisation.said
    about: dict[str, Any] = msgspec.to_builtins(said)
    return {"id": id_, **about, "prioritised_by": prioritisation.prioritised_by}


@router.get(
    "/v1/prioritisations/{id}/ranking",
    operation_id="getPrioritisationRanking",
    responses=shows(RankingPage),
    **reads("read-governance"),
)
async def get_ranking(
    request: Request,
    id: Id,  # noqa: A002
    who: Annotated[Viewer, viewer("read-governance")],
    things: OpenThings,
) -> Response:
    """The whole ranking that is on record, with the arithmetic of each line."""
    fold = await things.find(PRIORITISATION, id, seen=lambda _: who.sees_all())
    store: Store = request.app.state.store
    document = await store.reader.blob(bytes.fromhex(fold.state.said.table))
    about = {name: shown(id, fold.state)[name] for name in SummaryPage.model_fields}
    return await things.answer(fold, {**about, "items": orjson.loads(document[1]) if document else []})
