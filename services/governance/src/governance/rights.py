"""Who may decide what in governance. Default deny; the table's hash is the `policy` on every event.

The framework, that is the office and its standards, is read by everybody with a role. What is decided on a project is
read by who has a role in the office, or in that project.
"""

from governance import directory, office
from governance.appointments import appointment, separation
from governance.appointments.mandate import concerns_themselves
from governance.catalogue import process, template, tool, use
from governance.oversight import compliance_review, kpi, measurement
from governance.requests import allocation, waiver
from governance.requests.kinds import KINDS
from governance.requests.request import DECIDING, NoteAnswer, asked_for_it, given_to_sponsor, left_to_pmo
from governance.resources import resource
from governance.roles import AUDITOR, FOUNDER, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR
from governance.standards import migration, ready, standard
from governance.strategy import alignment, objective, prioritisation, proposal, scoring_model
from mandate_events.deciding.rights import SYSTEM, allow

SELF_APPOINTMENT = {"self-appointment": concerns_themselves}
COMPUTED = {"kpi-is-computed": measurement.is_computed}
REVIEWING = compliance_review.REVIEWING
STAFFING = {
    "decider-is-its-officer": separation.is_its_officer,
    "decider-is-its-sponsor": separation.owns_the_project,
    **SELF_APPOINTMENT,
}

RIGHTS = (
    # the office
    allow(office.NameFounder, SYSTEM),
    allow(office.CharterOffice, FOUNDER),
    allow(office.AmendCharter, PMO),
    allow(office.AppointMember, PMO, unless=SELF_APPOINTMENT),
    allow(
        office.AppointMember,
        FOUNDER,
        unless={**SELF_APPOINTMENT, "founding-is-over": office.founding_is_over},
    ),
    allow(office.RemoveMember, PMO, unless={"self-removal": concerns_themselves}),
    allow(office.AppointAuditor, PMO, unless=SELF_APPOINTMENT),
    allow(office.RemoveAuditor, PMO),
    allow(office.AppointObserver, PMO, unless=SELF_APPOINTMENT),
    allow(office.RemoveObserver, PMO),
    # standards
    allow(standard.DraftStandard, PMO),
    allow(ready.AdoptTemplate, PMO),
    allow(standard.ReviseDraft, PMO),
    allow(standard.ReviewDraft, PMO, unless={"reviewer-is-author": standard.is_author}),
    allow(standard.PublishStandard, PMO, unless={"publisher-is-sole-author": standard.is_sole_author}),
    allow(standard.RetireStandard, PMO),
    allow(migration.MigrateProject, PMO, unless=migration.DECIDING),
    # strategy
    allow(objective.SetObjective, PMO),
    allow(objective.ReviseObjective, PMO),
    allow(objective.RetireObjective, PMO),
    allow(scoring_model.DefineScoringModel, PMO),
    allow(prioritisation.PrioritisePortfolio, PMO),
    # intake
    allow(proposal.ProposeProject, PMO, SPONSOR),
    allow(proposal.AmendProposal, PMO, SPONSOR, unless={"amended-by-another": proposal.is_not_proposer}),
    allow(alignment.ScoreProposal, PMO, unless={"scorer-is-proposer": proposal.is_proposer}),
    *(
        allow(command, PMO, unless={"decider-is-proposer": proposal.is_proposer})
        for command in (proposal.RequestMore, proposal.DeferProposal, proposal.RejectProposal)
    ),
    allow(proposal.AuthoriseProject, PMO, unless={"authoriser-is-proposer": proposal.is_proposer}),
    # appointments
    allow(appointment.AppointManager, PMO, unless=STAFFING),
    allow(appointment.AcceptAppointment, PROJECT_MANAGER, own_project=True),
    allow(appointment.ReplaceManager, PMO, unless=STAFFING),
    allow(appointment.AssignOfficer, PMO, unless=STAFFING),
    allow(appointment.ReleaseOfficer, PMO, unless=STAFFING),
    allow(appointment.AppointSponsor, PMO, unless=STAFFING),
    allow(appointment.ReplaceSponsor, PMO, unless=STAFFING),
    # the directory: one's own entry, and the PMO everybody's
    allow(directory.ChangeDirectoryEntry, PMO),
    allow(directory.ChangeDirectoryEntry, AUDITOR, OBSERVER, FOUNDER, PROJECT_MANAGER, PM_OFFICER, SPONSOR),
    allow(directory.ErasePerson, PMO, unless={"self-erasure": concerns_themselves}),
    # the resource pool
    allow(resource.RegisterResource, PMO),
    allow(resource.SetCapacity, PMO),
    allow(resource.RecordLeave, PMO),
    allow(resource.RetireResource, PMO),
    # the catalogue
    allow(process.DefineProcess, PMO),
    allow(tool.ApproveTool, PMO),
    allow(tool.WithdrawTool, PMO),
    allow(template.PublishTemplate, PMO),
    allow(template.WithdrawTemplate, PMO),
    allow(use.RecogniseUse, SYSTEM),
    # oversight
    allow(kpi.DefineKpi, PMO),
    allow(kpi.SetThreshold, PMO),
    allow(measurement.MeasureKpi, PMO, unless=COMPUTED),
    allow(measurement.MeasureKpi, PM_OFFICER, own_project=True, unless=COMPUTED),
    allow(compliance_review.OpenComplianceReview, PMO, unless=REVIEWING),
    allow(compliance_review.RaiseFinding, PMO, unless=REVIEWING),
    allow(compliance_review.RequireCorrectiveAction, PMO, unless=REVIEWING),
    allow(compliance_review.WithdrawCorrectiveAction, PMO, unless=REVIEWING),
    allow(
        compliance_review.CloseFinding,
        PMO,
        unless={**REVIEWING, "closer-is-corrector": compliance_review.corrected_it},
    ),
    allow(compliance_review.CloseComplianceReview, PMO, unless=REVIEWING),
    allow(compliance_review.NoteCorrectiveAction, SYSTEM),
    # what projects ask for
    *(allow(kind.receive, SYSTEM) for kind in KINDS.values()),
    *(
        allow(
            kind.decide,
            SPONSOR,
            own_project=True,
            unless={"decider-is-requester": asked_for_it, "standard-leaves-it-to-the-pmo": left_to_pmo(name)},
        )
        for name, kind in KINDS.items()
        if name != "allocation"  # the pool is of all projects: no standard gives it to one's sponsor
    ),  # first, for a sponsor who is a member of the PMO as well
    *(
        allow(kind.decide, PMO, unless={**DECIDING, "standard-gives-it-to-the-sponsor": given_to_sponsor(name)})
        for name, kind in KINDS.items()
    ),
    allow(NoteAnswer, SYSTEM),
    allow(waiver.RevokeWaiver, PMO, unless=DECIDING),
    allow(waiver.ExpireWaiver, SYSTEM),
    allow(allocation.WithdrawAllocation, PMO, unless=DECIDING),
    allow(allocation.NoteRelease, SYSTEM),
    # reading
    allow("read-framework", PMO, AUDITOR, OBSERVER, FOUNDER, PROJECT_MANAGER, PM_OFFICER, SPONSOR),
    allow("read-governance", PMO, AUDITOR, OBSERVER, FOUNDER),
    allow("read-denials", PMO, AUDITOR),
    allow("read-mandates", PMO, AUDITOR),
    allow("read-governance", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
)
