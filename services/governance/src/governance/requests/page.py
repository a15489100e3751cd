"""What the pages of all requests share."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from governance.requests.request import Status
from mandate_events.deciding import PersonId
from mandate_events.values.text import Hash, Slug
from mandate_events.values.told import Answer, Edition, Id, Instant, Word


class EvidencePage(BaseModel):
    """A document that the request rests on."""

    title: str = Field(max_length=200, examples=["Business case, final"])
    sha256: Hash
    uri: str | None = Field(max_length=500)


class ConditionPage(BaseModel):
    """What must be done after a decision with conditions."""

    text: str = Field(max_length=500, examples=["Confirm the supplier's guarantee"])
    owner: str = Field(max_length=100)
    due_on: date


class PointPage(BaseModel):
    """One point of a list."""

    id: Slug = Field(examples=["need-stated"])
    title: str = Field(max_length=200, examples=["The need is stated by who has it"])


class JudgedGatePage(BaseModel):
    """What a gate is judged by."""

    id: Slug = Field(examples=["gate-1"])
    title: str = Field(max_length=200, examples=["Investment decision"])
    criteria: list[PointPage]
    deliverables: list[PointPage]
    evidence: list[PointPage]


class ControlPage(BaseModel):
    """A control of the standard."""

    id: Slug = Field(examples=["independent-cost-review"])
    title: str = Field(max_length=200, examples=["Independent review of the cost estimate"])
    mandatory: bool


class BasisPage(BaseModel):
    """What the project's standard says about the request."""

    decider: Literal["pmo", "sponsor"] = Field(description="Whom the standard gives the decision to")
    gate: JudgedGatePage | None = Field(description="Of a gate review: by which criteria, on what")
    control: ControlPage | None = Field(description="Of a waiver or a tailoring")
    tolerances: dict[str, str] = Field(description="By dimension, of what may change them", examples=[{"cost": "10 %"}])


class RequestPage(BaseModel):
    """What a project asks for and why, what it rests on, who may decide, and what was decided."""

    id: Id
    kind: Slug = Field(examples=["gate-review"])
    project: Id
    about: str = Field(description="The gate, the control, the period ... that it is about", examples=["gate-1"])
    standard: Edition = Field(description="What the project runs to")
    requested_by: PersonId
    requested_at: Instant
    reason: str | None = Field(max_length=500, description="Why it is asked for")
    evidence: list[EvidencePage]
    standard_says: BasisPage | None = Field(
        description="What the project's standard says about it; null in lists, and where the version is not known here"
    )
    may_decide: list[Word] = Field(description="The roles that the table of rights lets decide it", examples=[["pmo"]])
    status: Status = Field(description="`answered` when the project has said what became of the decision")
    outcome: Word | None
    conditions: list[ConditionPage]
    decided_by: PersonId | None
    decided_at: Instant | None
    decision_reason: str | None = Field(max_length=500, description="Why it was decided so")
    answer: Answer | None = Field(description="What the project said: `applied`, or why not")
