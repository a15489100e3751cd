"""Lists of what happens to a project: the gate reviews that it asked for, and what it has taken up of the catalogue."""

from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, Field
from sqlalchemy import Column, DateTime, Integer, Text

from mandate_events.deciding import PersonId, Slug
from mandate_events.document.event import Recorded
from mandate_events.values.text import Hash
from mandate_events.values.told import Edition, Id, Instant, Word
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table
from projects.execution.adoption import TemplateUsed, ToolAdopted
from projects.execution.events import GateDecisionApplied, GateDecisionNotApplied, GateReviewRequested, Outcome

ReviewStatus: TypeAlias = Literal["open", "applied", "not_applied"]
Taken: TypeAlias = Literal["tool", "template"]


class GateReviewItem(BaseModel):
    """A gate review that the project asked for, and what came of it."""

    id: Id = Field(description="Governance knows it by the same id")
    project: Id
    gate: Slug = Field(examples=["gate-1"])
    phase: Slug = Field(examples=["business-case"])
    standard: Edition
    requested_by: PersonId
    requested_at: Instant
    reason: str | None = Field(max_length=500, description="Why it was asked for")
    status: ReviewStatus = Field(description="`open` until the decision has reached the project")
    outcome: Outcome | None
    rule: Word | None = Field(description="Why the decision was not applied")
    decided_at: Instant | None = Field(description="When the decision reached the project")
    decision_reason: str | None = Field(max_length=500, description="Why it was decided so")


class AdoptionItem(BaseModel):
    """A tool or a template that the project works with."""

    project: Id
    kind: Taken
    name: Slug = Field(examples=["risk-register"])
    standard: Edition = Field(description="What the project ran to")
    waiver: Id | None = Field(description="Of a tool that is not approved: what it rests on")
    version: int | None = Field(description="Of a template: the one that was used last")
    sha256: Hash | None = Field(description="Of a template: what it is, `GET /v1/blobs/{sha256}` of governance")
    adopted_by: PersonId
    adopted_at: Instant
    reason: str | None = Field(max_length=500)


GATE_REVIEWS: Final = table(
    "gate_reviews",
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False, index=True),
    Column("gate", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("standard", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text),
    Column("status", Text, nullable=False),
    Column("outcome", Text),
    Column("rule", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("decision_reason", Text),
)

ADOPTIONS: Final = table(
    "adoptions",
    Column("project", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("standard", Text, nullable=False),
    Column("waiver", Text),
    Column("version", Integer),
    Column("sha256", Text),
    Column("adopted_by", Text, nullable=False),
    Column("adopted_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text),
)


def reviewed(record: Recorded[Any]) -> Change:
    event = record.data
    says: dict[str, Any]
    match event:
        case GateReviewRequested():
            says = {"project": record.thing, "gate": event.gate, "phase": event.phase, "standard": record.standard}
            says |= {"requested_by": record.actor, "requested_at": record.time, "reason": record.reason}
            return Change(event.review, {**says, "status": "open"})
        case GateDecisionNotApplied():
            says = {"status": "not_applied", "rule": event.rule}
        case _:
            says = {"status": "applied"}
    says |= {"outcome": event.outcome, "decided_at": record.time, "decision_reason": record.reason}
    return Change(event.review, says)


def taken_up(record: Recorded[Any]) -> Change:
    event = record.data
    by = {"standard": event.standard, "adopted_by": record.actor, "adopted_at": record.time, "reason": record.reason}
    match event:
        case ToolAdopted():
            return Change((record.thing, "tool", event.tool), {**by, "waiver": event.waiver})
        case _:
            used = {"version": event.version, "sha256": event.sha256}
            return Change((record.thing, "template", event.template), {**by, **used})


GATE_REVIEWS_VIEW: Final = View(
    GATE_REVIEWS, (GateReviewRequested, GateDecisionApplied, GateDecisionNotApplied), reviewed
)
ADOPTIONS_VIEW: Final = View(ADOPTIONS, (ToolAdopted, TemplateUsed), taken_up)
