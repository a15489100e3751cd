"""Projects: the composition root."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from mandate_events.deciding import Mandate
from mandate_events.worker.consumer import Consumer
from mandate_events.worker.policy import PolicyRunner
from mandate_events.worker.timers import keep_time
from mandate_web.app.service import Service
from mandate_web.chapters.opened import Opened
from mandate_web.app.serving import run
from mandate_web.live.events import Feed
from mandate_web.live.visibility import LedgerFeed, Visibility
from mandate_web.routes.moment import NOW, Moment
from projects.domain import PROJECTS
from projects.heard import GOVERNANCE
from projects.http import (
    adoptions,
    allocations,
    baselines,
    changes,
    charters,
    closures,
    corrective_actions,
    escalations,
    exceptions,
    projects,
    tailorings,
    waivers,
)
from projects.mandate import MANDATE
from projects.office import OFFICE, THE_OFFICE, zone_of
from projects.policies import on_governance
from projects.views.due import TIMERS
from projects.views.lists import LISTS

VISIBILITY: Final = Visibility(
    everything="read-projects",
    denials="read-denials",
    framework="read-projects",
    framework_streams=frozenset({"office", "standard", "tool", "template", "rights-table"}),
)


def consumers(opened: Opened) -> Sequence[Consumer]:
    return [
        Consumer(
            "policies",
            opened.source("governance"),
            GOVERNANCE,
            opened.engine,
            service="projects",
            policy=PolicyRunner("recognition", on_governance, opened.store),
        ),
        Consumer(
            "views",
            opened.source("projects"),
            PROJECTS.catalogue,
            opened.engine,
            service="projects",
            views=LISTS.views,
        ),
    ]


async def find_held(opened: Opened, person: str, moment: Moment = NOW) -> Sequence[Mandate]:
    return (await opened.store.reader.fold_at(MANDATE, person, moment.known_at, moment.before)).state or ()


async def find_zone(opened: Opened, known_at: datetime | None) -> ZoneInfo:
    return zone_of((await opened.store.reader.fold_at(OFFICE, THE_OFFICE, known_at)).state)


async def watch_the_clock(opened: Opened) -> None:
    await keep_time(opened.store, TIMERS, partial(find_zone, opened, None))


def feed(opened: Opened) -> Feed:
    return LedgerFeed(opened.store, partial(find_held, opened), VISIBILITY)


SERVICE = Service(
    domain=PROJECTS,
    title="Mandate projects",
    description="What happens in projects: phases, gate requests, and the answers to what the PMO decides.",
    migrations=Path(__file__).parent / "migrations",
    wording=Path(__file__).parent / "wording",
    routers=[
        projects.router,
        baselines.router,
        changes.router,
        exceptions.router,
        waivers.router,
        tailorings.router,
        charters.router,
        closures.router,
        escalations.router,
        allocations.router,
        adoptions.router,
        corrective_actions.router,
    ],
    consumers=consumers,
    find_held=find_held,
    find_zone=find_zone,
    lists=LISTS,
    feed=feed,
    leads=(watch_the_clock,),
    tags=[
        {"name": "projects", "description": "Projects from initiation to closure"},
        {"name": "waivers", "description": "Being let off a control for a time"},
        {"name": "tailorings", "description": "Departures from the standard, for as long as the project runs"},
        {"name": "charters", "description": "What the project is for"},
        {"name": "closures", "description": "The end of the project, in good order"},
        {"name": "escalations", "description": "What the project cannot settle"},
        {"name": "baselines", "description": "What a project is measured by"},
        {"name": "changes", "description": "Change control, inside tolerance and beyond it"},
        {"name": "exceptions", "description": "Forecasts, tolerances and what is reported when they are left"},
        {"name": "allocations", "description": "Hours of the resource pool for a project"},
        {"name": "adoption", "description": "Tools and templates that a project takes up"},
        {"name": "compliance", "description": "What compliance reviews require of projects"},
    ],
)


def cli() -> None:
    run(SERVICE)
