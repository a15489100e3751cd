"""Objectives: what the organisation wants to reach, from when until when, and how much it weighs beside the others."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal, TypeAlias

import msgspec
from pydantic import BaseModel, Field

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Refused,
    State,
    Streams,
    Title,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.values.figures import Figure, FigureInput
from mandate_events.values.periods import InPeriod
from mandate_events.values.told import Digits, Id

Status: TypeAlias = Literal["set", "retired"]


class ObjectiveSet(Event, frozen=True, kw_only=True):
    """The organisation wants to reach this in this period."""

    title: str
    weight: Figure
    starts_on: date
    until: date


class ObjectiveRevised(Event, frozen=True, kw_only=True):
    """The objective reads like this from here on."""

    title: str
    weight: Figure
    starts_on: date
    until: date


class ObjectiveRetired(Event, frozen=True, kw_only=True):
    """The objective is reached or given up: nothing new is aligned with it."""


EVENTS = (ObjectiveSet, ObjectiveRevised, ObjectiveRetired)


class _Content(InPeriod, Decision):
    title: Title = Field(examples=["No untreated discharge into the bay"])
    weight: FigureInput = Field(examples=["40"], description="How much it weighs beside the others, as text")


class SetObjective(_Content):
    """Set an objective.

    What it is, what it weighs, from when until when it holds.
    """


class ReviseObjective(_Content):
    """Say it anew, as a whole."""


class RetireObjective(Decision):
    """Retire the objective.

    Nothing new is aligned with it.
    """


class Objective(State, frozen=True):
    title: str
    weight: str
    starts_on: date
    until: date
    retired: bool = False

    @property
    def status(self) -> Status:
        return "retired" if self.retired else "set"


class ObjectivePage(BaseModel):
    """What the organisation wants to reach."""

    id: Id
    title: str = Field(max_length=200, examples=["No untreated discharge into the bay"])
    weight: Digits = Field(description="What it weighs beside the others", examples=["40"])
    starts_on: date
    until: date
    status: Status


def decide(objective: Objective | None, command: Instruction, _context: Context) -> Decided:
    match command, objective:
        case SetObjective(), None:
            return [says(ObjectiveSet, command)]
        case SetObjective(), _:
            raise Refused("made-before")
        case ((ReviseObjective() | RetireObjective()), Objective(retired=True)):
            raise Refused("objective-retired")
        case ReviseObjective(), Objective():
            return [says(ObjectiveRevised, command)]
        case RetireObjective(), Objective():
            return [ObjectiveRetired()]
        case _:
            raise Undecided(command)


def evolve(objective: Objective | None, event: Event, _record: Recorded[Any]) -> Objective:
    match event, objective:
        case ((ObjectiveSet() | ObjectiveRevised()), _):
            return msgspec.convert(event, Objective, from_attributes=True)
        case ObjectiveRetired(), Objective():
            return replace(objective, retired=True)
        case _:
            raise Unfolded(event)


OBJECTIVE: Aggregate[Objective] = Aggregate(
    "objective",
    decide,
    evolve,
    events=EVENTS,
    records={
        SetObjective: (ObjectiveSet,),
        ReviseObjective: (ObjectiveRevised,),
        RetireObjective: (ObjectiveRetired,),
    },
    opened_by=frozenset({SetObjective}),
)


def check_in_force(context: Context, pointer: str, id_: str) -> None:
    """What is aligned with an objective needs one that is there and not retired."""
    objective = context.read(OBJECTIVE, id_)
    if objective is None or objective.retired:
        raise Invalid(pointer, "no-such-objective", objective=id_)


def check_all_in_force(context: Context, objectives: Sequence[str]) -> None:
    """The same of all that a command names as its `objectives`."""
    for number, objective in enumerate(objectives):
        check_in_force(context, f"/objectives/{number}", objective)


def objectives_read(objectives: Iterable[str] | None) -> Streams:
    """What checking them reads."""
    return [(OBJECTIVE, objective) for objective in objectives or ()]
