"""Projects: the composition root."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from mandate_events.consumer import Consumer
from mandate_events.deciding import Mandate
from mandate_events.policy import PolicyRunner
from mandate_events.record import Lists, OwnLedger
from mandate_web.live import Feed
from mandate_web.moment import NOW, Moment
from mandate_web.service import Opened, Service
from mandate_web.serving import run
from mandate_web.visibility import LedgerFeed, Visibility
from projects.domain import PROJECTS
from projects.heard import GOVERNANCE
from projects.http import projects, waivers
from projects.mandate import MANDATE
from projects.policies import on_governance

VISIBILITY: Final = Visibility(
    everything="read-projects",
    denials="read-denials",
    framework="read-projects",
    framework_streams=frozenset({"standard", "rights-table"}),
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
        )
    ]


async def find_held(opened: Opened, person: str, moment: Moment = NOW) -> Sequence[Mandate]:
    reader = opened.store.reader
    if moment == NOW:
        return (await reader.fold(MANDATE, person)).state or ()
    return (await reader.fold_at(MANDATE, person, moment.known_at, moment.before)).state or ()


def feed(opened: Opened) -> Feed:
    return LedgerFeed(opened.store, partial(find_held, opened), VISIBILITY)


SERVICE = Service(
    domain=PROJECTS,
    title="Mandate projects",
    description="What happens in projects: phases, gate requests, and the answers to what the PMO decides.",
    migrations=Path(__file__).parent / "migrations",
    wording=Path(__file__).parent / "wording",
    routers=[projects.router, waivers.router],
    consumers=consumers,
    find_held=find_held,
    lists=Lists("projects", (), {}, OwnLedger("projects")),
    feed=feed,
    views_own_ledger=False,
    tags=[
        {"name": "projects", "description": "Projects from initiation to closure"},
        {"name": "waivers", "description": "Being let off a control for a time"},
    ],
)


def cli() -> None:
    run(SERVICE)
