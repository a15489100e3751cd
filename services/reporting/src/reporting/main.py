"""Reporting: the composition root."""

from collections.abc import Sequence
from pathlib import Path

from mandate_events.deciding import Mandate
from mandate_events.worker.consumer import Consumer
from mandate_web.app.service import Service
from mandate_web.chapters.opened import Opened
from mandate_web.app.serving import run
from mandate_web.routes.moment import NOW, Moment
from reporting.domain import REPORTING
from reporting.heard import HEARD
from reporting.http import history, portfolio, story
from reporting.http.feed import ArchiveFeed
from reporting.views.archive import keep
from reporting.views.lists import LISTS
from reporting.views.mandates import held_at, held_by


def consumers(opened: Opened) -> Sequence[Consumer]:
    """One per ledger. Each archives what it hears in the transaction in which it projects it."""
    return [
        Consumer(
            "views",
            opened.source(service),
            catalogue,
            opened.engine,
            service="reporting",
            views=LISTS.views,
            keep=keep,
        )
        for service, catalogue in HEARD.items()
    ]


async def find_held(opened: Opened, person: str, moment: Moment = NOW) -> Sequence[Mandate]:
    if moment == NOW:
        return await held_by(opened.engine, person)
    async with opened.engine.connect() as connection:
        return await held_at(connection, person, moment.known_at, moment.before)


SERVICE = Service(
    domain=REPORTING,
    title="Mandate reporting",
    description="What the services recorded: shown as a portfolio, archived byte for byte, told as a history.",
    migrations=Path(__file__).parent / "migrations",
    wording=Path(__file__).parent / "wording",
    routers=[portfolio.router, history.router, story.router],
    consumers=consumers,
    find_held=find_held,
    lists=LISTS,
    feed=lambda opened: ArchiveFeed(opened.engine, REPORTING.rights),
    views_own_ledger=False,
    tags=[
        {"name": "portfolio", "description": "All projects, and the page of each"},
        {"name": "history", "description": "Every document that any service recorded"},
    ],
)


def cli() -> None:
    run(SERVICE)
