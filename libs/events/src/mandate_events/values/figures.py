"""Figures: weights, scores, targets. Decimals as text, never floats; what is computed is rounded once, at the end."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from mandate_events.document.formats import told

PLACES: Final = 4


def spelled(value: Decimal) -> str:
    """The one spelling of a decimal: `40`, `7.5`, `0`."""
    return f"{value.normalize():f}"


FigureInput = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,7}(\.[0-9]{1,4})?$", description="Digits with at most four decimals, as text", examples=["3"]
    ),
    AfterValidator(lambda text: spelled(Decimal(text))),
]
"""As people send it."""

Figure = Annotated[str, told("A decimal, as text", pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")]
"""As events carry it: `3`, `7.5`."""


DECIMAL: Final = r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"

DecimalInput = Annotated[str, Field(pattern=DECIMAL, description="A decimal, as text", examples=["0.95"])]
"""A decimal with its sign, as people send it: kept as it is spelled."""

DecimalText = Annotated[str, told("A decimal, as text", pattern=DECIMAL)]
"""As events carry it."""


def rounded(value: Fraction) -> Decimal:
    """To four places, half to even: the only rounding there is, so that whoever computes it again gets the same."""
    return Decimal(round(value * 10**PLACES)).scaleb(-PLACES)
