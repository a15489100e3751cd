"""Governance: the composition root."""

from collections.abc import Sequence
from pathlib import Path

from governance.domain import GOVERNANCE
from governance.heard import PROJECTS
from governance.http import gate_reviews, office, proposals, standards
from governance.mandate import MANDATE
from governance.office import OFFICE, THE_OFFICE, NameFounder
from governance.policies import on_projects
from governance.views.gate_reviews import GATE_REVIEWS_VIEW
from governance.views.proposals import PROPOSALS_VIEW
from mandate_events.batch import Submission
from mandate_events.consumer import Consumer
from mandate_events.deciding import Mandate
from mandate_events.policy import PolicyRunner
from mandate_web.service import Opened, Service
from mandate_web.serving import run
from mandate_web.tokens import person_id


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
            projections=[PROPOSALS_VIEW, GATE_REVIEWS_VIEW],
        ),
    ]


async def find_held(opened: Opened, person: str) -> Sequence[Mandate]:
    fold = await opened.store.reader.fold(MANDATE, person)
    return fold.state or ()


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


SERVICE = Service(
    domain=GOVERNANCE,
    title="Mandate governance",
    description="What the PMO decides: its office, standards, authorisations, appointments and gates.",
    migrations=Path(__file__).parent / "migrations",
    wording=Path(__file__).parent / "wording.toml",
    routers=[office.router, standards.router, proposals.router, gate_reviews.router],
    consumers=consumers,
    find_held=find_held,
    on_start=name_founder,
    tags=[
        {"name": "office", "description": "The PMO and its members"},
        {"name": "standards", "description": "Versions of the methodology"},
        {"name": "portfolio intake", "description": "Proposals, authorisations, appointments"},
        {"name": "gates", "description": "The inbox of gate reviews"},
    ],
)


def cli() -> None:
    run(SERVICE)
