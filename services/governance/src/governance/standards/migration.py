"""Migrations: a running project keeps its version of the standard until the PMO has it go on under another one.

The project answers: it goes on in the same phase of the other version, or says by which rule it cannot.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, Field

from governance.requests.request import DecisionAnswered, NoteAnswer, answer_of
from governance.roles import PM_OFFICER, SPONSOR
from governance.standards.standard import StandardReference, check_gate_path, given_version, standard_read
from governance.strategy.authorisation import ProjectMigratedToStandard
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Looking,
    On,
    PersonId,
    Refused,
    Slug,
    State,
    Streams,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.deciding.separation import Condition, holds
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Versioned
from mandate_events.values.told import Answer, Edition, Id


class StandardMigrationDecided(Event, frozen=True, kw_only=True):
    """The project is to go on under another version of a standard, along this path."""

    project: ProjectId
    standard: Versioned
    gate_path: str


EVENTS = (StandardMigrationDecided, DecisionAnswered)


class MigrateProject(Decision):
    """Have a running project go on under another version of a standard."""

    standard: StandardReference
    gate_path: Slug | None = Field(default=None, description="Where it is another", examples=["two-gate"])


class Migration(State, frozen=True):
    project: str
    standard: str
    gate_path: str
    decided_by: str
    answer: str | None = None


class StandardMigrationPage(BaseModel):
    """One migration: what was decided, and what the project said to it."""

    id: Id
    project: Id
    standard: Edition = Field(examples=["capital-delivery@2"])
    gate_path: Slug = Field(examples=["two-gate"])
    decided_by: PersonId
    answer: Answer | None = Field(description="What the project said: `applied`, or why not")


def decide(migration: Migration | None, command: Instruction, context: Context) -> Decided:
    match command, migration:
        case MigrateProject(), None:
            return [_decided(command, context)]
        case MigrateProject(), _:
            raise Refused("already-decided")
        case NoteAnswer(), Migration(answer=None):
            answered = says(DecisionAnswered, command, project=migration.project)
            if not command.applied:
                return [answered]
            moved = ProjectMigratedToStandard(standard=migration.standard, gate_path=migration.gate_path)
            return [answered, On(PROPOSAL, migration.project, moved)]
        case NoteAnswer(), _:
            return []
        case _:
            raise Undecided(command)


def _decided(command: MigrateProject, context: Context) -> StandardMigrationDecided:
    project = context.project or ""
    proposal = context.read(PROPOSAL, project)
    if proposal is None or proposal.standard is None or proposal.gate_path is None:
        raise Refused("not-authorised")
    version = given_version(context, command.standard)
    path = command.gate_path or proposal.gate_path
    check_gate_path(version, command.standard, path)
    if (command.standard, path) == (proposal.standard, proposal.gate_path):
        raise Refused("runs-to-it-already", standard=command.standard)
    return says(StandardMigrationDecided, command, project=project, gate_path=path)


def reads(migration: Migration | None, command: Instruction, looking: Looking) -> Streams:
    match command:
        case MigrateProject():
            yield PROPOSAL, looking.project or ""
            yield from standard_read(command.standard)
        case NoteAnswer(applied=True) if migration:
            yield PROPOSAL, migration.project
        case _:
            pass


def evolve(migration: Migration | None, event: Event, record: Recorded[Any]) -> Migration:
    match event, migration:
        case StandardMigrationDecided(), _:
            return Migration(event.project, event.standard, event.gate_path, record.actor)
        case DecisionAnswered(), Migration():
            return replace(migration, answer=answer_of(event))
        case _:
            raise Unfolded(event)


MIGRATION: Aggregate[Migration] = Aggregate(
    "standard-migration",
    decide,
    evolve,
    events=EVENTS,
    records={
        MigrateProject: (StandardMigrationDecided,),
        NoteAnswer: (DecisionAnswered, ProjectMigratedToStandard),
    },
    reads=reads,
    opened_by=frozenset({MigrateProject}),
    project=lambda _, migration: migration.project if migration else None,
    standard=lambda migration: migration.standard,
    one_story=True,
)


DECIDING: Final[Mapping[str, Condition]] = {
    "decider-is-its-officer": holds(PM_OFFICER),
    "decider-is-its-sponsor": holds(SPONSOR),
}
"""Who is too close to a project to decide what it runs to."""
