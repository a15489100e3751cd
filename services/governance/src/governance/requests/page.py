"""What the pages of all requests share."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from governance.requests.request import Status
from mandate_events.deciding import PersonId


class EvidencePage(BaseModel):
    """A document that the request rests on."""

    title: str = Field(examples=["Business case, final"])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    uri: str | None


class ConditionPage(BaseModel):
    """What must be done after a decision with conditions."""

    text: str = Field(examples=["Confirm the supplier's guarantee"])
    owner: str
    due_on: date


class PointPage(BaseModel):
    """One point of a list."""

    id: str = Field(examples=["need-stated"])
    title: str = Field(examples=["The need is stated by who has it"])


class JudgedGatePage(BaseModel):
    """What a gate is judged by."""

    id: str = Field(examples=["gate-1"])
    title: str = Field(examples=["Investment decision"])
    criteria: list[PointPage]
    deliverables: list[PointPage]
    evidence: list[PointPage]


class ControlPage(BaseModel):
    """A control of the standard."""

    id: str = Field(examples=["independent-cost-review"])
    title: str = Field(examples=["Independent review of the cost estimate"])
    mandatory: bool


class BasisPage(BaseModel):
    """What the project's standard says about the request."""

    decider: Literal["pmo", "sponsor"] = Field(description="Whom the standard gives the decision to")
    gate: JudgedGatePage | None = Field(description="Of a gate review: by which criteria, on what")
    control: ControlPage | None = Field(description="Of a waiver or a tailoring")
    tolerances: dict[str, str] = Field(description="By dimension, of what may change them", examples=[{"cost": "10 %"}])


class RequestPage(BaseModel):
    """What a project asks for and why, what it rests on, who may decide, and what was decided."""

    id: str
    kind: str = Field(examples=["gate-review"])
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    about: str = Field(description="The gate, the control, the period ... that it is about", examples=["gate-1"])
    standard: str = Field(description="What the project runs to", examples=["capital-delivery@1"])
    requested_by: PersonId
    requested_at: str = Field(examples=["2026-03-02T12:00:00.000000Z"])
    reason: str | None = Field(description="Why it is asked for")
    evidence: list[EvidencePage]
    standard_says: BasisPage | None = Field(
        description="What the project's standard says about it; null in lists, and where the version is not known here"
    )
    may_decide: list[str] = Field(description="The roles that the table of rights lets decide it", examples=[["pmo"]])
    status: Status = Field(description="`answered` when the project has said what became of the decision")
    outcome: str | None
    conditions: list[ConditionPage]
    decided_by: PersonId | None
    decided_at: str | None
    decision_reason: str | None = Field(description="Why it was decided so")
    answer: str | None = Field(description="What the project said: `applied`, or why not", examples=["applied"])
