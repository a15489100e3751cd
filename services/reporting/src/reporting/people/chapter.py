"""People: who holds which mandate, as it was heard; by it is judged what they may read."""

from pathlib import Path
from typing import Final

from mandate_web.chapters.chapter import Chapter, Listed
from mandate_web.chapters.naming import follow_the_directory
from reporting.people.heard import GOVERNANCE
from reporting.people.views import MANDATES_VIEW

CHAPTER: Final = Chapter(
    name="people",
    says="Who holds which mandate: by it is judged what they may read",
    folder=Path(__file__).parent,
    reads="read-history",
    lists=[Listed(view=MANDATES_VIEW)],
    hears={"governance": dict.fromkeys(GOVERNANCE.types)},
    leads=[follow_the_directory],
    tags={"people": "Who holds which mandate"},
)
