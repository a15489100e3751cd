"""What the pages of all requests share."""

from datetime import date

from pydantic import BaseModel, Field

from governance.requests.request import Status
from mandate_events.deciding import PersonId
from mandate_events.values.text import Hash
from mandate_events.values.told import Edition, Id, Word


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


class RequestPage(BaseModel):
    """What a project asks for, what it rests on, and what was decided."""

    id: Id
    project: Id
    standard: Edition
    requested_by: PersonId
    evidence: list[EvidencePage]
    status: Status = Field(description="`answered` when the project has said what became of the decision")
    outcome: Word | None
    conditions: list[ConditionPage]
    decided_by: PersonId | None
    answer: Word | None = Field(description="What the project said: `applied`, or why not")
