"""Appointments: who runs a project (PM), who watches and supports it (PMOfficer), who owns it (sponsor).

One stream per project. One accountable PM at any instant; PM and PMOfficer are never one person.
"""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from governance.people.mandate import MandateGiven, MandateWithdrawn, give, held_by, mandate_read, withdraw
from governance.roles import AUDITOR, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Line,
    Looking,
    PersonId,
    Refused,
    State,
    Streams,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from mandate_events.values.told import Id


class ManagerAppointed(Event, frozen=True, kw_only=True):
    """The person is accountable for the project from here on."""

    project: ProjectId
    person: PersonId


class AppointmentAccepted(Event, frozen=True, kw_only=True):
    """The PM takes the appointment on: they know that they are accountable."""

    project: ProjectId
    person: PersonId


class ManagerReplaced(Event, frozen=True, kw_only=True):
    """Another person is accountable for the project from here on; what is handed over to whom is said with it."""

    project: ProjectId
    person: PersonId
    predecessor: PersonId
    handover: str | None = None


class OfficerAssigned(Event, frozen=True, kw_only=True):
    """The PMOfficer supports and watches the project from here on."""

    project: ProjectId
    person: PersonId


class OfficerReleased(Event, frozen=True, kw_only=True):
    """The PMOfficer no longer supports the project."""

    project: ProjectId
    person: PersonId


class SponsorAppointed(Event, frozen=True, kw_only=True):
    """The person owns the project's purpose and accepts what it delivers."""

    project: ProjectId
    person: PersonId


class SponsorReplaced(Event, frozen=True, kw_only=True):
    """Another person owns the project's purpose from here on."""

    project: ProjectId
    person: PersonId
    predecessor: PersonId


EVENTS = (
    ManagerAppointed,
    AppointmentAccepted,
    ManagerReplaced,
    OfficerAssigned,
    OfficerReleased,
    SponsorAppointed,
    SponsorReplaced,
)

Handover = Annotated[Line, Field(max_length=500)]


class AppointManager(Decision):
    """Make a person the project's PM."""

    person: PersonId


class AcceptAppointment(Command):
    """Take on the appointment as the project's PM.

    Only the PM themselves can.
    """


class ReplaceManager(Decision):
    """Make another person the project's PM, and say what is handed over."""

    person: PersonId
    handover: Handover = Field(
        description="What is handed over, to whom and how",
        examples=["Plan, contracts and open risks, to the successor in two sessions by Friday"],
    )


class AssignOfficer(Decision):
    """Assign a PMOfficer to the project."""

    person: PersonId


class ReleaseOfficer(Decision):
    """Release the PMOfficer from the project."""

    person: PersonId


class AppointSponsor(Decision):
    """Make a person the project's sponsor."""

    person: PersonId


class ReplaceSponsor(Decision):
    """Make another person the project's sponsor."""

    person: PersonId


class AppointmentsPage(BaseModel):
    """Who runs, watches and owns a project: person ids."""

    project: Id
    manager: PersonId | None = Field(description="The PM")
    accepted: bool = Field(description="Whether the PM accepted the appointment", examples=[True])
    officer: PersonId | None = Field(description="The PMOfficer")
    sponsor: PersonId | None


class Appointments(State, frozen=True):
    manager: str | None = None
    accepted: bool = False
    """The PM took the appointment on."""
    officer: str | None = None
    sponsor: str | None = None


def decide(given: Appointments | None, command: Any, context: Context) -> Decided:
    now, project = given or Appointments(), context.subject
    proposal = context.read(PROPOSAL, project)
    if proposal is None or proposal.standard is None:
        raise Refused("not-authorised")
    _check_conflicts(command, now, context)
    _check_posts(command, now)
    match command:
        case AppointManager(person=person):
            return [says(ManagerAppointed, command, project=project), give(person, PROJECT_MANAGER, project)]
        case AcceptAppointment():  # by the PM: nobody else has the right
            return [AppointmentAccepted(project=project, person=context.actor)]
        case ReplaceManager(person=person) if now.manager:
            return [
                says(ManagerReplaced, command, project=project, predecessor=now.manager),
                withdraw(now.manager, PROJECT_MANAGER, project),
                give(person, PROJECT_MANAGER, project),
            ]
        case AssignOfficer(person=person):
            return [says(OfficerAssigned, command, project=project), give(person, PM_OFFICER, project)]
        case ReleaseOfficer(person=person):
            return [says(OfficerReleased, command, project=project), withdraw(person, PM_OFFICER, project)]
        case AppointSponsor(person=person):
            return [says(SponsorAppointed, command, project=project), give(person, SPONSOR, project)]
        case ReplaceSponsor(person=person) if now.sponsor:
            return [
                says(SponsorReplaced, command, project=project, predecessor=now.sponsor),
                withdraw(now.sponsor, SPONSOR, project),
                give(person, SPONSOR, project),
            ]
        case _:
            raise Undecided(command)


