"""Tolerances: how far a project may depart from what was authorised before the PMO must be asked."""

from typing import Annotated, Any, TypeAlias

from pydantic import Field

from governance.standards.content import Dimension
from mandate_events.deciding import Line

Tolerances: TypeAlias = dict[Dimension, Annotated[Line, Field(max_length=200)]]
"""A decimal where it can be measured (time in working days, cost in the currency of the budget), else a statement."""

TOLERANCES: Any = Field(
    default_factory=dict,
    description="By dimension: a decimal as text (time in working days, cost in the budget's currency), a percentage "
    "such as 10 %, or a statement. For a dimension that is left out, that of the standard is fixed",
    examples=[{"time": "20", "cost": "150000.00", "quality": "No criterion of gate 2 unmet"}],
)
