"""What this chapter hears of governance, and what it does because of it."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.document.event import Event
from mandate_events.values.money import Money
from projects.control.tolerance import Given
from projects.execution.conditions import GateCondition
from projects.execution.migration import MIGRATION, ApplyMigration
from projects.execution.project import PROJECT, ApplyGateDecision, InitiateProject


class ProjectAuthorised(Event, frozen=True, kw_only=True):
    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: str
    budget: Money
    tolerances: Given = msgspec.field(default_factory=dict)


class GateDecided(Event, frozen=True, kw_only=True):
    project: str
    gate: str
    outcome: Literal["go", "conditional_go", "hold", "recycle", "kill"]
    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class StandardMigrationDecided(Event, frozen=True, kw_only=True):
    project: str
    standard: str
    gate_path: str


def project_authorised(said: Heard) -> Sequence[Reaction]:
    return [Reaction(PROJECT, said.record.thing, said.told(InitiateProject))]


def gate_decided(said: Heard) -> Sequence[Reaction]:
    return [Reaction(PROJECT, said.record.data.project, said.told(ApplyGateDecision, review=said.record.thing))]


def migration_decided(said: Heard) -> Sequence[Reaction]:
    return [Reaction(MIGRATION, said.record.thing, said.told(ApplyMigration))]


HEARS: Final[Mapping[type[Event], Policy]] = {
    ProjectAuthorised: project_authorised,
    GateDecided: gate_decided,
    StandardMigrationDecided: migration_decided,
}
