"""Money: a decimal amount with its currency. Never a float; a roll-up adds one currency at a time."""

from decimal import Decimal
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, Field

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code", examples=["AUD"])]


class Money(msgspec.Struct, frozen=True):
    """An amount in a currency, as events carry it: the amount is text with two decimals."""

    amount: str
    currency: str

    @property
    def value(self) -> Decimal:
        return Decimal(self.amount)


class MoneyInput(BaseModel):
    """An amount in a currency, as people send it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Decimal = Field(ge=0, le=Decimal(10) ** 15, decimal_places=2, examples=["2066075.59"])
    currency: Currency

    def recorded(self) -> Money:
        """The same money in the one spelling that events use."""
        return Money(amount=f"{self.amount:.2f}", currency=self.currency)
