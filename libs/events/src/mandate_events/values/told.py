"""Values as pages tell them, in the spelling of documents: a schema says it to readers, nothing checks it again.

Money and other decimals are text, since no number is rounded on its way.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, WithJsonSchema

from mandate_events.document.formats import INSTANT, UUID_PATTERN
from mandate_events.values.money import Currency


def _text(example: str, /, **keywords: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **keywords, "examples": [example]})


Id = Annotated[str, _text("0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f", format="uuid", pattern=f"^{UUID_PATTERN}$")]
"""The id of a thing."""

Instant = Annotated[str, _text("2026-03-02T12:00:00.000000Z", **INSTANT)]
"""When: in UTC, to the microsecond."""

Edition = Annotated[str, _text("capital-delivery@1", pattern="^[a-z0-9]+(-[a-z0-9]+)*@[1-9][0-9]{0,5}$")]
"""One version of a standard or of a scoring model: `id@version`."""

Digits = Annotated[str, _text("12.5", pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,6})?$")]
"""A decimal, with its sign where it is below zero."""

WORD: Final = "^[a-z]+([_-][a-z0-9]+)*$"
Word = Annotated[str, _text("applied", pattern=WORD)]
"""One word of the system's: a role, an outcome, the name of a rule."""

Answer = Annotated[str, _text("applied", pattern="^(applied|not applied: [a-z0-9]+(-[a-z0-9]+)*)$")]
"""What a project said to a decision: it did it, or by which rule it could not."""

Reference = Annotated[str, _text("D-001", pattern=r"^\S(.*\S)?$", maxLength=64)]
"""What the organisation calls a project."""

Stream = Annotated[str, _text("project/0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f", pattern="^[a-z-]+/.+$")]
"""All events of one thing: its kind and its id."""

Authority = Annotated[
    str,
    _text("mandate/ce25ad4a-5edf-59aa-983a-c33342cd72ca@1", pattern="^([a-z-]+/.+|[a-z]+:[1-9][0-9]{0,17}|none)$"),
]
"""What a role rests on: an event as `stream@version`, for a policy `service:sequence`; `none` of who holds none."""

EventName = Annotated[str, _text("project-authorised.v1", pattern=r"^[a-z]+(-[a-z]+)*\.v[1-9][0-9]*$")]
"""What happened, and the version of its shape."""

EVENT_TYPE: Final = r"^mandate\.[a-z]+\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*$"
EventType = Annotated[str, _text("mandate.governance.project-authorised.v1", pattern=EVENT_TYPE)]
"""The same with the service that recorded it."""

CommandName = Annotated[str, _text("AuthoriseProject", pattern="^([A-Z][A-Za-z]+|[a-z]+(-[a-z]+)*)$")]
"""A command, or the right to read something."""

Href = Annotated[str, _text("/v1/gate-reviews/0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f", pattern="^/[!-~]*$")]
"""An address on the server that answers."""

Key = Annotated[str, _text("0190f3a5-7b1c-7c7e-9f43-5a1d2c3b4e5f", pattern="^[!-~]{1,255}$")]
"""What a caller names something by: a command by its idempotency key, a request by its correlation id."""

Consistency = Annotated[str, _text("governance:17", pattern="^[a-z]+:[0-9]{1,18}$")]
"""How far into a ledger: `service:position`."""

Following = Annotated[str, _text("eyJxIjoiOWY4NmQwODE4ODRjN2Q2NSIsImEiOltdfQ", pattern="^[A-Za-z0-9_-]+$")]
"""Where the next page of a list begins; what it says is nobody's business."""


class Amount(BaseModel):
    """An amount of money."""

    amount: str = Field(
        description="A decimal, as text: no amount is rounded on its way",
        pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,2})?$",
        examples=["2066075.59"],
    )
    currency: Currency


def amount_in(row: dict[str, Any], amount: str, currency: str) -> dict[str, str] | None:
    """What two columns of a row say."""
    value: Decimal | None = row[amount]
    return None if value is None else {"amount": str(value), "currency": row[currency]}


def instant(moment: datetime) -> str:
    """An instant as the database gives it (in UTC), in the spelling of documents."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
