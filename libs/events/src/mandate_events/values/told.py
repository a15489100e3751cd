"""Values as pages tell them: amounts of money as a decimal in text with its currency, instants as documents do."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from mandate_events.values.money import Money


class Amount(BaseModel):
    """An amount of money."""

    amount: str = Field(description="A decimal, as text: no amount is rounded on its way", examples=["2066075.59"])
    currency: str = Field(description="ISO 4217", examples=["AUD"])


def amount_of(money: Money | None) -> dict[str, str] | None:
    """What a document says."""
    return None if money is None else {"amount": money.amount, "currency": money.currency}


def amount_in(row: dict[str, Any], amount: str, currency: str) -> dict[str, str] | None:
    """What two columns of a row say."""
    value: Decimal | None = row[amount]
    return None if value is None else {"amount": str(value), "currency": row[currency]}


def instant(moment: datetime) -> str:
    """An instant as the database gives it (in UTC), in the spelling of documents."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
