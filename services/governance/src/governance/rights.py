"""Who may decide what in governance. Default deny; the table's hash is the `policy` on every event.

The framework, that is the office and its standards, is read by everybody with a role. What is decided on a project is
read by who has a role in the office, or in that project.
"""

from governance import office
from governance.appointments import appointment
from governance.appointments.mandate import concerns_themselves
from governance.requests import waiver
from governance.requests.kinds import KINDS
from governance.requests.request import DECIDING, NoteAnswer
from governance.roles import AUDITOR, FOUNDER, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR
from governance.standards import standard
from governance.strategy import proposal
from mandate_events.rights import SYSTEM, allow

SELF_APPOINTMENT = {"self-appointment": concerns_themselves}
STAFFING = {"decider-is-its-officer": appointment.is_its_officer, **SELF_APPOINTMENT}

RIGHTS = (
    # the office
    allow(office.NameFounder, SYSTEM),
    allow(office.CharterOffice, FOUNDER),
    allow(office.AppointMember, PMO, unless=SELF_APPOINTMENT),
    allow(
        office.AppointMember,
        FOUNDER,
        unless={**SELF_APPOINTMENT, "founding-is-over": office.founding_is_over},
    ),
    allow(office.RemoveMember, PMO, unless={"self-removal": concerns_themselves}),
    allow(office.AppointAuditor, PMO, unless=SELF_APPOINTMENT),
    allow(office.AppointObserver, PMO, unless=SELF_APPOINTMENT),
    # standards
    allow(standard.DraftStandard, PMO),
    allow(standard.ReviseDraft, PMO),
    allow(standard.PublishStandard, PMO, unless={"publisher-is-sole-author": standard.is_sole_author}),
    # intake
    allow(proposal.ProposeProject, PMO),
    allow(proposal.AuthoriseProject, PMO, unless={"authoriser-is-proposer": proposal.is_proposer}),
    # appointments
    allow(appointment.AppointManager, PMO, unless=STAFFING),
    allow(appointment.ReplaceManager, PMO, unless=STAFFING),
    allow(appointment.AssignOfficer, PMO, unless=STAFFING),
    allow(appointment.ReleaseOfficer, PMO, unless=STAFFING),
    allow(appointment.AppointSponsor, PMO, unless=STAFFING),
    # what projects ask for
    *(allow(kind.receive, SYSTEM) for kind in KINDS.values()),
    *(allow(kind.decide, PMO, unless=DECIDING) for kind in KINDS.values()),
    allow(NoteAnswer, SYSTEM),
    allow(waiver.RevokeWaiver, PMO, unless=DECIDING),
    allow(waiver.ExpireWaiver, SYSTEM),
    # reading
    allow("read-framework", PMO, AUDITOR, OBSERVER, FOUNDER, PROJECT_MANAGER, PM_OFFICER, SPONSOR),
    allow("read-governance", PMO, AUDITOR, OBSERVER, FOUNDER),
    allow("read-denials", PMO, AUDITOR),
    allow("read-governance", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
)
