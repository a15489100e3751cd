"""The office: it exists by its charter and acts through its members. One stream, `office/main`."""

from collections.abc import Set
from datetime import date
from functools import cache
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from governance.office.events import (
    EVENTS,
    AuditorAppointed,
    AuditorRemoved,
    CharterAmended,
    FounderNamed,
    ObserverAppointed,
    ObserverRemoved,
    OfficeChartered,
    OfficeMemberAppointed,
    OfficeMemberRemoved,
)
from governance.people.mandate import MandateGiven, MandateWithdrawn, give, held_by, mandate_read, withdraw
from governance.roles import AUDITOR, FOUNDER, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Looking,
    PersonId,
    Refused,
    State,
    Streams,
    SystemCommand,
    Title,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.values.money import Currency

THE_OFFICE = "main"
FOUNDING_MEMBERS = 2
"""Until so many members stand beside each other nothing can be decided by another than its author."""


OF_THE_MACHINE: Final = frozenset({"localtime", "Factory"})
"""What these names mean differs from one machine to another, or is nothing."""


@cache
def _zones() -> Set[str]:
    """The names that mean the same wherever the record is read: not `right/...`, nor what stands for the machine."""
    return available_timezones() - OF_THE_MACHINE


def _exists(name: str) -> str:
    if name not in _zones():
        raise PydanticCustomError("no-time-zone", "{name} is not a time zone of the IANA database", {"name": name})
    return name


TimeZone = Annotated[str, Field(max_length=64, examples=["Australia/Melbourne"]), AfterValidator(_exists)]


class NameFounder(SystemCommand, frozen=True, kw_only=True):
    """Given once, by the service's first start."""

    person: PersonId


class CharterOffice(Decision):
    """Found the office.

    The founder is named by the configuration of the first start.
    """

    name: Title = Field(examples=["Capital Delivery PMO"])
    time_zone: TimeZone = "UTC"
    currency: Currency = Field(default="AUD")


class AmendCharter(Decision):
    """Change the charter: all of it as it is to read from now on.

    Name, time zone and currency, those that stay as they were too.
    """

    name: Title = Field(examples=["Portfolio Office"])
    time_zone: TimeZone
    currency: Currency


class AppointMember(Decision):
    """Let a person act for the PMO."""

    person: PersonId


class RemoveMember(Decision):
    """End a person's membership."""

    person: PersonId


class AppointAuditor(Decision):
    """Let a person read everything."""

    person: PersonId


class RemoveAuditor(Decision):
    """End a person's audit."""

    person: PersonId


class AppointObserver(Decision):
    """Let a person read the portfolio's reports."""

    person: PersonId


class RemoveObserver(Decision):
    """Let a person no longer read the portfolio's reports."""

    person: PersonId


class OfficePage(BaseModel):
    """The office: its charter, and its members by their person ids."""

    name: str = Field(max_length=200, examples=["Project Management Office"])
    time_zone: str = Field(
        description="Days end at midnight here",
        pattern="^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$",
        examples=["Australia/Melbourne"],
    )
    currency: Currency
    members: list[PersonId]
    auditors: list[PersonId]
    observers: list[PersonId]


class Office(State, frozen=True):
    founder: str | None = None
    name: str | None = None
    time_zone: str = "UTC"
    currency: str = "AUD"
    members: frozenset[str] = frozenset()
    auditors: frozenset[str] = frozenset()
    observers: frozenset[str] = frozenset()


