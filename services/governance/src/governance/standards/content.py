"""What a version of a standard says, as events carry it. Only its prose is a document of its own.

All lists are bounded where people send them (`document.py`), and the whole by what one event can hold.
"""

from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from mandate_events.document.event import Event
from mandate_events.document.formats import Sha256, told
from mandate_events.values.figures import DecimalText

Dimension: TypeAlias = Literal["time", "cost", "quality", "scope", "risk", "benefits", "sustainability"]
Zone: TypeAlias = Literal["low", "medium", "high", "critical"]
Direction: TypeAlias = Literal["higher-is-better", "lower-is-better"]
EvmMethod: TypeAlias = Literal["0-100", "50-50", "weighted-milestones", "percent-complete", "units", "level-of-effort"]
Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Boundary: TypeAlias = Literal[
    "gate-review", "charter", "baseline", "change", "exception", "tailoring", "waiver", "escalation", "closure"
]
"""What is decided at the boundaries of a project, by kind of request."""

Decider: TypeAlias = Literal["pmo", "sponsor"]


class Item(msgspec.Struct, frozen=True):
    """One point of a list: a criterion, a deliverable, a piece of evidence, a check."""

    id: str
    title: str


class Gate(msgspec.Struct, frozen=True):
    """Where it is decided whether, and how, a project goes on: by which criteria, on what."""

    id: str
    title: str
    criteria: list[Item] = msgspec.field(default_factory=list)
    deliverables: list[Item] = msgspec.field(default_factory=list)
    evidence: list[Item] = msgspec.field(default_factory=list)


class Phase(msgspec.Struct, frozen=True):
    """A stretch of work that ends at a gate."""

    id: str
    title: str
    gate: Gate


class GatePath(msgspec.Struct, frozen=True):
    """The phases that a kind of project goes through, in order."""

    id: str
    title: str
    phases: list[Phase]


class Control(msgspec.Struct, frozen=True):
    """What each project does to stay in hand. A mandatory one cannot be tailored out, only waived for a time."""

    id: str
    title: str
    mandatory: bool


class Checklist(msgspec.Struct, frozen=True):
    """What to look at, point by point."""

    id: str
    title: str
    items: list[Item]


class Role(msgspec.Struct, frozen=True):
    """A role in projects, and its duties."""

    id: str
    title: str
    duties: list[str]


class Risk(msgspec.Struct, frozen=True):
    """How risks are weighed: the zone of each probability (rows, 1 to 5) and impact (columns, 1 to 5)."""

    matrix: list[list[Zone]]
    acceptance_limit: Annotated[int, told("The highest score, probability times impact, that a PM may accept")]


class Thresholds(msgspec.Struct, frozen=True):
    """Up to the first bound a value is green, up to the second amber, beyond it red."""

    green: DecimalText
    amber: DecimalText


class Kpi(msgspec.Struct, frozen=True):
    """What is measured in each project, and from where on it is bad."""

    id: str
    title: str
    unit: str
    direction: Direction
    computed: bool
    formula: str | None = None
    thresholds: Thresholds | None = None


class Calendar(msgspec.Struct, frozen=True):
    """When people work."""

    id: str
    title: str
    weekdays: list[Weekday]
    hours_per_day: DecimalText
    holidays: list[date]


class Content(Event, frozen=True, kw_only=True):
    """All that a version says. `text` is the SHA-256 of its prose, where that was given."""

    title: str
    paths: list[GatePath]
    text: Sha256 | None = None
    controls: list[Control] = msgspec.field(default_factory=list)
    checklists: list[Checklist] = msgspec.field(default_factory=list)
    roles: list[Role] = msgspec.field(default_factory=list)
    tolerances: dict[Dimension, str] = msgspec.field(default_factory=dict)
    """A decimal (time in working days, cost in the currency of the budget), a percentage, or a statement."""
    risk: Risk | None = None
    kpis: list[Kpi] = msgspec.field(default_factory=list)
    evm_method: EvmMethod | None = None
    """How progress is credited where a work package says nothing else."""
    calendars: list[Calendar] = msgspec.field(default_factory=list)
    deciders: dict[Boundary, Decider] = msgspec.field(default_factory=dict)
    """Who decides what projects ask for, by kind of request: the PMO where none is named."""


def members(content: Content) -> dict[str, Any]:
    """What a version says, without what an event says of it besides."""
    return {name: getattr(content, name) for name in Content.__struct_fields__}
