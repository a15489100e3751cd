"""Authorisation: what a project is let begin with, and the standard that it runs to from then on."""

from typing import Annotated, Any, TypeAlias

import msgspec
from pydantic import Field

from governance.standards.content import Dimension
from governance.standards.standard import StandardReference
from mandate_events.deciding import Decision, Line, Slug
from mandate_events.document.event import Event
from mandate_events.document.formats import Uuid, Versioned
from mandate_events.values.money import Money, MoneyInput
from mandate_events.values.text import ThingId

Tolerances: TypeAlias = dict[Dimension, Annotated[Line, Field(max_length=200)]]
"""A decimal where it can be measured (time in working days, cost in the currency of the budget), else a statement."""

TOLERANCES: Any = Field(
    default_factory=dict,
    description="By dimension: a decimal as text (time in working days, cost in the budget's currency), a percentage "
    "such as 10 %, or a statement. For a dimension that is left out, that of the standard is fixed",
    examples=[{"time": "20", "cost": "150000.00", "quality": "No criterion of gate 2 unmet"}],
)


class ProjectAuthorised(Event, frozen=True, kw_only=True):
    """The PMO lets the project begin: to this version of the standard, along this path, within this budget and these
    tolerances, for these objectives. A tolerance that was not given is that of the standard."""

    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: Versioned
    budget: Money
    tolerances: dict[Dimension, str] = msgspec.field(default_factory=dict)
    objectives: list[Uuid] = msgspec.field(default_factory=list)


class ProjectMigratedToStandard(Event, frozen=True, kw_only=True):
    """The project runs to another version of a standard from here on."""

    standard: Versioned
    gate_path: str


class AuthoriseProject(Decision):
    """Let the project begin.

    Standard, gate path, budget, tolerances and objectives are fixed with it.
    """

    standard: StandardReference
    budget: MoneyInput
    gate_path: Slug | None = Field(default=None, description="Where it is to differ from what was proposed")
    tolerances: Tolerances = TOLERANCES
    objectives: Annotated[list[ThingId], Field(max_length=20)] | None = Field(
        default=None, description="Where they are to differ from what was proposed"
    )
