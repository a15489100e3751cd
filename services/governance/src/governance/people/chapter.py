"""People: a directory that can be erased, and the mandates that each of them holds."""

from pathlib import Path
from typing import Final

from governance.people import directory, routes
from governance.people.directory import DIRECTORY
from governance.people.mandate import MANDATE
from governance.people.table import keep_forgetting
from governance.roles import AUDITOR, FOUNDER, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR
from mandate_events.deciding.rights import allow
from mandate_events.deciding.separation import subject_is_self
from mandate_web.chapters.chapter import Chapter
from mandate_web.chapters.naming import publish_the_directory
from mandate_web.chapters.opened import Opened
from mandate_web.routes.offering import Offer


async def forget_the_erased(opened: Opened) -> None:
    """Remove what a crash or a restore left of persons who were erased."""
    await keep_forgetting(opened.store.pool)


CHAPTER: Final = Chapter(
    name="people",
    says="Who the persons are, and the mandates that they held",
    folder=Path(__file__).parent,
    reads="read-framework",
    aggregates=[MANDATE, DIRECTORY],
    rights=[
        # one's own entry, and the PMO everybody's
        allow(directory.ChangeDirectoryEntry, PMO),
        allow(directory.ChangeDirectoryEntry, AUDITOR, OBSERVER, FOUNDER, PROJECT_MANAGER, PM_OFFICER, SPONSOR),
        allow(directory.ErasePerson, PMO, unless={"self-erasure": subject_is_self()}),
        # reading, in all chapters
        allow("read-framework", PMO, AUDITOR, OBSERVER, FOUNDER, PROJECT_MANAGER, PM_OFFICER, SPONSOR),
        allow("read-governance", PMO, AUDITOR, OBSERVER, FOUNDER),
        allow("read-denials", PMO, AUDITOR),
        allow("read-mandates", PMO, AUDITOR),
        allow("read-governance", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
    ],
    routers=[routes.router],
    offers=[
        Offer(directory.ChangeDirectoryEntry, "/v1/people/{id}/entries", DIRECTORY),
        Offer(directory.ErasePerson, "/v1/people/{id}/erasures", DIRECTORY),
    ],
    leads=[forget_the_erased, publish_the_directory],
    tags={"people": "Who the persons are, and the mandates that they held"},
)
