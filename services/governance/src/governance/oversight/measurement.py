"""Measurements: the values of a KPI that people bring, one stream per KPI and project, or per KPI for the whole office.

The threshold is that of the standard the project runs to, else the one for all. A value in red is a breach, put on
record with the value itself.
"""

from typing import Annotated, Any

import immutables
import msgspec
from pydantic import Field

from governance.oversight.kpi import KPI, Colour, Figure, FigureText, Kpi
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Invalid,
    Refused,
    State,
    Unknown,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import UUID_PATTERN, ProjectId, Versioned

OFFICE = "office"
"""In place of a project: what is measured of all of them together."""

PERIOD = r"^[0-9]{4}(-(0[1-9]|1[0-2]|Q[1-4]|W(0[1-9]|[1-4][0-9]|5[0-3])))?$"


class KpiMeasured(Event, frozen=True, kw_only=True):
    """The KPI had this value in this period; measured again, the later value counts."""

    kpi: str
    project: ProjectId | None = None
    period: str
    value: FigureText
    colour: Colour | None = None
    standard: Versioned | None = None


class ThresholdBreached(Event, frozen=True, kw_only=True):
    """The value lies in red: beyond this threshold, which is that of this standard, or the one for all."""

    kpi: str
    project: ProjectId | None = None
    period: str
    value: FigureText
    threshold: FigureText
    standard: Versioned | None = None


EVENTS = (KpiMeasured, ThresholdBreached)


class MeasureKpi(Command):
    """Put a value of a KPI on record that the system does not compute."""

    project: Annotated[str, Field(pattern=f"^{UUID_PATTERN}$")] | None = Field(
        default=None,
        description="Of which project; without, of the whole office",
        examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"],
    )
    period: Annotated[str, Field(pattern=PERIOD)] = Field(
        description="A year, quarter, month or ISO week", examples=["2026-Q3"]
    )
    value: Figure


class Measured(msgspec.Struct, frozen=True):
    """What was measured in one period, by whom."""

    value: str
    colour: Colour | None
    standard: str | None
    by: str


class Measurement(State, frozen=True):
    kpi: str
    project: str | None
    standard: str | None = None
    periods: immutables.Map[str, Measured] = msgspec.field(default_factory=immutables.Map)


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
            raise TypeError(f"{type(command).__name__} is not decided by a measurement")


def _measured(measurement: Measurement | None, command: MeasureKpi, context: Context) -> Decided:
    id_, project = _parts(context.subject)
    kpi = context.read(KPI, id_)
    if kpi is None:
        raise Unknown(KPI.stream(id_))
    if measurement and command.period in measurement.periods and command.reason is None:
        raise Invalid("/reason", "why-measured-again", period=command.period)
    standard = _standard_of(project, context) if project else None
    threshold = kpi.threshold(standard)
    colour = threshold.colour(command.value, kpi.definition.direction) if threshold else None
    said: dict[str, Any] = {"kpi": id_, "project": project, "period": command.period, "value": command.value}
    events: list[Event] = [KpiMeasured(**said, colour=colour, standard=standard)]
    if threshold and colour == "red":
        events.append(ThresholdBreached(**said, threshold=threshold.amber, standard=threshold.standard))
    return events


def _standard_of(project: str, context: Context) -> str:
    proposal = context.read(PROPOSAL, project)
    if proposal is None or proposal.standard is None:
        raise Refused("not-authorised")
    return proposal.standard


def evolve(measurement: Measurement | None, event: Event, record: Recorded[Any]) -> Measurement:
    match event:
        case KpiMeasured(period=period):
            measured = Measured(event.value, event.colour, event.standard, record.actor)
            measurement = measurement or Measurement(event.kpi, event.project)
            return replace(measurement, standard=event.standard, periods=measurement.periods.set(period, measured))
        case ThresholdBreached() if measurement:
            return measurement
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a measurement")


MEASUREMENT: Aggregate[Measurement] = Aggregate(
    "kpi-measurement",
    decide,
    evolve,
    events=EVENTS,
    opened_by=frozenset({MeasureKpi}),
    project=lambda id_, _: _parts(id_)[1],
    standard=lambda measurement: measurement.standard,
)


# --- what no person types ---


def is_computed(_measurement: Any, _command: Any, context: Context) -> bool:
    """The system computes the KPI: nobody types a value of it."""
    kpi: Kpi | None = context.read(KPI, _parts(context.subject)[0])
    return kpi is not None and kpi.definition.computed
