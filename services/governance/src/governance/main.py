"""Governance: the composition root."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from governance.appointments.mandate import MANDATE
from governance.domain import GOVERNANCE
from governance.heard import PROJECTS
from governance.http import (
    allocations,
    appointments,
    baselines,
    catalogue,
    changes,
    charters,
    closures,
    compliance_reviews,
    escalations,
    exceptions,
    gate_reviews,
    imports,
    inbox,
    kpis,
    office,
    people,
    prioritisations,
    processes,
    proposals,
    resource_load,
    resources,
    standard_migrations,
    standard_templates,
    standards,
    strategy,
    tailorings,
    templates,
    tools,
    waivers,
)
from governance.http.directory import keep_forgetting
from governance.office import OFFICE, THE_OFFICE, NameFounder, Office
from governance.policies import on_projects
from governance.views.due import TIMERS
from governance.views.lists import LISTS
from mandate_events.deciding import Mandate
from mandate_events.deciding.batch import Submission
from mandate_events.worker.consumer import Consumer
from mandate_events.worker.policy import PolicyRunner
from mandate_events.worker.timers import keep_time
from mandate_web.app.service import Service
from mandate_web.chapters.opened import Opened
from mandate_web.app.serving import run
from mandate_web.identity.tokens import person_id
from mandate_web.imports.jobs import Jobs
from mandate_web.live.events import Feed
from mandate_web.live.visibility import LedgerFeed, Visibility
from mandate_web.routes.moment import NOW, Moment

VISIBILITY: Final = Visibility(
    everything="read-governance",
    denials="read-denials",
    framework="read-framework",
    # not tools, templates and resources: their streams tell which projects use them; what was approved stands in
    # projects too, and the pool is read over its pages
    framework_streams=frozenset(
        {
            "office",
            "standard",
            "process",
            "kpi",
            "rights-table",
            "objective",
            "scoring-model",
        }
    ),
)


def consumers(opened: Opened) -> Sequence[Consumer]:
    return [
        Consumer(
            "policies",
            opened.source("projects"),
            PROJECTS,
            opened.engine,
            service="governance",
            policy=PolicyRunner("gate-inbox", on_projects, opened.store),
        ),
        Consumer(
            "views",
            opened.source("governance"),
            GOVERNANCE.catalogue,
            opened.engine,
            service="governance",
            views=LISTS.views,
        ),
    ]


async def find_held(opened: Opened, person: str, moment: Moment = NOW) -> Sequence[Mandate]:
    return (await opened.store.reader.fold_at(MANDATE, person, moment.known_at, moment.before)).state or ()


async def find_zone(opened: Opened, known_at: datetime | None) -> ZoneInfo:
    """Days end where the charter says; in UTC before there is one."""
    office: Office | None = (await opened.store.reader.fold_at(OFFICE, THE_OFFICE, known_at)).state
    return ZoneInfo(office.time_zone if office and office.time_zone else "UTC")


async def name_founder(opened: Opened) -> None:
    """At the first start the configuration names who founds the office; later starts change nothing."""
    settings = opened.settings
    if settings.founder:
        person = str(person_id(settings.deployment, settings.issuer_url, settings.founder))
        await opened.store.submit(
            Submission(
                OFFICE,
                THE_OFFICE,
                NameFounder(person=person),
                actor="system/start",
                route="name-founder",
                key="first-start",
            )
        )


async def carry_out_imports(opened: Opened) -> None:
    await Jobs(opened.store, imports.PROPOSALS).work()


async def forget_the_erased(opened: Opened) -> None:
    await keep_forgetting(opened.store.pool)


async def watch_the_clock(opened: Opened) -> None:
    await keep_time(opened.store, TIMERS, partial(find_zone, opened, None))


def feed(opened: Opened) -> Feed:
    return LedgerFeed(opened.store, partial(find_held, opened), VISIBILITY)


SERVICE = Service(
    domain=GOVERNANCE,
    title="Mandate governance",
    description="What the PMO decides: its office, standards, authorisations, appointments and gates.",
    migrations=Path(__file__).parent / "migrations",
    wording=Path(__file__).parent / "wording",
    routers=[
        office.router,
        standards.router,
        standard_templates.router,
        standard_migrations.router,
        strategy.router,
        imports.router,
        proposals.router,
        prioritisations.router,
        appointments.router,
        people.router,
        catalogue.router,
        processes.router,
        tools.router,
        templates.router,
        kpis.router,
        compliance_reviews.router,
        inbox.router,
        gate_reviews.router,
        waivers.router,
        tailorings.router,
        charters.router,
        closures.router,
        escalations.router,
        allocations.router,
        resources.router,
        resource_load.router,
        baselines.router,
        changes.router,
        exceptions.router,
    ],
    consumers=consumers,
    find_held=find_held,
    find_zone=find_zone,
    lists=LISTS,
    feed=feed,
    on_start=name_founder,
    leads=(carry_out_imports, forget_the_erased, watch_the_clock),
    tags=[
        {"name": "office", "description": "The PMO and its members"},
        {"name": "standards", "description": "Versions of the methodology"},
        {"name": "strategy", "description": "Objectives, scoring models, and rankings of a portfolio"},
        {"name": "portfolio intake", "description": "Proposals and authorisations"},
        {"name": "appointments", "description": "Who runs, watches and owns a project"},
        {"name": "people", "description": "Who the persons are, and the mandates that they held"},
        {"name": "imports", "description": "Many proposals at once, and how far they are"},
        {"name": "catalogue", "description": "Processes, tools and templates, and who uses them"},
        {"name": "kpis", "description": "What is measured, and from where on it is bad"},
        {"name": "compliance", "description": "Reviews of what holds for projects, with findings"},
        {"name": "inbox", "description": "All that projects ask of the PMO"},
        {"name": "gates", "description": "The inbox of gate reviews"},
        {"name": "waivers", "description": "Being let off a control for a time"},
        {"name": "tailorings", "description": "Departures from the standard, for as long as a project runs"},
        {"name": "charters", "description": "What projects are for"},
        {"name": "closures", "description": "The end of projects, in good order"},
        {"name": "escalations", "description": "What projects cannot settle"},
        {"name": "allocations", "description": "Hours of the resource pool for a project"},
        {"name": "resources", "description": "The pool of people and teams, and its load"},
        {"name": "baselines", "description": "What projects are measured by"},
        {"name": "changes", "description": "Changes beyond tolerance"},
        {"name": "exceptions", "description": "Projects that are forecast to leave their tolerances"},
    ],
)


def cli() -> None:
    run(SERVICE)
