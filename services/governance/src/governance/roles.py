"""The roles of a PMO. They come from events (appointments), never from what a token claims."""

from typing import Final

FOUNDER: Final = "founder"
PMO: Final = "pmo"
PM_OFFICER: Final = "pm_officer"
PROJECT_MANAGER: Final = "project_manager"
SPONSOR: Final = "sponsor"
AUDITOR: Final = "auditor"
OBSERVER: Final = "observer"
