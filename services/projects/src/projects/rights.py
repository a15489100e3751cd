"""Who may decide what in projects. The PMO never manages a project: that is the first row, and a deny always wins."""

from mandate_events.rights import SYSTEM, allow, deny
from projects import mandate, project, standard
from projects.roles import AUDITOR, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR

RIGHTS = (
    # what governance decided, recognised
    allow(mandate.RecogniseMandate, SYSTEM),
    allow(mandate.RecogniseEnd, SYSTEM),
    allow(standard.RecogniseStandard, SYSTEM),
    allow(project.InitiateProject, SYSTEM),
    allow(project.ApplyGateDecision, SYSTEM),
    # running a project
    deny(project.RequestGateReview, PMO, rule="pmo-does-not-manage-projects"),
    allow(project.RequestGateReview, PROJECT_MANAGER, own_project=True),
    # reading
    allow("read-projects", PMO, AUDITOR, OBSERVER),
    allow("read-denials", PMO, AUDITOR),
    allow("read-projects", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
)
