"""Who may decide what in projects. The PMO never manages a project: that is the first row, and a deny always wins."""

from mandate_events.deciding.rights import SYSTEM, allow, deny
from projects import (
    adoption,
    catalogue,
    conditions,
    corrective_action,
    forecast,
    mandate,
    office,
    project,
    standard,
    standard_migration,
)
from projects.requests import allocation, baseline, change, charter, closure, escalation, exception, tailoring, waiver
from projects.roles import AUDITOR, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR

OF_THE_MANAGER = (
    project.RequestGateReview,
    conditions.MeetCondition,
    baseline.SubmitBaseline,
    change.AssessChange,
    change.DecideChange,
    change.ImplementChange,
    forecast.ReviseForecast,
    exception.ReportException,
    waiver.RequestWaiver,
    tailoring.RequestTailoring,
    charter.SubmitCharter,
    closure.RequestClosure,
    adoption.AdoptTool,
    adoption.UseTemplate,
    corrective_action.ReportCorrectiveAction,
    allocation.RequestAllocation,
    allocation.ReleaseAllocation,
)
"""What the PM does, and nobody else."""

RIGHTS = (
    # what governance decided, recognised
    allow(mandate.RecogniseMandate, SYSTEM),
    allow(mandate.RecogniseEnd, SYSTEM),
    allow(standard.RecogniseStandard, SYSTEM),
    allow(office.RecogniseOffice, SYSTEM),
    allow(project.InitiateProject, SYSTEM),
    allow(project.ApplyGateDecision, SYSTEM),
    allow(conditions.LapseCondition, SYSTEM),
    allow(standard_migration.ApplyMigration, SYSTEM),
    allow(baseline.ApplyBaselineDecision, SYSTEM),
    allow(change.ApplyChangeDecision, SYSTEM),
    allow(exception.ApplyExceptionDecision, SYSTEM),
    allow(waiver.ApplyWaiverDecision, SYSTEM),
    allow(waiver.EndWaiver, SYSTEM),
    allow(tailoring.ApplyTailoringDecision, SYSTEM),
    allow(charter.ApplyCharterDecision, SYSTEM),
    allow(closure.ApplyClosureDecision, SYSTEM),
    allow(escalation.ApplyEscalationDecision, SYSTEM),
    allow(allocation.ApplyAllocationDecision, SYSTEM),
    allow(allocation.EndAllocation, SYSTEM),
    allow(catalogue.RecogniseTool, SYSTEM),
    allow(catalogue.EndTool, SYSTEM),
    allow(catalogue.RecogniseTemplate, SYSTEM),
    allow(catalogue.EndTemplate, SYSTEM),
    allow(corrective_action.RecogniseCorrectiveAction, SYSTEM),
    allow(corrective_action.EndCorrectiveAction, SYSTEM),
    # running a project
    *(deny(command, PMO, rule="pmo-does-not-manage-projects") for command in OF_THE_MANAGER),
    *(allow(command, PROJECT_MANAGER, own_project=True) for command in OF_THE_MANAGER),
    # being on it, also as a member of the PMO who is its officer
    allow(change.RequestChange, PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
    # the link to the PMO
    allow(escalation.RelayEscalation, PM_OFFICER, own_project=True),
    allow(
        escalation.RelayEscalation,
        PROJECT_MANAGER,
        own_project=True,
        unless={"officer-bypassed": escalation.bypasses_the_officer},
    ),
    # reading
    allow("read-projects", PMO, AUDITOR, OBSERVER),
    allow("read-denials", PMO, AUDITOR),
    allow("read-projects", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
)