def decide(office: Office | None, command: Instruction, context: Context) -> Decided:
    match command, office:
        case NameFounder(person=person), None:
            return [FounderNamed(person=person), give(person, FOUNDER)]
        case NameFounder(), _:
            return []
        case CharterOffice(), Office(name=None):
            return [says(OfficeChartered, command)]
        case CharterOffice(), _:
            raise Refused("already-chartered")
        case _, Office(name=None):
            raise Refused("not-chartered")
        case AmendCharter(name=name, time_zone=zone, currency=currency), Office():
            if (name, zone, currency) == (office.name, office.time_zone, office.currency):
                raise Refused("charter-says-so")
            return [says(CharterAmended, command)]
        case AppointMember(person=person), Office():
            if person in office.members:
                raise Refused("already-member")
            if any(m.role in {PROJECT_MANAGER, AUDITOR} for m in held_by(context, person)):
                raise Refused("member-holds-other-role", authority=True)
            return [OfficeMemberAppointed(person=person), give(person, PMO)]
        case RemoveMember(), Office():
            if command.said("person") not in {None, *office.members}:
                raise Refused("not-a-member")
            if len(office.members) <= FOUNDING_MEMBERS:
                raise Refused("too-few-members", needed=FOUNDING_MEMBERS)
            person = command.person
            return [OfficeMemberRemoved(person=person), withdraw(person, PMO)]
        case AppointAuditor(person=person), Office():
            if person in office.auditors:
                raise Refused("already-auditor")
            if any(m.role in {PMO, PM_OFFICER, PROJECT_MANAGER, SPONSOR} for m in held_by(context, person)):
                raise Refused("auditor-holds-other-role", authority=True)
            return [AuditorAppointed(person=person), give(person, AUDITOR)]
        case RemoveAuditor(), Office():
            if not office.auditors or command.person not in office.auditors:
                raise Refused("not-an-auditor")
            person = command.person
            return [AuditorRemoved(person=person), withdraw(person, AUDITOR)]
        case AppointObserver(person=person), Office():
            if person in office.observers:
                raise Refused("already-observer")
            return [ObserverAppointed(person=person), give(person, OBSERVER)]
        case RemoveObserver(), Office():
            if not office.observers or command.person not in office.observers:
                raise Refused("not-an-observer")
            person = command.person
            return [ObserverRemoved(person=person), withdraw(person, OBSERVER)]
        case _:
            raise Undecided(command)


def reads(_office: Office | None, command: Instruction, _looking: Looking) -> Streams:
    """The mandates of the person who is given a role, or loses one."""
    match command:
        case (
            NameFounder(person=person)
            | AppointMember(person=person)
            | RemoveMember(person=person)
            | AppointAuditor(person=person)
            | RemoveAuditor(person=person)
            | AppointObserver(person=person)
            | RemoveObserver(person=person)
        ):
            return mandate_read(person)
        case _:
            return ()


def evolve(office: Office | None, event: Event, _record: Recorded[Any]) -> Office:
    office = office or Office()
    match event:
        case FounderNamed(person=person):
            return replace(office, founder=person)
        case OfficeChartered() | CharterAmended():
            return replace(office, name=event.name, time_zone=event.time_zone, currency=event.currency)
        case OfficeMemberAppointed(person=person):
            return replace(office, members=office.members | {person})
        case OfficeMemberRemoved(person=person):
            return replace(office, members=office.members - {person})
        case AuditorAppointed(person=person):
            return replace(office, auditors=office.auditors | {person})
        case AuditorRemoved(person=person):
            return replace(office, auditors=office.auditors - {person})
        case ObserverAppointed(person=person):
            return replace(office, observers=office.observers | {person})
        case ObserverRemoved(person=person):
            return replace(office, observers=office.observers - {person})
        case _:
            raise Unfolded(event)


OFFICE: Aggregate[Office] = Aggregate(
    "office",
    decide,
    evolve,
    events=EVENTS,
    records={
        NameFounder: (FounderNamed, MandateGiven),
        CharterOffice: (OfficeChartered,),
        AmendCharter: (CharterAmended,),
        AppointMember: (OfficeMemberAppointed, MandateGiven),
        RemoveMember: (OfficeMemberRemoved, MandateWithdrawn),
        AppointAuditor: (AuditorAppointed, MandateGiven),
        RemoveAuditor: (AuditorRemoved, MandateWithdrawn),
        AppointObserver: (ObserverAppointed, MandateGiven),
        RemoveObserver: (ObserverRemoved, MandateWithdrawn),
    },
    reads=reads,
    opened_by=frozenset({NameFounder}),
)


def today(context: Context) -> date:
    """The office's day: it ends at midnight in the charter's time zone; before there is a charter, in UTC."""
    office = context.read(OFFICE, THE_OFFICE) or Office()
    return context.now.astimezone(ZoneInfo(office.time_zone)).date()


def office_read() -> Streams:
    """What `today` reads."""
    return [(OFFICE, THE_OFFICE)]


# --- separation of duties ---


def founding_is_over(office: Office | None, _command: Any, context: Context) -> bool:
    """The founder appoints the first members; from then on the PMO does."""
    return office is not None and office.founder == context.actor and len(office.members) >= FOUNDING_MEMBERS
