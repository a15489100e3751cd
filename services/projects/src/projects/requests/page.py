"""What the pages of all requests share."""

from pydantic import BaseModel, Field

from mandate_events.deciding import PersonId
from mandate_events.values.told import Edition, Id, Instant, Word
from projects.execution.evidence import EvidencePage


class RequestPage(BaseModel):
    """What the project asked for and why, what it rests on, and what came of it."""

    id: Id
    project: Id
    standard: Edition
    requested_by: PersonId
    requested_at: Instant
    reason: str | None = Field(max_length=500, description="Why it is asked for")
    evidence: list[EvidencePage]
    status: Word = Field(description="`open`, or the decision that reached the project", examples=["open"])
    decided_at: Instant | None = Field(description="When it was decided here, or the decision arrived")
    decision_reason: str | None = Field(max_length=500, description="Why it was decided so")
