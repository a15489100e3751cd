"""Appointments: who runs, watches and owns a project."""

from pathlib import Path
from typing import Final

from governance.appointments import appointment, routes
from governance.appointments.appointment import APPOINTMENT, AppointmentsPage
from governance.roles import PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR
from mandate_events.deciding.rights import allow
from mandate_events.deciding.separation import holds, named_by_command
from mandate_web.chapters.chapter import Chapter, Served
from mandate_web.chapters.ids import PROJECT

STAFFING: Final = {
    "decider-is-its-officer": holds(PM_OFFICER),
    "decider-is-its-sponsor": holds(SPONSOR),
    "self-appointment": named_by_command("person"),
}

CHAPTER: Final = Chapter(
    name="appointments",
    says="Who runs, watches and owns a project: one accountable manager at any instant",
    folder=Path(__file__).parent,
    reads="read-governance",
    served=[
        Served(
            APPOINTMENT,
            AppointmentsPage,
            at="/v1/projects/{id}/appointments",
            id=PROJECT,
            takes={
                "/v1/projects/{id}/managers": appointment.AppointManager,
                "/v1/projects/{id}/manager-replacements": appointment.ReplaceManager,
                "/v1/projects/{id}/acceptances": appointment.AcceptAppointment,
                "/v1/projects/{id}/officers": appointment.AssignOfficer,
                "/v1/projects/{id}/officer-releases": appointment.ReleaseOfficer,
                "/v1/projects/{id}/sponsors": appointment.AppointSponsor,
                "/v1/projects/{id}/sponsor-replacements": appointment.ReplaceSponsor,
            },
            shown=routes.shown_appointments,
            special=True,
        ),
    ],
    rights=[
        allow(appointment.AppointManager, PMO, unless=STAFFING),
        allow(appointment.AcceptAppointment, PROJECT_MANAGER, own_project=True),
        allow(appointment.ReplaceManager, PMO, unless=STAFFING),
        allow(appointment.AssignOfficer, PMO, unless=STAFFING),
        allow(appointment.ReleaseOfficer, PMO, unless=STAFFING),
        allow(appointment.AppointSponsor, PMO, unless=STAFFING),
        allow(appointment.ReplaceSponsor, PMO, unless=STAFFING),
    ],
    routers=[routes.router],
    tags={"appointments": "Who runs, watches and owns a project"},
)
