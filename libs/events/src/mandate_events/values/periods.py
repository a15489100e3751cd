"""Periods: from one day to another, both included."""

from datetime import date
from typing import Final, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

MAX_WEEKS: Final = 520
"""Ten years: nothing is planned for longer, and what counts weeks comes to an end."""


class InPeriod(BaseModel):
    """What a command says that is about a period."""

    starts_on: date = Field(description="First day", examples=["2026-03-02"])
    until: date = Field(description="Last day", examples=["2026-06-26"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until < self.starts_on:
            raise PydanticCustomError("period-order", "a period does not end before it starts")
        if (self.until - self.starts_on).days >= MAX_WEEKS * 7:
            raise PydanticCustomError("period-too-long", "a period of at most {weeks} weeks", {"weeks": MAX_WEEKS})
        return self
