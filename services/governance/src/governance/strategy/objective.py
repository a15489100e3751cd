"""Objectives: what the organisation wants to reach, from when until when, and how much it weighs beside the others."""

from datetime import date
from typing import Any

from pydantic import Field

from governance.strategy.figures import Figure, FigureInput
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Refused,
    State,
    Title,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.values.periods import InPeriod


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
    """Set an objective."""


class ReviseObjective(_Content):
    """Say it anew, as a whole."""


class RetireObjective(Decision):
    """Retire the objective."""


class Objective(State, frozen=True):
    title: str
    weight: str
    starts_on: date
    until: date
    retired: bool = False


def decide(objective: Objective | None, command: Instruction, _context: Context) -> Decided:
    match command, objective:
        case SetObjective(), None:
            return [ObjectiveSet(**_content(command))]
        case SetObjective(), _:
            raise Refused("made-before")
        case ((ReviseObjective() | RetireObjective()), Objective(retired=True)):
            raise Refused("objective-retired")
        case ReviseObjective(), Objective():
            return [ObjectiveRevised(**_content(command))]
        case RetireObjective(), Objective():
            return [ObjectiveRetired()]
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by an objective")


def _content(command: _Content) -> dict[str, Any]:
    return command.model_dump(exclude={"reason"})


def evolve(objective: Objective | None, event: Event, _record: Recorded[Any]) -> Objective:
    match event, objective:
        case ((ObjectiveSet() | ObjectiveRevised()), _):
            return Objective(event.title, event.weight, event.starts_on, event.until)
        case ObjectiveRetired(), Objective():
            return replace(objective, retired=True)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of an objective")


OBJECTIVE: Aggregate[Objective] = Aggregate(
    "objective", decide, evolve, events=EVENTS, opened_by=frozenset({SetObjective})
)


def check_in_force(context: Context, pointer: str, id_: str) -> None:
    """What is aligned with an objective needs one that is there and not retired."""
    objective = context.read(OBJECTIVE, id_)
    if objective is None or objective.retired:
        raise Invalid(pointer, "no-such-objective", objective=id_)
