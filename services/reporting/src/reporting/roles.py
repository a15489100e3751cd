"""The roles by which people read. They are heard of governance, never claimed."""

from typing import Final

PMO: Final = "pmo"
PM_OFFICER: Final = "pm_officer"
PROJECT_MANAGER: Final = "project_manager"
SPONSOR: Final = "sponsor"
AUDITOR: Final = "auditor"
OBSERVER: Final = "observer"
