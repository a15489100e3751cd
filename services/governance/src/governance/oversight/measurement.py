"""Measurements: the values of a KPI that people bring, one stream per KPI and project, or per KPI for the whole office.

The threshold is that of the standard the project runs to, else the one for all. A value in red is a breach, put on
record with the value itself.
"""

from typing import Annotated, Any, Final

import immutables
import msgspec
from pydantic import BaseModel, Field

from governance.oversight.kpi import KPI, Colour, Kpi
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Invalid,
    Looking,
    PersonId,
    Refused,
    State,
    Streams,
    Undecided,
    Unfolded,
    Unknown,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Versioned
from mandate_events.values.figures import DecimalInput, DecimalText
from mandate_events.values.text import Slug, ThingId
from mandate_events.values.told import Digits, Edition, Id, Instant

OFFICE: Final = "office"
"""In place of a project: what is measured of all of them together."""

PERIOD: Final = r"^[0-9]{4}(-(0[1-9]|1[0-2]|Q[1-4]|W(0[1-9]|[1-4][0-9]|5[0-3])))?$"

LATEST: Final = 500
"""So many periods are told at most."""


class KpiMeasured(Event, frozen=True, kw_only=True):
    """The KPI had this value in this period; measured again, the later value counts."""

    kpi: str
    project: ProjectId | None = None
    period: str
    value: DecimalText
    colour: Colour | None = None
    standard: Versioned | None = None


class ThresholdBreached(Event, frozen=True, kw_only=True):
    """The value lies in red: beyond this threshold, which is that of this standard, or the one for all."""

    kpi: str
    project: ProjectId | None = None
    period: str
    value: DecimalText
    threshold: DecimalText
    standard: Versioned | None = None


EVENTS: Final = (KpiMeasured, ThresholdBreached)


class MeasureKpi(Command):
    """Put a value of a KPI on record that the system does not compute.

    Of a project by its PMOfficer, of anything by the PMO. A value in red is put on record as a breach besides.
    """

    project: ThingId | None = Field(default=None, description="Of which project; without, of the whole office")
    period: Annotated[str, Field(pattern=PERIOD)] = Field(
        description="A year, quarter, month or ISO week", examples=["2026-Q3"]
    )
    value: DecimalInput


class Measured(msgspec.Struct, frozen=True):
    """What was measured in one period, by whom."""

    period: str
    value: str
    colour: Colour | None
    standard: str | None
    measured_by: str


class Measurement(State, frozen=True):
    kpi: str
    project: str | None
    standard: str | None = None
    measured: immutables.Map[str, Measured] = msgspec.field(default_factory=immutables.Map)
    """By period."""

    @property
    def periods(self) -> list[Measured]:
        """The latest of them, oldest first."""
        return [measured for _, measured in sorted(self.measured.items())[-LATEST:]]


def stream_of(kpi: str, project: str | None) -> str:
    """The id of the stream of a KPI in a project, or in the office."""
    return f"{kpi}.{project or OFFICE}"


def _parts(id_: str) -> tuple[str, str | None]:
    kpi, _, project = id_.partition(".")
    return kpi, None if project == OFFICE else project


def decide(measurement: Measurement | None, command: Command, context: Context) -> Decided:
    match command:
        case MeasureKpi():
            return _measured(measurement, command, context)
        case _:
            raise Undecided(command)


def _measured(measurement: Measurement | None, command: MeasureKpi, context: Context) -> Decided:
    id_, project = _parts(context.subject)
    kpi = context.read(KPI, id_)
    if kpi is None:
        raise Unknown(KPI.stream(id_))
    if measurement and command.period in measurement.measured and command.reason is None:
        raise Invalid("/reason", "why-measured-again", period=command.period)
    standard = _standard_of(project, context) if project else None
    threshold = kpi.threshold(standard)
    colour = threshold.colour(command.value, kpi.definition.direction) if threshold else None
    of = {"kpi": id_, "project": project}
    measured = says(KpiMeasured, command, **of, colour=colour, standard=standard)
    if threshold is None or colour != "red":
        return [measured]
    bound = {"threshold": threshold.amber, "standard": threshold.standard}
    return [measured, says(ThresholdBreached, command, **of, **bound)]


def _standard_of(project: str, context: Context) -> str:
    proposal = context.read(PROPOSAL, project)
    if proposal is None or proposal.standard is None:
        raise Refused("not-authorised")
    return proposal.standard


def kpi_read(_measurement: Any, _command: Any, looking: Looking) -> Streams:
    """The KPI that a measurement is of."""
    yield KPI, _parts(looking.subject)[0]


def reads(measurement: Measurement | None, command: Command, looking: Looking) -> Streams:
    """The KPI, and the standard of the project that it is measured in."""
    yield from kpi_read(measurement, command, looking)
    if project := _parts(looking.subject)[1]:
        yield PROPOSAL, project


def evolve(measurement: Measurement | None, event: Event, record: Recorded[Any]) -> Measurement:
    match event:
        case KpiMeasured(period=period):
            measured = Measured(period, event.value, event.colour, event.standard, record.actor)
            measurement = measurement or Measurement(event.kpi, event.project)
            return replace(measurement, standard=event.standard, measured=measurement.measured.set(period, measured))
        case ThresholdBreached() if measurement:
            return measurement
        case _:
            raise Unfolded(event)


MEASUREMENT: Aggregate[Measurement] = Aggregate(
    "kpi-measurement",
    decide,
    evolve,
    events=EVENTS,
    records={MeasureKpi: (KpiMeasured, ThresholdBreached)},
    reads=reads,
    opened_by=frozenset({MeasureKpi}),
    project=lambda id_, _: _parts(id_)[1],
    standard=lambda measurement: measurement.standard,
)


# --- what no person types ---


def is_computed(_measurement: Any, _command: Any, context: Context) -> bool:
    """The system computes the KPI: nobody types a value of it."""
    kpi: Kpi | None = context.read(KPI, _parts(context.subject)[0])
    return kpi is not None and kpi.definition.computed


# --- as it is told ---


class MeasuredPage(BaseModel):
    """What was measured of a period; the later value counts."""

    period: str = Field(pattern=PERIOD, examples=["2026-Q3"])
    value: Digits = Field(examples=["0.82"])
    colour: Colour | None = Field(description="Null where no threshold was set")
    standard: Edition | None = Field(description="What the project ran to")
    measured_by: PersonId


class MeasurementPage(BaseModel):
    """What was measured of a KPI in one place."""

    kpi: Slug = Field(examples=["schedule-performance"])
    project: Id | None
    periods: list[MeasuredPage] = Field(description=f"The latest {LATEST} of them, oldest first")


class BreachedThresholdItem(BaseModel):
    """A value that lies in red."""

    kpi: Slug = Field(examples=["schedule-performance"])
    project: Id | None
    period: str = Field(pattern=PERIOD, examples=["2026-Q3"])
    value: Digits = Field(examples=["0.82"])
    threshold: Digits = Field(description="Beyond it is red", examples=["0.85"])
    standard: Edition | None = Field(
        description="Whose threshold it is; null where it is the one for all", examples=["light@1"]
    )
    measured_by: PersonId
    breached_at: Instant
