"""KPIs: what is measured, and from where on it is bad. A figure that the system computes is never typed by a person."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeAlias

import immutables
import msgspec
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from governance.standards.standard import StandardReference, version_of
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Invalid,
    Line,
    Refused,
    State,
    Title,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Versioned, told

DECIMAL = r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"

Figure: TypeAlias = Annotated[str, Field(pattern=DECIMAL, description="A decimal, as text", examples=["0.95"])]
FigureText: TypeAlias = Annotated[str, told("A decimal, as text", pattern=DECIMAL)]
Direction: TypeAlias = Literal["higher-is-better", "lower-is-better"]
Colour: TypeAlias = Literal["green", "amber", "red"]


class KpiDefined(Event, frozen=True, kw_only=True):
    """This is measured, and how, from here on."""

    version: int
    title: str
    unit: str
    direction: Direction
    computed: bool
    formula: str | None = None


class ThresholdSet(Event, frozen=True, kw_only=True):
    """Up to the first bound a value is green, up to the second amber, beyond it red: for projects under this standard,
    or for all others where none is named."""

    standard: Versioned | None = None
    green: FigureText
    amber: FigureText


EVENTS = (KpiDefined, ThresholdSet)


class DefineKpi(Decision):
    """Define what is measured; where it is defined, define it anew."""

    title: Title = Field(examples=["Schedule performance index"])
    unit: Annotated[Line, Field(max_length=32)] = Field(examples=["ratio"])
    direction: Direction
    computed: bool = Field(description="The system computes it; nobody types it", examples=[False])
    formula: Annotated[Line, Field(max_length=500)] | None = Field(
        default=None, description="How it comes about; needed of a computed one", examples=["earned / planned value"]
    )

    @model_validator(mode="after")
    def _computed_how(self) -> Self:
        if self.computed and self.formula is None:
            raise PydanticCustomError("kpi-formula", "a computed KPI says its formula")
        return self


class SetThreshold(Decision):
    """Say from where on a value is amber, and red."""

    standard: StandardReference | None = Field(
        default=None, description="For projects under it; without, for all that have none of their own"
    )
    green: Figure = Field(description="The last green value", examples=["0.95"])
    amber: Figure = Field(description="The last amber value; what is worse is red", examples=["0.85"])


class Threshold(msgspec.Struct, frozen=True):
    """The bounds, and the standard they are of."""

    green: str
    amber: str
    standard: str | None = None

    def colour(self, value: str, direction: Direction) -> Colour:
        sign = 1 if direction == "higher-is-better" else -1
        worth, green, amber = (sign * Decimal(figure) for figure in (value, self.green, self.amber))
        return "green" if worth >= green else "amber" if worth >= amber else "red"


class Kpi(State, frozen=True):
    definition: KpiDefined
    thresholds: immutables.Map[str | None, Threshold] = msgspec.field(default_factory=immutables.Map)
    """By standard; under None what holds for all others."""

    def threshold(self, standard: str | None) -> Threshold | None:
        """The threshold for a project under this standard."""
        return self.thresholds.get(standard) or self.thresholds.get(None)


def decide(kpi: Kpi | None, command: Command, context: Context) -> Decided:
    match command, kpi:
        case DefineKpi(), _:
            if kpi and kpi.thresholds and kpi.definition.direction != command.direction:
                raise Refused("kpi-direction-fixed", direction=kpi.definition.direction)
            if kpi and kpi.definition.computed and not command.computed:
                raise Refused("kpi-stays-computed")
            return [
                KpiDefined(
                    version=kpi.definition.version + 1 if kpi else 1,
                    title=command.title,
                    unit=command.unit,
                    direction=command.direction,
                    computed=command.computed,
                    formula=command.formula,
                )
            ]
        case SetThreshold(), Kpi():
            return [_threshold(kpi, command, context)]
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a KPI")


def _threshold(kpi: Kpi, command: SetThreshold, context: Context) -> ThresholdSet:
    if command.standard:
        version = version_of(context, command.standard)
        if version is None or not version.published:
            raise Invalid("/standard", "not-a-published-standard", standard=command.standard)
    bounds = Threshold(command.green, command.amber)
    if bounds.colour(command.amber, kpi.definition.direction) == "green" and Decimal(command.green) != Decimal(
        command.amber
    ):
        raise Invalid("/amber", "amber-better-than-green", direction=kpi.definition.direction)
    return ThresholdSet(standard=command.standard, green=command.green, amber=command.amber)


def evolve(kpi: Kpi | None, event: Event, _record: Recorded[Any]) -> Kpi:
    match event, kpi:
        case KpiDefined(), None:
            return Kpi(event)
        case KpiDefined(), Kpi():
            return replace(kpi, definition=event)
        case ThresholdSet(standard=standard), Kpi():
            threshold = Threshold(event.green, event.amber, standard)
            return replace(kpi, thresholds=kpi.thresholds.set(standard, threshold))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a KPI")


KPI: Aggregate[Kpi] = Aggregate("kpi", decide, evolve, events=EVENTS, opened_by=frozenset({DefineKpi}))
