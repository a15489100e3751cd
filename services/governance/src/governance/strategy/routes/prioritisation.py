"""Routes of prioritisation: what a budget would reach, and the rankings that the PMO puts on record."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import orjson
from fastapi import Path, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from governance.strategy.prioritisation import (
    MOST,
    PRIORITISATION,
    PrioritisationItem,
    Prioritise,
    PrioritisePortfolio,
    RankingPage,
    RecordedRankingPage,
    SummaryPage,
    candidate,
    summary,
    table,
)
from governance.strategy.proposal import PROPOSAL
from governance.strategy.ranking import Limits, rank
from governance.strategy.scoring_model import SCORING_MODEL, ModelReference, version_of
from governance.strategy.views import PRIORITISATIONS, PRIORITISATIONS_VIEW, PROPOSALS, PROPOSALS_VIEW
from mandate_events.deciding import Slug
from mandate_events.document.formats import UUID_PATTERN
from mandate_events.ledger.store import Store
from mandate_events.values.figures import FigureInput
from mandate_events.values.money import Currency, Money
from mandate_events.values.told import amount_in
from mandate_web.chapters.lists import page_model
from mandate_web.chapters.pages import copied, plain
from mandate_web.problems.problem import invalid
from mandate_web.routes.access import Viewer, no_right, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.lists import OpenListOfThings, OpenView, View, each_is, view_of_now
from mandate_web.routes.offering import with_allowed
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["strategy"])

Portfolio = Annotated[Slug, Path(description="The portfolio's name", examples=["capital-delivery"])]
Id = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the prioritisation")]


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
    return await view.answer({**about, "items": table(lines)})


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
    desk: OpenDesk,
) -> Response:
    """Put a ranking on record: of the proposals that are named, or of all that are undecided. It authorises nothing."""
    named = {name: getattr(command, name) for name in Prioritise.model_fields}
    if not command.proposals:
        named["proposals"] = await _undecided(await view_of_now(request), id)
    return await desk.open(
        PRIORITISATION, PrioritisePortfolio(portfolio=id, **named), location="/v1/prioritisations/{id}"
    )


@router.get(
    "/v1/portfolios/{id}/prioritisations",
    operation_id="listPrioritisations",
    responses={200: {"model": page_model(with_allowed(PrioritisationItem), "/v1/portfolios/{id}/prioritisations")}},
    **reads("read-governance", waits=True),
)
async def list_prioritisations(
    *,
    id: Portfolio,  # noqa: A002
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenListOfThings,
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
    return await view.page(page, wanted, keys, shown_row, PRIORITISATIONS_VIEW, of=each_is(PRIORITISATION))


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: plain(row[name]) for name in PrioritisationItem.model_fields if name in row},
        "budget": amount_in(row, "budget_amount", "currency"),
        "cost": amount_in(row, "cost_amount", "currency"),
    }


@router.get(
    "/v1/prioritisations/{id}/ranking",
    operation_id="getPrioritisationRanking",
    responses=shows(RecordedRankingPage),
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
    about = copied(SummaryPage, id, fold.state)
    return await things.answer(fold, {**about, "items": orjson.loads(document[1]) if document else []})
