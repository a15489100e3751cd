"""Routes of compliance reviews: opened, with findings and corrective actions, and closed."""

from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.oversight.compliance_review import (
    COMPLIANCE_REVIEW,
    CloseComplianceReview,
    CloseFinding,
    ComplianceReview,
    OpenComplianceReview,
    RaiseFinding,
    RequireCorrectiveAction,
    Severity,
    WithdrawCorrectiveAction,
)
from governance.oversight.views import COMPLIANCE_REVIEWS, COMPLIANCE_REVIEWS_VIEW, FINDINGS, FINDINGS_VIEW
from governance.requests.page import EvidencePage
from mandate_events.deciding import Command
from mandate_events.document.formats import UUID_PATTERN
from mandate_events.values.told import instant
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.filters import ProjectFilter, seen_by
from mandate_web.routes.lists import OpenView
from mandate_web.routes.paging import Cursor, Limit
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["compliance"])

ProjectId: TypeAlias = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the project")]
Id: TypeAlias = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the compliance review")]
Status: TypeAlias = Literal["open", "closed"]


@router.post(
    "/v1/projects/{id}/compliance-reviews", operation_id="openComplianceReview", **decides(OpenComplianceReview)
)
async def open_review(id: ProjectId, command: OpenComplianceReview, desk: OpenDesk) -> Response:  # noqa: A002
    """Open a compliance review of a project. Never by who runs or owns it, or is its PMOfficer."""
    return await desk.open(COMPLIANCE_REVIEW, command, project=id, location="/v1/compliance-reviews/{id}")


@router.post("/v1/compliance-reviews/{id}/findings", operation_id="raiseFinding", **decides(RaiseFinding))
async def raise_finding(id: Id, command: RaiseFinding, desk: OpenDesk) -> Response:  # noqa: A002
    """Say where the project does not comply. Findings are numbered from 1."""
    return await _give(desk, id, command)


@router.post(
    "/v1/compliance-reviews/{id}/corrective-actions",
    operation_id="requireCorrectiveAction",
    **decides(RequireCorrectiveAction),
)
async def require_action(id: Id, command: RequireCorrectiveAction, desk: OpenDesk) -> Response:  # noqa: A002
    """Require that something be done about a finding. The project's PM reports it, in the projects service."""
    return await _give(desk, id, command)


@router.post(
    "/v1/compliance-reviews/{id}/corrective-action-withdrawals",
    operation_id="withdrawCorrectiveAction",
    **decides(WithdrawCorrectiveAction),
)
async def withdraw_action(id: Id, command: WithdrawCorrectiveAction, desk: OpenDesk) -> Response:  # noqa: A002
    """Take back what was required of the project, where it has not reported it: it may have ended meanwhile."""
    return await _give(desk, id, command)


@router.post("/v1/compliance-reviews/{id}/finding-closures", operation_id="closeFinding", **decides(CloseFinding))
async def close_finding(id: Id, command: CloseFinding, desk: OpenDesk) -> Response:  # noqa: A002
    """Settle a finding. Never by who corrected it, and not while a required action is unreported."""
    return await _give(desk, id, command)


@router.post(
    "/v1/compliance-reviews/{id}/closures", operation_id="closeComplianceReview", **decides(CloseComplianceReview)
)
async def close_review(id: Id, command: CloseComplianceReview, desk: OpenDesk) -> Response:  # noqa: A002
    """End the review; nothing that it found may be open."""
    return await _give(desk, id, command)


async def _give(desk: OpenDesk, id_: str, command: Command) -> Response:
    return await desk.decide(COMPLIANCE_REVIEW, id_, command, location=f"/v1/compliance-reviews/{id_}")


class FindingPage(BaseModel):
    """What was found."""

    number: int
    control: str = Field(examples=["independent-cost-review"])
    severity: Severity
    text: str = Field(examples=["No second estimate was made"])
    status: Status
    closed_by: str | None = Field(description="Person id")


class CorrectiveActionPage(BaseModel):
    """What the project has to do about a finding, and what its PM reported."""

    id: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    finding: int
    action: str = Field(examples=["Have the estimate reviewed by another estimator"])
    owner: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    due_on: date
    reported_by: str | None = Field(description="Person id")
    withdrawn: bool = Field(description="The project no longer has to do it")
    evidence: list[EvidencePage]


