"""The document of a version as people send it, with the bounds of all its lists. Only title and paths are needed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Protocol, Self, TypeAlias, TypeVar

import msgspec
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from governance.standards.content import (
    Boundary,
    Content,
    Decider,
    Dimension,
    Direction,
    EvmMethod,
    Weekday,
    Zone,
    members,
)
from mandate_events.deciding import Command, Context, Invalid, Line, Part, Slug, Text, Title
from mandate_events.document.canonical import encode
from mandate_events.values.figures import DecimalInput

MOST_BYTES: Final = 60_000
"""Of a version's content: one event holds it, with what the ledger says of it."""

ZONES: Final[tuple[Zone, ...]] = ("low", "medium", "high", "critical")


class _Named(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=Sequence[_Named])


def _once(named: N) -> N:
    if len({each.id for each in named}) < len(named):
        raise PydanticCustomError("own-ids", "each of these needs its own id")
    return named


class ItemInput(Part):
    """One point of a list."""

    id: Slug = Field(examples=["need-stated"])
    title: Title = Field(examples=["The need is stated by who has it"])


Items: TypeAlias = Annotated[list[ItemInput], Field(max_length=30), AfterValidator(_once)]


class GateInput(Part):
    id: Slug = Field(examples=["gate-1"])
    title: Title = Field(examples=["Business case approved"])
    criteria: Items = Field(default_factory=list, description="What must be true for a go")
    deliverables: Items = Field(default_factory=list, description="What the phase must have produced")
    evidence: Items = Field(default_factory=list, description="What a request for the gate must show")


class PhaseInput(Part):
    id: Slug = Field(examples=["business-case"])
    title: Title = Field(examples=["Business case"])
    gate: GateInput


class GatePathInput(Part):
    id: Slug = Field(examples=["two-gate"])
    title: Title = Field(examples=["Two gates"])
    phases: list[PhaseInput] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        for names in ([phase.id for phase in self.phases], [phase.gate.id for phase in self.phases]):
            if len(set(names)) < len(names):
                raise PydanticCustomError("phase-ids", "each phase and each gate of a path needs its own id")
        return self


class ControlInput(Part):
    """What each project does to stay in hand."""

    id: Slug = Field(examples=["independent-cost-review"])
    title: Title = Field(examples=["Independent cost review"])
    mandatory: bool = Field(description="It cannot be tailored out, only waived for a time")


class ChecklistInput(Part):
    """What to look at, point by point."""

    id: Slug = Field(examples=["before-tender"])
    title: Title = Field(examples=["Before the tender"])
    items: Items = Field(min_length=1)


class RoleInput(Part):
    """A role in projects, and its duties."""

    id: Slug = Field(examples=["sponsor"])
    title: Title = Field(examples=["Sponsor"])
    duties: list[Title] = Field(max_length=20, examples=[["Owns the business case"]])


