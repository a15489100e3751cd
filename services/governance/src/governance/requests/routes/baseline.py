"""Routes of baselines: what projects want to be measured by, decided."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from governance.requests.baseline import BASELINE, Baseline, DecideBaseline
from governance.requests.routes.pages import Id, RequestPage, shown_request
from mandate_events.values.told import Amount, amount_of
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["baselines"])


class BaselinePage(RequestPage):
    """A baseline: from its submission to the project's answer."""

    number: int = Field(description="Its number in the project", examples=[1])
    scope: str = Field(examples=["The pumping station, without the outfall"])
    starts_on: date
    finishes_on: date
    budget: Amount
    change: str | None = Field(description="The approved change that a later baseline rests on")


@router.get("/v1/baselines/{id}", operation_id="getBaseline", responses=shows(BaselinePage), **reads("read-governance"))
async def get_baseline(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One baseline: what was submitted, what was decided, and what the project answered."""
    fold = await things.find(BASELINE, id, seen=lambda baseline: who.sees(baseline.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, baseline: Baseline) -> dict[str, Any]:
    """A baseline as it is told."""
    return {
        **shown_request(id_, baseline),
        "number": baseline.number,
        "scope": baseline.scope,
        "starts_on": baseline.starts_on.isoformat(),
        "finishes_on": baseline.finishes_on.isoformat(),
        "budget": amount_of(baseline.budget),
        "change": baseline.change,
    }


@router.post("/v1/baselines/{id}/decisions", operation_id="decideBaseline", **decides(DecideBaseline))
async def decide_baseline(id: Id, command: DecideBaseline, desk: OpenDesk) -> Response:  # noqa: A002
    """Approve the baseline or reject it. Never by who submitted it or runs the project."""
    return await desk.decide(BASELINE, id, command, location=f"/v1/baselines/{id}")