class ComplianceReviewPage(BaseModel):
    """A compliance review with all that it found."""

    id: str
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    standard: str = Field(description="What the project ran to when it was opened", examples=["capital-delivery@1"])
    title: str = Field(examples=["Procurement, first half of the year"])
    controls: list[str] = Field(description="What is looked at", examples=[["independent-cost-review"]])
    opened_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    status: Status
    closed_by: str | None = Field(description="Person id")
    findings: list[FindingPage]
    corrective_actions: list[CorrectiveActionPage]


@router.get(
    "/v1/compliance-reviews/{id}",
    operation_id="getComplianceReview",
    responses=shows(ComplianceReviewPage),
    **reads("read-governance"),
)
async def get_review(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """A compliance review with all that it found."""
    fold = await things.find(COMPLIANCE_REVIEW, id, seen=lambda review: who.sees(review.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, review: ComplianceReview) -> dict[str, Any]:
    """A compliance review as it is told."""
    return {
        "id": id_,
        "project": review.project,
        "standard": review.standard,
        "title": review.title,
        "controls": list(review.controls),
        "opened_by": review.opened_by,
        "status": "closed" if review.closed_by else "open",
        "closed_by": review.closed_by,
        "findings": [
            {
                "number": number,
                "control": finding.control,
                "severity": finding.severity,
                "text": finding.text,
                "status": "closed" if finding.closed_by else "open",
                "closed_by": finding.closed_by,
            }
            for number, finding in sorted(review.findings.items())
        ],
        "corrective_actions": [
            {
                "id": action,
                "finding": required.finding,
                "action": required.action,
                "owner": required.owner,
                "due_on": required.due_on.isoformat(),
                "reported_by": required.reported_by,
                "withdrawn": required.withdrawn,
                "evidence": [{"title": e.title, "sha256": e.sha256, "uri": e.uri} for e in required.evidence],
            }
            for action, required in sorted(review.actions.items(), key=lambda each: (each[1].finding, each[0]))
        ],
    }


class ListedReview(BaseModel):
    """A compliance review in the list."""

    id: str
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    standard: str = Field(examples=["capital-delivery@1"])
    title: str = Field(examples=["Procurement, first half of the year"])
    opened_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    opened_at: str = Field(examples=["2026-03-02T12:00:00.000000Z"])
    status: Status
    findings: int = Field(description="How many it has")


class ComplianceReviews(BaseModel):
    """One page of compliance reviews."""

    items: list[ListedReview]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/compliance-reviews",
    operation_id="listComplianceReviews",
    responses={200: {"model": ComplianceReviews}},
    **reads("read-governance", waits=True),
)
async def list_reviews(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    project: ProjectFilter | None = None,
    status: Status | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Compliance reviews, the latest first. With a role in projects only, a person sees those of them."""
    page = view.page_of({"list": "compliance-reviews", "project": project, "status": status}, limit, cursor)
    column = COMPLIANCE_REVIEWS.c
    wanted = seen_by(who, COMPLIANCE_REVIEWS, project=project, status=status)
    keys = [(column.opened_at, True), (column.id, True)]
    return await view.page(page, wanted, keys, shown_row, COMPLIANCE_REVIEWS_VIEW)


def shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in ListedReview.model_fields}, "opened_at": instant(row["opened_at"])}


class ListedFinding(FindingPage):
    """A finding of any review."""

    review: str
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    raised_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    raised_at: str = Field(examples=["2026-03-02T12:00:00.000000Z"])


class Findings(BaseModel):
    """One page of findings."""

    items: list[ListedFinding]
    next: str | None = Field(description="Cursor of the next page")


@router.get(
    "/v1/findings",
    operation_id="listFindings",
    responses={200: {"model": Findings}},
    **reads("read-governance", waits=True),
)
async def list_findings(
    *,
    who: Annotated[Viewer, viewer("read-governance")],
    view: OpenView,
    project: ProjectFilter | None = None,
    status: Status | None = None,
    severity: Severity | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Findings of all reviews, the oldest first. With a role in projects only, a person sees those of them."""
    query = {"list": "findings", "project": project, "status": status, "severity": severity}
    page = view.page_of(query, limit, cursor)
    column = FINDINGS.c
    wanted = seen_by(who, FINDINGS, project=project, status=status, severity=severity)
    keys = [(column.raised_at, False), (column.review, False), (column.number, False)]
    return await view.page(page, wanted, keys, shown_finding, FINDINGS_VIEW)


def shown_finding(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: row[name] for name in ListedFinding.model_fields}, "raised_at": instant(row["raised_at"])}
