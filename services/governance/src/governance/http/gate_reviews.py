"""Routes of the gate reviews: the PMO's inbox and its decisions."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import Path, Query, Request
from starlette.responses import JSONResponse, Response

from governance.gate_review import GATE_REVIEW, DecideGate, GateReview
from governance.views.gate_reviews import GATE_REVIEWS, everything
from mandate_events.deciding import Unknown
from mandate_web.access import Viewer, reads, viewer
from mandate_web.consistency import OpenView
from mandate_web.desk import OpenDesk, decides, single
from mandate_web.paging import Cursor, Limit, Page, instant
from mandate_web.routing import Router

router = Router(tags=["gates"])

Id = Annotated[str, Path(max_length=64, pattern=r"^[0-9a-f-]+$", description="Id of the gate review")]


@router.get("/v1/gate-reviews", operation_id="listGateReviews", **reads("read-governance", waits=True))
async def list_gate_reviews(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    status: Literal["open", "decided", "answered"] | None = None,
    project: Annotated[str | None, Query(max_length=64, pattern=r"^[0-9a-f-]+$", description="Id of a project")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Gate reviews, the longest waiting first. With a role in projects only, a person sees those of them."""
    page = Page({"list": "gate-reviews", "status": status, "project": project}, limit, cursor)
    select = everything if who.sees_all() else everything.where(GATE_REVIEWS.c.project.in_(who.projects()))
    if status:
        select = select.where(GATE_REVIEWS.c.status == status)
    if project:
        select = select.where(GATE_REVIEWS.c.project == project)
    select = page.apply(select, [(GATE_REVIEWS.c.opened_at, False), (GATE_REVIEWS.c.id, False)])
    async with view.engine.connect() as connection:
        rows = (await connection.execute(select)).all()
    items, following = page.answer(rows, ["opened_at", "id"])
    return view.mark(JSONResponse({"items": [_item(row) for row in items], "next": following}))


def _item(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "opened_at": instant(row["opened_at"])}


@router.get("/v1/gate-reviews/{id}", operation_id="getGateReview", **reads("read-governance"))
async def get_gate_review(request: Request, id: Id, who: Annotated[Viewer, viewer("read-governance")]) -> Response:  # noqa: A002
    """One gate review."""
    fold = await request.app.state.store.reader.fold(GATE_REVIEW, id)
    review: GateReview | None = fold.state
    if review is None or not who.sees(review.project):
        raise Unknown(f"gate-review/{id}")
    body = {
        "id": id,
        "project": review.project,
        "gate": review.gate,
        "phase": review.phase,
        "standard": review.standard,
        "requested_by": review.requested_by,
        "evidence": msgspec.to_builtins(review.evidence),
        "status": review.status,
        "outcome": review.outcome,
        "conditions": msgspec.to_builtins(review.conditions),
        "decided_by": review.decided_by,
    }
    return single(request, fold, body)


@router.post("/v1/gate-reviews/{id}/decisions", operation_id="decideGate", **decides(DecideGate))
async def decide(id: Id, command: DecideGate, desk: OpenDesk) -> Response:  # noqa: A002
    """Decide the gate: go, conditional_go, hold, recycle or kill.

    Never by who asked, runs the project or is its PMOfficer.
    """
    return await desk.decide(GATE_REVIEW, id, command, location=f"/v1/gate-reviews/{id}")
