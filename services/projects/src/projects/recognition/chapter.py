"""Recognition: what governance decided, as this service holds it. It decides on its own ledger only."""

from pathlib import Path
from typing import Final

from mandate_events.deciding.rights import SYSTEM, allow
from mandate_web.chapters.chapter import Chapter
from projects.recognition.catalogue import TEMPLATE, TOOL, EndTemplate, EndTool, RecogniseTemplate, RecogniseTool
from projects.recognition.heard import HEARS
from projects.recognition.mandate import MANDATE, RecogniseEnd, RecogniseMandate
from projects.recognition.office import OFFICE, RecogniseOffice
from projects.recognition.posts import POSTS
from projects.recognition.standard import STANDARD, RecogniseStandard
from projects.roles import AUDITOR, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR

CHAPTER: Final = Chapter(
    name="recognition",
    says="What governance decided: mandates, the office's days, standards, the catalogue",
    folder=Path(__file__).parent,
    reads="read-projects",
    aggregates=[OFFICE, MANDATE, POSTS, STANDARD, TOOL, TEMPLATE],
    framework=[OFFICE, STANDARD, TOOL, TEMPLATE],
    rights=[
        allow(RecogniseMandate, SYSTEM),
        allow(RecogniseEnd, SYSTEM),
        allow(RecogniseStandard, SYSTEM),
        allow(RecogniseOffice, SYSTEM),
        allow(RecogniseTool, SYSTEM),
        allow(EndTool, SYSTEM),
        allow(RecogniseTemplate, SYSTEM),
        allow(EndTemplate, SYSTEM),
        # reading, in all chapters
        allow("read-projects", PMO, AUDITOR, OBSERVER),
        allow("read-denials", PMO, AUDITOR),
        allow("read-projects", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
    ],
    hears={"governance": HEARS},
)
