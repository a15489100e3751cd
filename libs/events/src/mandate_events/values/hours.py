"""Hours of work: a decimal as text, never a float; a working week has five days."""

import re
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from mandate_events.document.formats import told

PATTERN: Final = r"^[0-9]{1,5}(\.[0-9]{1,2})?$"

Hours = Annotated[str, told("Hours of work: a decimal, as text", pattern=r"^[0-9]{1,8}(\.[0-9]{1,3})?$")]
"""As events carry them."""


def _plain(value: object) -> object:
    """Digits, and at most one point between them: what a person reads is what is recorded."""
    if not isinstance(value, str) or not re.fullmatch(PATTERN[1:-1], value, re.ASCII):
        raise PydanticCustomError("not-hours", "hours are text, written like 37.5")
    return value


HoursPerWeek = Annotated[
    Decimal,
    BeforeValidator(_plain),
    Field(ge=0, le=10_000),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": PATTERN,
            "description": "Hours of work in a week of five days, as text; at most 10000",
            "examples": ["37.5"],
        }
    ),
]
"""As people send them."""
