"""Execution: the project from its initiation to its end, phase by phase, gate by gate; and what it takes up."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from pydantic import Field

from mandate_events.deciding import Slug, Unfolded
from mandate_events.deciding.rights import allow
from mandate_events.document.event import Event
from mandate_events.worker.timers import Due, Timer
from mandate_web.chapters.chapter import Chapter, Listed, Served, Things
from mandate_web.chapters.ids import PROJECT as A_PROJECT
from projects.execution.adoption import ADOPTION, AdoptTool, UseTemplate
from projects.execution.conditions import (
    GateConditionLapsed,
    GateConditionMet,
    GateConditionSet,
    LapseCondition,
    MeetCondition,
)
from projects.execution.heard import HEARS
from projects.execution.migration import MIGRATION
from projects.execution.pages import AdoptionPage, ProjectPage, shown_adoption, shown_project
from projects.execution.project import PROJECT, RequestGateReview
from projects.execution.views import (
    ADOPTIONS_VIEW,
    GATE_REVIEWS_VIEW,
    AdoptionItem,
    GateReviewItem,
    ReviewStatus,
    Taken,
)
from projects.roles import PROJECT_MANAGER

OfStandard: TypeAlias = Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9-]+@[1-9][0-9]*$")]


def _lapse(day: date, part: str) -> LapseCondition:
    return LapseCondition(condition=int(part), due_on=day)


def _day(event: Event) -> Due:
    match event:
        case GateConditionSet(number=number, due_on=due_on):
            return Due(due_on, str(number))
        case GateConditionMet(number=number) | GateConditionLapsed(number=number):
            return Due(None, str(number))
        case _:
            raise Unfolded(event)


CHAPTER: Final = Chapter(
    name="execution",
    says="The project itself, from the envelope that was authorised to the end",
    folder=Path(__file__).parent,
    reads="read-projects",
    served=[
        Served(
            PROJECT,
            ProjectPage,
            at="/v1/projects/{id}",
            id=A_PROJECT,
            takes={
                "/v1/projects/{id}/gate-reviews": RequestGateReview,
                "/v1/projects/{id}/fulfilments": MeetCondition,
            },
            shown=shown_project,
            listed=Things(
                at="/v1/projects",
                sort=("reference",),
                filters={"portfolio": Slug, "standard": OfStandard},
                says="Projects, by reference. With a role in projects only, a person sees those.",
            ),
            tag="projects",
        ),
        Served(
            ADOPTION,
            AdoptionPage,
            at="/v1/projects/{id}/adoption",
            id=A_PROJECT,
            takes={
                "/v1/projects/{id}/tool-adoptions": AdoptTool,
                "/v1/projects/{id}/template-uses": UseTemplate,
            },
            shown=shown_adoption,
            tag="adoption",
        ),
    ],
    aggregates=[MIGRATION],
    rights=[
        allow(RequestGateReview, PROJECT_MANAGER, own_project=True),
        allow(MeetCondition, PROJECT_MANAGER, own_project=True),
        allow(AdoptTool, PROJECT_MANAGER, own_project=True),
        allow(UseTemplate, PROJECT_MANAGER, own_project=True),
    ],
    lists=[
        Listed(
            view=GATE_REVIEWS_VIEW,
            item=GateReviewItem,
            at="/v1/projects/{id}/gate-reviews",
            says="The gate reviews that the project asked for, the latest first. Governance has each by the same id.",
            sort=("-requested_at",),
            filters={"status": ReviewStatus, "gate": Slug},
            tag="projects",
        ),
        Listed(
            view=ADOPTIONS_VIEW,
            item=AdoptionItem,
            at="/v1/projects/{id}/adoptions",
            says="Tools and templates that the project works with, the latest first.",
            sort=("-adopted_at",),
            filters={"kind": Taken},
            tag="adoption",
        ),
    ],
    timers=[
        Timer("gate-condition", PROJECT, _lapse, (GateConditionSet, GateConditionMet, GateConditionLapsed), _day),
    ],
    hears={"governance": HEARS},
    tags={
        "projects": "Projects from initiation to closure",
        "adoption": "Tools and templates that a project takes up",
    },
)