class RiskInput(Part):
    """How risks are weighed."""

    matrix: Annotated[
        list[Annotated[list[Zone], Field(min_length=5, max_length=5)]], Field(min_length=5, max_length=5)
    ] = Field(
        description="The zone of each probability (rows, 1 to 5) and impact (columns, 1 to 5)",
        examples=[
            [
                ["low", "low", "low", "medium", "medium"],
                ["low", "low", "medium", "medium", "high"],
                ["low", "medium", "medium", "high", "high"],
                ["medium", "medium", "high", "high", "critical"],
                ["medium", "high", "high", "critical", "critical"],
            ]
        ],
    )
    acceptance_limit: int = Field(
        ge=0, le=25, description="The highest score, probability times impact, that a PM may accept", examples=[9]
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        ranks = [[ZONES.index(zone) for zone in row] for row in self.matrix]
        for line in (*ranks, *map(list, zip(*ranks, strict=True))):
            if line != sorted(line):
                raise PydanticCustomError("risk-zones-fall", "a more probable or graver risk is in no lower zone")
        return self


class ThresholdsInput(Part):
    """Up to the first bound a value is green, up to the second amber, beyond it red."""

    green: DecimalInput = Field(description="The last green value", examples=["0.95"])
    amber: DecimalInput = Field(description="The last amber value; what is worse is red", examples=["0.85"])


class KpiInput(Part):
    """What is measured in each project, and from where on it is bad."""

    id: Slug = Field(examples=["spi"])
    title: Title = Field(examples=["Schedule performance index"])
    unit: Annotated[Line, Field(max_length=32)] = Field(examples=["ratio"])
    direction: Direction
    computed: bool = Field(description="The system computes it; nobody types it")
    formula: Annotated[Line, Field(max_length=500)] | None = Field(
        default=None, description="How it comes about; needed of a computed one", examples=["EV / PV"]
    )
    thresholds: ThresholdsInput | None = None

    @model_validator(mode="after")
    def _judged_well(self) -> Self:
        if self.computed and self.formula is None:
            raise PydanticCustomError("kpi-formula", "a computed KPI says its formula")
        if self.thresholds:
            green, amber = Decimal(self.thresholds.green), Decimal(self.thresholds.amber)
            if green < amber if self.direction == "higher-is-better" else green > amber:
                raise PydanticCustomError("kpi-bounds", "amber is no better than green")
        return self


class CalendarInput(Part):
    """When people work."""

    id: Slug = Field(examples=["office"])
    title: Title = Field(examples=["Office hours"])
    weekdays: list[Weekday] = Field(min_length=1, max_length=7, examples=[["mon", "tue", "wed", "thu", "fri"]])
    hours_per_day: Annotated[str, Field(pattern=r"^([0-9]|1[0-9]|2[0-3])(\.[0-9]{1,2})?$|^24$", examples=["7.5"])]
    holidays: list[date] = Field(default_factory=list, max_length=200)


class DocumentCommand(Command):
    """A command that says what a version is to say."""

    title: Title = Field(examples=["Capital delivery standard"])
    paths: list[GatePathInput] = Field(min_length=1, max_length=20)
    text: Text | None = Field(default=None, max_length=1_000_000, description="The prose, kept as a document")
    controls: Annotated[list[ControlInput], AfterValidator(_once)] = Field(default_factory=list, max_length=100)
    checklists: Annotated[list[ChecklistInput], AfterValidator(_once)] = Field(default_factory=list, max_length=30)
    roles: Annotated[list[RoleInput], AfterValidator(_once)] = Field(default_factory=list, max_length=30)
    tolerances: dict[Dimension, Annotated[Line, Field(max_length=200)]] = Field(
        default_factory=dict,
        description="By dimension: a decimal as text (time in working days, cost in the budget's currency), a "
        "percentage such as 10 %, or a statement",
        examples=[{"time": "20", "cost": "10 %", "quality": "No criterion of a passed gate is unmet"}],
    )
    risk: RiskInput | None = None
    kpis: Annotated[list[KpiInput], AfterValidator(_once)] = Field(default_factory=list, max_length=50)
    evm_method: EvmMethod | None = Field(
        default=None, description="How progress is credited where a work package says nothing else"
    )
    calendars: Annotated[list[CalendarInput], AfterValidator(_once)] = Field(default_factory=list, max_length=10)
    deciders: dict[Boundary, Decider] = Field(
        default_factory=dict,
        description="Who decides what projects ask for, by kind of request; the PMO where none is named",
        examples=[{"change": "sponsor"}],
    )

    @model_validator(mode="after")
    def _paths_named_once(self) -> Self:
        if len({path.id for path in self.paths}) < len(self.paths):
            raise PydanticCustomError("path-ids", "each gate path needs its own id")
        return self


def recorded(command: DocumentCommand, context: Context) -> dict[str, Any]:
    """The members of the content as events carry it; the prose becomes a document."""
    text = context.attach("text/markdown; charset=utf-8", command.text.encode()) if command.text else None
    given = {**command.model_dump(include=set(Content.__struct_fields__)), "text": text}
    content = msgspec.convert(given, Content)
    size = len(encode(msgspec.to_builtins(content)))
    if size > MOST_BYTES:
        raise Invalid("", "standard-too-large", bytes=size, most=MOST_BYTES)
    return members(content)
