"""The roles that matter to a project. They are recognised from governance, never claimed."""

from typing import Final

PMO: Final = "pmo"
PM_OFFICER: Final = "pm_officer"
PROJECT_MANAGER: Final = "project_manager"
SPONSOR: Final = "sponsor"
AUDITOR: Final = "auditor"
OBSERVER: Final = "observer"
