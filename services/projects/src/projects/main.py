"""Projects: what happens in projects, chapter by chapter."""

from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from mandate_events.deciding.rights import KeptFrom
from mandate_web.app.service import Reads, Service
from mandate_web.app.serving import run
from mandate_web.chapters.opened import Opened
from projects.control.chapter import CHAPTER as CONTROL
from projects.execution.chapter import CHAPTER as EXECUTION
from projects.execution.project import PROJECT
from projects.recognition.chapter import CHAPTER as RECOGNITION
from projects.recognition.mandate import MANDATE
from projects.recognition.office import OFFICE, THE_OFFICE, zone_of
from projects.requests.chapter import CHAPTER as REQUESTS
from projects.roles import PMO, PROJECT_MANAGER


async def find_zone(opened: Opened, known_at: datetime | None) -> ZoneInfo:
    """Days end where the PMO's charter says."""
    return zone_of((await opened.store.reader.fold_at(OFFICE, THE_OFFICE, known_at)).state)


SERVICE: Final = Service(
    name="projects",
    title="Mandate projects",
    description="What happens in projects: phases, gate requests, and the answers to what the PMO decides.",
    migrations=Path(__file__).parent / "migrations",
    examples=Path(__file__).parent / "examples.json",
    chapters=[RECOGNITION, EXECUTION, CONTROL, REQUESTS],
    reads=Reads(everything="read-projects", denials="read-denials", framework="read-projects"),
    mandates=MANDATE,
    project=PROJECT,
    kept_from=[KeptFrom(role=PMO, alone=(PROJECT_MANAGER,), rule="pmo-does-not-manage-projects")],
    acts_as={"governance": "recognition"},
    find_zone=find_zone,
)
PROJECTS: Final = SERVICE.domain


def cli() -> None:
    run(SERVICE)
