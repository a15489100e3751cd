"""What the pages of all requests share."""

from datetime import date

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


class RequestPage(BaseModel):
    """What a project asks for, what it rests on, and what was decided."""

    id: str
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    standard: str = Field(examples=["capital-delivery@1"])
    requested_by: PersonId
    evidence: list[EvidencePage]
    status: Status = Field(description="`answered` when the project has said what became of the decision")
    outcome: str | None
    conditions: list[ConditionPage]
    decided_by: PersonId | None
    answer: str | None = Field(description="What the project said: `applied`, or why not", examples=["applied"])
