"""Money: a decimal amount with its currency. Never a float; a roll-up adds one currency at a time."""

import re
from decimal import Decimal
from typing import Annotated

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from mandate_events.document.formats import told


def _plain(value: object) -> object:
    """Digits, and at most one point between them: what a person reads is what is recorded."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,16}(\.[0-9]{1,2})?", value, re.ASCII):
        raise PydanticCustomError("not-an-amount", "an amount is written like 1234567.89")
    if isinstance(value, float | bool):
        raise PydanticCustomError(
            "amount-is-text", 'an amount is text, like "1234567.89"; a JSON number with decimals is not exact'
        )
    return value


Amount = Annotated[
    Decimal,
    BeforeValidator(_plain),
    Field(ge=0, le=Decimal(10) ** 15, decimal_places=2),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^[0-9]{1,16}(\.[0-9]{1,2})?$"},
                {"type": "integer", "minimum": 0, "maximum": 10**15},
            ],
            "description": "Digits with at most two decimals, as text; at most 10^15",
            "examples": ["2066075.59"],
        }
    ),
]

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code", examples=["AUD"])]


class Money(msgspec.Struct, frozen=True):
    """An amount in a currency, as events carry it: the amount is text with two decimals."""

    amount: Annotated[str, told(pattern=r"^[0-9]{1,16}\.[0-9]{2}$")]
    currency: Annotated[str, told("ISO 4217 code", pattern="^[A-Z]{3}$")]

    @property
    def value(self) -> Decimal:
        return Decimal(self.amount)


class MoneyInput(BaseModel):
    """An amount in a currency, as people send it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Amount
    currency: Currency

    def recorded(self) -> Money:
        """The same money in the one spelling that events use."""
        return Money(amount=f"{self.amount:.2f}", currency=self.currency)
