"""What happens to the office: it is founded, chartered, and people join and leave it."""

from mandate_events.deciding import PersonId
from mandate_events.document.event import Event


class FounderNamed(Event, frozen=True, kw_only=True):
    """The configuration of the first start named who founds the office. It happens once."""

    person: PersonId


class OfficeChartered(Event, frozen=True, kw_only=True):
    """The PMO exists: its name, the time zone in which its days end, the currency it reports in."""

    name: str
    time_zone: str
    currency: str


class CharterAmended(Event, frozen=True, kw_only=True):
    """The charter reads so from here on: name, time zone and currency, those that stay as they were too."""

    name: str
    time_zone: str
    currency: str


class OfficeMemberAppointed(Event, frozen=True, kw_only=True):
    """The person acts for the PMO from here on."""

    person: PersonId


class OfficeMemberRemoved(Event, frozen=True, kw_only=True):
    """The person no longer acts for the PMO."""

    person: PersonId


class AuditorAppointed(Event, frozen=True, kw_only=True):
    """The person reads everything and decides nothing."""

    person: PersonId


class AuditorRemoved(Event, frozen=True, kw_only=True):
    """The person no longer audits."""

    person: PersonId


class ObserverAppointed(Event, frozen=True, kw_only=True):
    """The person reads the portfolio's reports."""

    person: PersonId


class ObserverRemoved(Event, frozen=True, kw_only=True):
    """The person no longer reads the portfolio's reports."""

    person: PersonId


EVENTS = (
    FounderNamed,
    OfficeChartered,
    CharterAmended,
    OfficeMemberAppointed,
    OfficeMemberRemoved,
    AuditorAppointed,
    AuditorRemoved,
    ObserverAppointed,
    ObserverRemoved,
)
