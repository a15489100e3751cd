"""Governance: what the PMO decides, chapter by chapter."""

from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from governance.appointments.chapter import CHAPTER as APPOINTMENTS
from governance.catalogue.chapter import CHAPTER as CATALOGUE
from governance.office.chapter import CHAPTER as OFFICE_CHAPTER
from governance.office.office import OFFICE, THE_OFFICE, NameFounder, Office
from governance.oversight.chapter import CHAPTER as OVERSIGHT
from governance.people.chapter import CHAPTER as PEOPLE
from governance.people.mandate import MANDATE
from governance.requests.chapter import CHAPTER as REQUESTS
from governance.resources.chapter import CHAPTER as RESOURCES
from governance.standards.chapter import CHAPTER as STANDARDS
from governance.strategy.chapter import CHAPTER as STRATEGY
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding.batch import Submission
from mandate_web.app.service import Reads, Service
from mandate_web.app.serving import run
from mandate_web.chapters.opened import Opened
from mandate_web.identity.tokens import person_id


async def find_zone(opened: Opened, known_at: datetime | None) -> ZoneInfo:
    """Days end where the charter says; in UTC before there is one."""
    office: Office | None = (await opened.store.reader.fold_at(OFFICE, THE_OFFICE, known_at)).state
    return ZoneInfo(office.time_zone if office and office.time_zone else "UTC")


async def name_founder(opened: Opened) -> None:
    """At the first start the configuration names who founds the office; later starts change nothing."""
    settings = opened.settings
    if settings.founder:
        person = str(person_id(settings.deployment, settings.issuer_url, settings.founder))
        founder = NameFounder(person=person)
        await opened.store.submit(
            Submission(OFFICE, THE_OFFICE, founder, actor="system/start", route="name-founder", key="first-start")
        )


SERVICE: Final = Service(
    name="governance",
    title="Mandate governance",
    description="What the PMO decides: its office, standards, authorisations, appointments and gates.",
    migrations=Path(__file__).parent / "migrations",
    examples=Path(__file__).parent / "examples.json",
    chapters=[
        OFFICE_CHAPTER,
        PEOPLE,
        STANDARDS,
        STRATEGY,
        APPOINTMENTS,
        CATALOGUE,
        OVERSIGHT,
        REQUESTS,
        RESOURCES,
    ],
    reads=Reads(everything="read-governance", denials="read-denials", framework="read-framework"),
    mandates=MANDATE,
    project=PROPOSAL,
    acts_as={"projects": "gate-inbox"},
    find_zone=find_zone,
    on_start=name_founder,
)
GOVERNANCE: Final = SERVICE.domain


def cli() -> None:
    run(SERVICE)
