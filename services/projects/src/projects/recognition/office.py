"""The office as this service recognises it: where its days end, and the currency it reports in."""

from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from mandate_events.deciding import Aggregate, Context, Decided, Streams, SystemCommand, says
from mandate_events.document.event import Event, Recorded
from mandate_events.document.origin import Origin

THE_OFFICE = "main"


class OfficeRecognised(Event, frozen=True, kw_only=True):
    """The PMO's charter says so, and from here on this service goes by it."""

    time_zone: str
    currency: str
    origin: Origin


EVENTS: Final = (OfficeRecognised,)


class RecogniseOffice(SystemCommand, frozen=True, kw_only=True):
    """Go by the time zone and the currency of the PMO's charter."""

    time_zone: str
    currency: str
    origin: Origin


def decide(office: OfficeRecognised | None, command: RecogniseOffice, _context: Context) -> Decided:
    if office and (office.time_zone, office.currency) == (command.time_zone, command.currency):
        return []
    return [says(OfficeRecognised, command)]


def evolve(_office: OfficeRecognised | None, event: OfficeRecognised, _record: Recorded[Any]) -> OfficeRecognised:
    return event


OFFICE: Aggregate[OfficeRecognised] = Aggregate(
    "office",
    decide,
    evolve,
    events=EVENTS,
    records={RecogniseOffice: (OfficeRecognised,)},
    opened_by=frozenset({RecogniseOffice}),
)


def zone_of(office: OfficeRecognised | None) -> ZoneInfo:
    """Days end where the charter says; in UTC before it is known."""
    return ZoneInfo(office.time_zone if office else "UTC")


def today(context: Context) -> date:
    """The office's day: it ends at midnight in the charter's time zone."""
    return context.now.astimezone(zone_of(context.read(OFFICE, THE_OFFICE))).date()


def office_read() -> Streams:
    """What `today` reads."""
    return [(OFFICE, THE_OFFICE)]
