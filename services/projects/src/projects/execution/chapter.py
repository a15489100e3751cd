"""Execution: the project from its initiation to its end, phase by phase, gate by gate; and what it takes up."""

from datetime import date
from pathlib import Path
from typing import Final

from mandate_events.deciding.rights import SYSTEM, allow, deny
from mandate_events.document.event import Event
from mandate_events.worker.timers import Due, Timer
from mandate_web.chapters.chapter import Chapter
from projects.execution import adoption, conditions, migration, project
from projects.execution.adoption import ADOPTION
from projects.execution.conditions import GateConditionLapsed, GateConditionMet, GateConditionSet
from projects.execution.heard import HEARS
from projects.execution.migration import MIGRATION
from projects.execution.project import PROJECT
from projects.execution.routes import adoption as adoption_routes
from projects.execution.routes import projects as projects_routes
from projects.roles import PMO, PROJECT_MANAGER

OF_THE_MANAGER: Final = (
    project.RequestGateReview,
    conditions.MeetCondition,
    adoption.AdoptTool,
    adoption.UseTemplate,
)


def _lapse(day: date, part: str) -> conditions.LapseCondition:
    return conditions.LapseCondition(condition=int(part), due_on=day)


def _day(event: Event) -> Due:
    match event:
        case GateConditionSet(number=number, due_on=due_on):
            return Due(due_on, str(number))
        case GateConditionMet(number=number) | GateConditionLapsed(number=number):
            return Due(None, str(number))
        case _:
            raise TypeError(f"{type(event).__name__} sets nothing due")


CHAPTER: Final = Chapter(
    name="execution",
    says="The project itself, from the envelope that was authorised to the end",
    folder=Path(__file__).parent,
    reads="read-projects",
    aggregates=[PROJECT, MIGRATION, ADOPTION],
    rights=[
        allow(project.InitiateProject, SYSTEM),
        allow(project.ApplyGateDecision, SYSTEM),
        allow(conditions.LapseCondition, SYSTEM),
        allow(migration.ApplyMigration, SYSTEM),
        *(deny(command, PMO, rule="pmo-does-not-manage-projects") for command in OF_THE_MANAGER),
        *(allow(command, PROJECT_MANAGER, own_project=True) for command in OF_THE_MANAGER),
    ],
    timers=[
        Timer("gate-condition", PROJECT, _lapse, (GateConditionSet, GateConditionMet, GateConditionLapsed), _day),
    ],
    hears={"governance": HEARS},
    routers=[projects_routes.router, adoption_routes.router],
    tags={
        "projects": "Projects from initiation to closure",
        "adoption": "Tools and templates that a project takes up",
    },
)
