"""Reporting: the composition root."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from mandate_events.consumer import Consumer
from mandate_events.deciding import Mandate
from mandate_events.projection import Projection
from mandate_events.rebuild import Rebuilt, rebuild
from mandate_web.service import Opened, Service, Task
from mandate_web.serving import run
from reporting.domain import REPORTING
from reporting.heard import HEARD
from reporting.http import history, portfolio
from reporting.views.archive import keep, read_kept
from reporting.views.mandates import MANDATES_VIEW, held_by
from reporting.views.portfolio import PORTFOLIO_VIEW

log = logging.getLogger(__name__)

PROJECTIONS: Final[Sequence[Projection]] = (PORTFOLIO_VIEW, MANDATES_VIEW)


def consumers(opened: Opened) -> Sequence[Consumer]:
    """One per ledger. Each archives what it hears in the transaction in which it projects it."""
    return [
        Consumer(
            "views",
            opened.source(service),
            catalogue,
            opened.engine,
            service="reporting",
            projections=PROJECTIONS,
            keep=keep,
        )
        for service, catalogue in HEARD.items()
    ]


async def find_held(opened: Opened, person: str) -> Sequence[Mandate]:
    return await held_by(opened.engine, person)


async def rebuild_views(engine: AsyncEngine, progress: Callable[[int], None] | None = None) -> Rebuilt:
    """All lists from zero, out of the archive."""
    return await rebuild(engine, PROJECTIONS, HEARD, read_kept, progress=progress)


async def _rebuild(opened: Opened) -> None:
    rebuilt = await rebuild_views(opened.engine, lambda done: log.info("%s documents done", done))
    log.info("rebuilt from %s documents; %s of them are parked", rebuilt.documents, rebuilt.parked)


SERVICE = Service(
    domain=REPORTING,
    title="Mandate reporting",
    description="What the services recorded: shown as a portfolio, archived byte for byte, told as a history.",
    migrations=Path(__file__).parent / "migrations",
    wording=Path(__file__).parent / "wording.toml",
    routers=[portfolio.router, history.router],
    consumers=consumers,
    find_held=find_held,
    views_own_ledger=False,
    tasks=[Task("rebuild", "make all lists anew from the archive, while everybody goes on reading", _rebuild)],
    tags=[
        {"name": "portfolio", "description": "All projects, and the page of each"},
        {"name": "history", "description": "Every document that any service recorded"},
    ],
)


def cli() -> None:
    run(SERVICE)
