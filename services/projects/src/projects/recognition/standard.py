"""Standards as this service recognises them: what projects go through, and what they are judged by."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

import immutables
import msgspec

from mandate_events.deciding import Aggregate, Context, Decided, Invalid, NotYet, State, Streams, SystemCommand, says
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import told
from mandate_events.document.origin import Origin
from projects.control.tolerance import Given

Zone: TypeAlias = Literal["low", "medium", "high", "critical"]
Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

TOOL_CONTROL: Final = "tool-"
"""Begins what is waived where a project uses a tool that the PMO has not approved."""


class Gate(msgspec.Struct, frozen=True):
    """Where the PMO decides whether, and how, a project goes on."""

    id: str
    title: str


class Phase(msgspec.Struct, frozen=True):
    """A stretch of work that ends at a gate."""

    id: str
    title: str
    gate: Gate


class GatePath(msgspec.Struct, frozen=True):
    """The phases of a kind of project, in order."""

    id: str
    title: str
    phases: list[Phase]


class Control(msgspec.Struct, frozen=True):
    """What each project does to stay in hand. A mandatory one cannot be tailored out, only waived for a time."""

    id: str
    title: str
    mandatory: bool


class Risk(msgspec.Struct, frozen=True):
    """How risks are weighed: the zone of each probability (rows, 1 to 5) and impact (columns, 1 to 5)."""

    matrix: list[list[Zone]]
    acceptance_limit: Annotated[int, told("The highest score, probability times impact, that a PM may accept")]

    def zone(self, probability: int, impact: int) -> Zone:
        return self.matrix[probability - 1][impact - 1]


class Calendar(msgspec.Struct, frozen=True):
    """When people work."""

    id: str
    title: str
    weekdays: list[Weekday]
    hours_per_day: Annotated[str, told("A decimal, as text", pattern=r"^[0-9]{1,2}(\.[0-9]{1,2})?$")]
    holidays: list[date]


class StandardRecognised(Event, frozen=True, kw_only=True):
    """Governance published this version, and from here on projects can be given it."""

    version: int
    title: str
    paths: list[GatePath]
    controls: list[Control] = msgspec.field(default_factory=list)
    tolerances: Given = msgspec.field(default_factory=dict)
    risk: Risk | None = None
    evm_method: str | None = None
    calendars: list[Calendar] = msgspec.field(default_factory=list)
    origin: Origin


EVENTS: Final = (StandardRecognised,)


class RecogniseStandard(SystemCommand, frozen=True, kw_only=True):
    """Go by a version of a standard that the PMO published."""

    version: int
    title: str
    paths: list[GatePath]
    controls: list[Control] = msgspec.field(default_factory=list)
    tolerances: Given = msgspec.field(default_factory=dict)
    risk: Risk | None = None
    evm_method: str | None = None
    calendars: list[Calendar] = msgspec.field(default_factory=list)
    origin: Origin


class Version(State, frozen=True):
    paths: Mapping[str, GatePath]
    controls: Mapping[str, Control]
    tolerances: Given
    risk: Risk | None
    evm_method: str | None
    calendars: Mapping[str, Calendar]


Standard = immutables.Map[int, Version]


def decide(standard: Standard | None, command: RecogniseStandard, _context: Context) -> Decided:
    if standard and command.version in standard:
        return []
    return [says(StandardRecognised, command)]


def evolve(standard: Standard | None, event: StandardRecognised, _record: Recorded[Any]) -> Standard:
    version = Version(
        {path.id: path for path in event.paths},
        {control.id: control for control in event.controls},
        event.tolerances,
        event.risk,
        event.evm_method,
        {calendar.id: calendar for calendar in event.calendars},
    )
    return (standard or immutables.Map()).set(event.version, version)


STANDARD: Aggregate[Standard] = Aggregate(
    "standard",
    decide,
    evolve,
    events=EVENTS,
    records={RecogniseStandard: (StandardRecognised,)},
    opened_by=frozenset({RecogniseStandard}),
)


def version_of(context: Context, reference: str) -> Version | None:
    """What `id@version` says, or None where it is not recognised."""
    name, _, number = reference.partition("@")
    standard = context.read(STANDARD, name)
    return standard.get(int(number)) if standard else None


def standard_read(reference: str) -> Streams:
    """What `version_of` reads, and all that goes by it."""
    return [(STANDARD, reference.partition("@")[0])]


def phases_of(context: Context, reference: str, path: str) -> list[Phase]:
    """The phases of a path of `id@version`. `NotYet` where that is not recognised."""
    version = version_of(context, reference)
    if version is None or path not in version.paths:
        raise NotYet(f"{reference} with the path {path} is not recognised")
    return version.paths[path].phases


def controls_of(context: Context, reference: str) -> Mapping[str, Control]:
    """The controls of `id@version` by id; none where it names none, or is not recognised."""
    version = version_of(context, reference)
    return version.controls if version else {}


def check_control(context: Context, reference: str, control: str) -> None:
    """Where the standard lists its controls, it is one of them, or stands for a tool of the catalogue."""
    known = controls_of(context, reference)
    if known and control not in known and not control.startswith(TOOL_CONTROL):
        raise Invalid("/control", "no-such-control", standard=reference, control=control, known=sorted(known))
