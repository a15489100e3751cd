"""What the pages of all requests share."""

from pydantic import BaseModel, Field

from mandate_events.deciding import PersonId


class RequestPage(BaseModel):
    """What the project asked for, and what came of it."""

    id: str
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    standard: str = Field(examples=["capital-delivery@1"])
    requested_by: PersonId
    status: str = Field(description="`open`, or the decision that reached the project", examples=["open"])
