"""Routes of the gate reviews: the PMO's inbox and its decisions."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.requests.gate_review import GATE_REVIEW, DecideGate, GateReview, Outcome
from governance.requests.routes.filters import ProjectFilter, seen_by
from governance.requests.routes.pages import ConditionPage, EvidencePage
from governance.requests.views.gate_reviews import GATE_REVIEWS, GATE_REVIEWS_VIEW
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit, instant
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["gates"])

Id = Annotated[str, Path(max_length=64, pattern=r"^[0-9a-f-]+$", description="Id of the gate review")]


Status = Literal["open", "decided", "answered"]


class ReviewItem(BaseModel):
    """A gate review in the inbox."""

    id: str
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    gate: str = Field(examples=["gate-1"])
    phase: str = Field(examples=["business-case"])
    standard: str = Field(examples=["capital-delivery@1"])
    requested_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    status: Status = Field(description="`answered` when the project has said what became of the decision")
    outcome: Outcome | None
    decided_by: str | None


class ListedReview(ReviewItem):
    """A gate review in the inbox, with its dates and what became of it."""

    opened_at: str = Field(examples=["2026-03-02T12:00:00.000000Z"])
    answer: str | None = Field(description="What the project said: `applied`, or why not", examples=["applied"])


class Reviews(BaseModel):
    """One page of gate reviews."""

    items: list[ListedReview]
    next: str | None = Field(description="Cursor of the next page")


class ReviewPage(ReviewItem):
    """A gate review with what it rests on."""

    evidence: list[EvidencePage]
    conditions: list[ConditionPage]


@router.get(
    "/v1/gate-reviews",
    operation_id="listGateReviews",
    responses={200: {"model": Reviews}},
    **reads("read-governance", waits=True),
)
async def list_gate_reviews(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    status: Status | None = None,
    project: ProjectFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Gate reviews, the longest waiting first. With a role in projects only, a person sees those of them."""
    page = view.page_of({"list": "gate-reviews", "status": status, "project": project}, limit, cursor)
    column = GATE_REVIEWS.c
    wanted = seen_by(who, GATE_REVIEWS, status=status, project=project)
    return await view.page(page, wanted, [(column.opened_at, False), (column.id, False)], shown_row, GATE_REVIEWS_VIEW)


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in ListedReview.model_fields}, "opened_at": instant(row["opened_at"])}


@router.get(
    "/v1/gate-reviews/{id}", operation_id="getGateReview", responses=shows(ReviewPage), **reads("read-governance")
)
async def get_gate_review(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One gate review."""
    fold = await things.find(GATE_REVIEW, id, seen=lambda found: who.sees(found.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, review: GateReview) -> dict[str, Any]:
    """A gate review as it is told."""
    return {
        "id": id_,
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


@router.post("/v1/gate-reviews/{id}/decisions", operation_id="decideGate", **decides(DecideGate))
async def decide(id: Id, command: DecideGate, desk: OpenDesk) -> Response:  # noqa: A002
    """Decide the gate: go, conditional_go, hold, recycle or kill.

    Never by who asked, runs the project or is its PMOfficer.
    """
    return await desk.decide(GATE_REVIEW, id, command, location=f"/v1/gate-reviews/{id}")
