"""The history: every document that any service recorded, byte for byte; the story of a request as a tree."""

from pathlib import Path
from typing import Final

from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter
from reporting.history import denials, routes, story_routes
from reporting.history.archive import SOURCES
from reporting.roles import AUDITOR, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR

CHAPTER: Final = Chapter(
    name="history",
    says="Every document that any service recorded, and what followed from what",
    folder=Path(__file__).parent,
    reads="read-history",
    rights=[
        allow("read-history", PMO, AUDITOR),
        allow("read-history", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
        allow("read-denials", PMO, AUDITOR),  # and the person refused
    ],
    hears={source: {} for source in SOURCES},  # archived whole, its own included; no list needs them here
    routers=[routes.router, denials.router, story_routes.router],
    tags={"history": "Every document that any service recorded"},
)
