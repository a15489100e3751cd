"""What the pages of all requests share."""

from pydantic import BaseModel, Field

from mandate_events.deciding import PersonId
from projects.execution.evidence import EvidencePage


class RequestPage(BaseModel):
    """What the project asked for and why, what it rests on, and what came of it."""

    id: str
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    standard: str = Field(examples=["capital-delivery@1"])
    requested_by: PersonId
    requested_at: str = Field(examples=["2026-03-02T12:00:00.000000Z"])
    reason: str | None = Field(description="Why it is asked for")
    evidence: list[EvidencePage]
    status: str = Field(description="`open`, or the decision that reached the project", examples=["open"])
    decided_at: str | None = Field(description="When it was decided here, or the decision arrived")
    decision_reason: str | None = Field(description="Why it was decided so")
