"""KPIs: what is measured, and from where on it is bad. A figure that the system computes is never typed by a person."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

import immutables
import msgspec
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from governance.standards.standard import StandardReference, standard_read, version_of
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Invalid,
    Line,
    Looking,
    Refused,
    State,
    Streams,
    Title,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Versioned
from mandate_events.values.figures import DecimalInput, DecimalText
from mandate_events.values.text import Slug
from mandate_events.values.told import Digits, Edition

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
    green: DecimalText
    amber: DecimalText


EVENTS: Final = (KpiDefined, ThresholdSet)


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
    green: DecimalInput = Field(description="The last green value", examples=["0.95"])
    amber: DecimalInput = Field(description="The last amber value; what is worse is red", examples=["0.85"])


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
    by_standard: immutables.Map[str | None, Threshold] = msgspec.field(default_factory=immutables.Map)
    """Its thresholds; under None what holds for all others."""

    @property
    def thresholds(self) -> list[Threshold]:
        """What holds for all others first."""
        return sorted(self.by_standard.values(), key=lambda each: each.standard or "")

    def threshold(self, standard: str | None) -> Threshold | None:
        """The threshold for a project under this standard."""
        return self.by_standard.get(standard) or self.by_standard.get(None)


def decide(kpi: Kpi | None, command: Command, context: Context) -> Decided:
    match command, kpi:
        case DefineKpi(), _:
            if kpi and kpi.thresholds and kpi.definition.direction != command.direction:
                raise Refused("kpi-direction-fixed", direction=kpi.definition.direction)
            if kpi and kpi.definition.computed and not command.computed:
                raise Refused("kpi-stays-computed")
            return [says(KpiDefined, command, version=kpi.definition.version + 1 if kpi else 1)]
        case SetThreshold(), Kpi():
            return [_threshold(kpi, command, context)]
        case _:
            raise Undecided(command)


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
    return says(ThresholdSet, command)


def reads(_kpi: Kpi | None, command: Command, _looking: Looking) -> Streams:
    """The standard that a threshold is of."""
    match command:
        case SetThreshold(standard=str(standard)):
            return standard_read(standard)
        case _:
            return ()


def evolve(kpi: Kpi | None, event: Event, _record: Recorded[Any]) -> Kpi:
    match event, kpi:
        case KpiDefined(), None:
            return Kpi(event)
        case KpiDefined(), Kpi():
            return replace(kpi, definition=event)
        case ThresholdSet(standard=standard), Kpi():
            threshold = Threshold(event.green, event.amber, standard)
            return replace(kpi, by_standard=kpi.by_standard.set(standard, threshold))
        case _:
            raise Unfolded(event)


KPI: Aggregate[Kpi] = Aggregate(
    "kpi",
    decide,
    evolve,
    events=EVENTS,
    records={DefineKpi: (KpiDefined,), SetThreshold: (ThresholdSet,)},
    reads=reads,
    opened_by=frozenset({DefineKpi}),
)


# --- as it is told ---


class KpiItem(BaseModel):
    """What is measured, and how."""

    id: Slug = Field(examples=["schedule-performance"])
    title: str = Field(max_length=200, examples=["Schedule performance index"])
    unit: str = Field(max_length=32, examples=["ratio"])
    direction: Direction
    computed: bool = Field(description="The system computes it; nobody types it")
    version: int = Field(description="How often it was defined")


class ThresholdPage(BaseModel):
    """From where on a value is amber, and red."""

    standard: Edition | None = Field(description="For projects under it; null for all others", examples=["light@1"])
    green: Digits = Field(description="The last green value", examples=["0.95"])
    amber: Digits = Field(description="The last amber value; what is worse is red", examples=["0.85"])


class KpiPage(KpiItem):
    """A KPI with its thresholds."""

    formula: str | None = Field(max_length=500, examples=["earned / planned value"])
    thresholds: list[ThresholdPage]
