"""Recognition: what governance decided, as this service holds it. It decides on its own ledger only."""

from pathlib import Path
from typing import Final

from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter
from mandate_web.chapters.naming import follow_the_directory
from projects.recognition.catalogue import TEMPLATE, TOOL
from projects.recognition.heard import HEARS
from projects.recognition.mandate import MANDATE
from projects.recognition.office import OFFICE
from projects.recognition.posts import POSTS
from projects.recognition.standard import STANDARD
from projects.roles import AUDITOR, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR

CHAPTER: Final = Chapter(
    name="recognition",
    says="What governance decided: mandates, the office's days, standards, the catalogue",
    folder=Path(__file__).parent,
    reads="read-projects",
    aggregates=[OFFICE, MANDATE, POSTS, STANDARD, TOOL, TEMPLATE],
    framework=[OFFICE, STANDARD, TOOL, TEMPLATE],
    rights=[
        # reading, in all chapters
        allow("read-projects", PMO, AUDITOR, OBSERVER),
        allow("read-denials", PMO, AUDITOR),
        allow("read-projects", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
    ],
    hears={"governance": HEARS},
    leads=[follow_the_directory],
)
