"""What the pages of all requests share."""

from pydantic import BaseModel, Field

from mandate_events.deciding import PersonId
from mandate_events.values.told import Edition, Id, Word


class RequestPage(BaseModel):
    """What the project asked for, and what came of it."""

    id: Id
    project: Id
    standard: Edition
    requested_by: PersonId
    status: Word = Field(description="`open`, or the decision that reached the project", examples=["open"])
