"""Projects: the composition root."""

from collections.abc import Sequence
from pathlib import Path

from mandate_events.consumer import Consumer
from mandate_events.deciding import Mandate
from mandate_events.policy import PolicyRunner
from mandate_web.service import Opened, Service
from mandate_web.serving import run
from projects.domain import PROJECTS
from projects.heard import GOVERNANCE
from projects.http import projects
from projects.mandate import MANDATE
from projects.policies import on_governance


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


async def find_held(opened: Opened, person: str) -> Sequence[Mandate]:
    fold = await opened.store.reader.fold(MANDATE, person)
    return fold.state or ()


SERVICE = Service(
    domain=PROJECTS,
    title="Mandate projects",
    description="What happens in projects: phases, gate requests, and the answers to what the PMO decides.",
    migrations=Path(__file__).parent / "migrations",
    wording=Path(__file__).parent / "wording.toml",
    routers=[projects.router],
    consumers=consumers,
    find_held=find_held,
    views_own_ledger=False,
    tags=[{"name": "projects", "description": "Projects from initiation to closure"}],
)


def cli() -> None:
    run(SERVICE)
