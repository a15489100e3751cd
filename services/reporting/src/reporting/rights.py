"""Who may read what in reporting. Nobody decides anything here.

People with a role in a project see that project, in the portfolio and in the history. A refusal on record
(CommandDenied) is seen by the PMO, by auditors and by the person refused.
"""

from typing import Final

from mandate_events.deciding.rights import allow

PMO: Final = "pmo"
PM_OFFICER: Final = "pm_officer"
PROJECT_MANAGER: Final = "project_manager"
SPONSOR: Final = "sponsor"
AUDITOR: Final = "auditor"
OBSERVER: Final = "observer"

RIGHTS: Final = (
    allow("read-portfolio", PMO, AUDITOR, OBSERVER),
    allow("read-portfolio", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
    allow("read-history", PMO, AUDITOR),
    allow("read-history", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
    allow("read-denials", PMO, AUDITOR),
)
