"""Migrations: the PMO has the project go on under another version of a standard, in the phase that it is in."""

from typing import Any

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Looking,
    On,
    State,
    Streams,
    SystemCommand,
    Unfolded,
    Unknown,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.origin import Origin
from projects.execution.events import ProjectMigratedToStandard
from projects.execution.project import PROJECT
from projects.execution.state import ENDED, Project
from projects.recognition.standard import Phase, phases_of, standard_read
from projects.requests.request import DecisionApplied, DecisionNotApplied

EVENTS = (DecisionApplied, DecisionNotApplied)


class ApplyMigration(SystemCommand, frozen=True, kw_only=True):
    """Have the project go on under another version of a standard where it can, and answer that."""

    project: str
    standard: str
    gate_path: str
    origin: Origin


class Migration(State, frozen=True):
    project: str
    applied: bool


def decide(migration: Migration | None, command: ApplyMigration, context: Context) -> Decided:
    if migration:
        return []
    project = context.read(PROJECT, command.project)
    if project is None:
        raise Unknown(PROJECT.stream(command.project))
    phases = phases_of(context, command.standard, command.gate_path)
    told: dict[str, Any] = {"project": command.project, "outcome": "migrated", "origin": command.origin}
    if rule := _why_not(project, phases):
        return [DecisionNotApplied(**told, rule=rule)]
    moved = ProjectMigratedToStandard(standard=command.standard, gate_path=command.gate_path, phases=phases)
    return [DecisionApplied(**told), On(PROJECT, command.project, moved)]


def _why_not(project: Project, phases: list[Phase]) -> str | None:
    """The rule by which the project cannot go on so; None where it can."""
    if project.status in ENDED:
        return f"project-{project.status}"
    if project.open_review:
        return "review-open"
    if project.current is None or project.current.id not in {phase.id for phase in phases}:
        return "phase-not-in-standard"
    return None


def evolve(_migration: Migration | None, event: Event, _record: Recorded[Any]) -> Migration:
    match event:
        case DecisionApplied():
            return Migration(event.project, applied=True)
        case DecisionNotApplied():
            return Migration(event.project, applied=False)
        case _:
            raise Unfolded(event)


def reads(migration: Migration | None, command: ApplyMigration, _looking: Looking) -> Streams:
    if migration is None:
        yield PROJECT, command.project
        yield from standard_read(command.standard)


MIGRATION: Aggregate[Migration] = Aggregate(
    "standard-migration",
    decide,
    evolve,
    events=EVENTS,
    records={ApplyMigration: (DecisionApplied, DecisionNotApplied, ProjectMigratedToStandard)},
    reads=reads,
    opened_by=frozenset({ApplyMigration}),
    project=lambda _, migration: migration.project if migration else None,
    one_story=True,
)
