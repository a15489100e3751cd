"""Who may decide what in projects. The PMO never manages a project: that is the first row, and a deny always wins."""

from mandate_events.rights import SYSTEM, allow, deny
from projects import mandate, project, standard
from projects.requests import waiver
from projects.roles import AUDITOR, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR

OF_THE_MANAGER = (project.RequestGateReview, waiver.RequestWaiver)
"""What the PM does, and nobody else."""

RIGHTS = (
    # what governance decided, recognised
    allow(mandate.RecogniseMandate, SYSTEM),
    allow(mandate.RecogniseEnd, SYSTEM),
    allow(standard.RecogniseStandard, SYSTEM),
    allow(project.InitiateProject, SYSTEM),
    allow(project.ApplyGateDecision, SYSTEM),
    allow(waiver.ApplyWaiverDecision, SYSTEM),
    allow(waiver.EndWaiver, SYSTEM),
    # running a project
    *(deny(command, PMO, rule="pmo-does-not-manage-projects") for command in OF_THE_MANAGER),
    *(allow(command, PROJECT_MANAGER, own_project=True) for command in OF_THE_MANAGER),
    # reading
    allow("read-projects", PMO, AUDITOR, OBSERVER),
    allow("read-denials", PMO, AUDITOR),
    allow("read-projects", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
)