def _check_posts(command: Command, now: Appointments) -> None:
    """A post is filled by one person at a time, and only who is in it can leave it."""
    match command:
        case AppointManager() if now.manager:
            raise _in_post(command, now.manager, PROJECT_MANAGER, "manager-in-post")
        case AssignOfficer() if now.officer:
            raise _in_post(command, now.officer, PM_OFFICER, "officer-in-post")
        case AppointSponsor() if now.sponsor:
            raise _in_post(command, now.sponsor, SPONSOR, "sponsor-in-post")
        case AcceptAppointment() if now.accepted:
            raise Refused("already-accepted")
        case ReplaceManager() if now.manager is None or command.person == now.manager:
            raise Refused("no-change-of-manager")
        case ReleaseOfficer() if now.officer is None or command.person != now.officer:
            raise Refused("not-the-officer")
        case ReplaceSponsor() if now.sponsor is None or command.person == now.sponsor:
            raise Refused("no-change-of-sponsor")


def _in_post(command: Command, person: str, role: str, rule: str) -> Refused:
    return Refused("already-appointed", role=role) if command.said("person") == person else Refused(rule)


def _check_conflicts(command: Command, now: Appointments, context: Context) -> None:
    """No two roles in one person that must watch or decide on each other."""
    if isinstance(command, AcceptAppointment | ReleaseOfficer):
        return
    person = command.said("person")
    if person is None:
        return
    match command:
        case AppointManager() | ReplaceManager():
            if any(m.role == PMO for m in held_by(context, person)):
                raise Refused("pmo-member-as-manager", authority=True)
            if person in {now.officer, now.sponsor}:
                raise Refused("conflict-of-roles", authority=True, role=PROJECT_MANAGER)
        case AssignOfficer():
            if person in {now.manager, now.sponsor}:
                raise Refused("conflict-of-roles", authority=True, role=PM_OFFICER)
        case AppointSponsor() | ReplaceSponsor():
            if person in {now.manager, now.officer}:
                raise Refused("conflict-of-roles", authority=True, role=SPONSOR)
        case _:
            return
    if any(m.role == AUDITOR for m in held_by(context, person)):
        raise Refused("auditor-decides-nothing", authority=True)


def reads(given: Appointments | None, command: Command, looking: Looking) -> Streams:
    """Whether the project is authorised, and the mandates of who comes into a post and who leaves it."""
    yield PROPOSAL, looking.subject
    match command:
        case ReplaceManager() if given and given.manager:
            yield from mandate_read(given.manager)
        case ReplaceSponsor() if given and given.sponsor:
            yield from mandate_read(given.sponsor)
    match command:
        case (
            AppointManager(person=person)
            | ReplaceManager(person=person)
            | AssignOfficer(person=person)
            | ReleaseOfficer(person=person)
            | AppointSponsor(person=person)
            | ReplaceSponsor(person=person)
        ):
            yield from mandate_read(person)


def evolve(given: Appointments | None, event: Event, _record: Recorded[Any]) -> Appointments:
    now = given or Appointments()
    match event:
        case ManagerAppointed(person=person) | ManagerReplaced(person=person):
            return replace(now, manager=person, accepted=False)
        case AppointmentAccepted():
            return replace(now, accepted=True)
        case OfficerAssigned(person=person):
            return replace(now, officer=person)
        case OfficerReleased():
            return replace(now, officer=None)
        case SponsorAppointed(person=person) | SponsorReplaced(person=person):
            return replace(now, sponsor=person)
        case _:
            raise Unfolded(event)


APPOINTMENT: Aggregate[Appointments] = Aggregate(
    "appointment",
    decide,
    evolve,
    events=EVENTS,
    records={
        AppointManager: (ManagerAppointed, MandateGiven),
        AcceptAppointment: (AppointmentAccepted,),
        ReplaceManager: (ManagerReplaced, MandateWithdrawn, MandateGiven),
        AssignOfficer: (OfficerAssigned, MandateGiven),
        ReleaseOfficer: (OfficerReleased, MandateWithdrawn),
        AppointSponsor: (SponsorAppointed, MandateGiven),
        ReplaceSponsor: (SponsorReplaced, MandateWithdrawn, MandateGiven),
    },
    reads=reads,
    opened_by=frozenset({AppointManager, AssignOfficer, AppointSponsor}),
    project=lambda id_, _: id_,
)
