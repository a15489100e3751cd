"""Conditions of gates: what must be done after a conditional go, until when. One that is not met in time lapses.

They are numbered in each project and stand on its stream; a lapsed one holds the project until a gate decides again.
"""

from datetime import date
from typing import Annotated, Final, Literal

import immutables
import msgspec
from pydantic import Field

from mandate_events.deciding import Decision, Invalid, Refused, SystemCommand, Unfolded
from mandate_events.document.event import Event
from projects.execution.evidence import Evidence, EvidenceInput

Number = Annotated[int, Field(ge=1, le=100_000, description="Its number in the project", examples=[1])]


class ConditionEvent(Event, frozen=True, kw_only=True):
    """What happened to one of a project's conditions."""

    number: int
    gate: str


class GateConditionSet(ConditionEvent, frozen=True, kw_only=True):
    """The PMO let the project go on, on this condition, to be met by the end of its day.

    `gate` is the one that it passed; or the one ahead, where the condition is of another decision than a gate's.
    """

    text: str
    owner: str
    due_on: date


class GateConditionMet(ConditionEvent, frozen=True, kw_only=True):
    """The PM shows that the condition is met."""

    evidence: list[Evidence]


class GateConditionLapsed(ConditionEvent, frozen=True, kw_only=True):
    """The day on which the condition was due is over, and it was not met."""


EVENTS: Final = (GateConditionSet, GateConditionMet, GateConditionLapsed)


class GateCondition(msgspec.Struct, frozen=True):
    """A condition as governance decided it."""

    text: str
    owner: str
    due_on: date


class MeetCondition(Decision):
    """Show that a condition of a gate is met."""

    condition: Number
    evidence: list[EvidenceInput] = Field(min_length=1, max_length=50)


class LapseCondition(SystemCommand, frozen=True, kw_only=True):
    """Given by the clock when the day is over on which the condition was due."""

    condition: int
    due_on: date


Status = Literal["open", "met", "lapsed"]


class Condition(msgspec.Struct, frozen=True):
    """A condition that the project has."""

    gate: str
    text: str
    owner: str
    due_on: date
    status: Status = "open"


Conditions = immutables.Map[int, Condition]


def set_by(gate: str, given: list[GateCondition], known: Conditions) -> list[Event]:
    """What a conditional go puts on record."""
    return [
        GateConditionSet(number=number, gate=gate, text=each.text, owner=each.owner, due_on=each.due_on)
        for number, each in enumerate(given, len(known) + 1)
    ]


def met(conditions: Conditions, command: MeetCondition, today: date) -> GateConditionMet:
    """The PM meets one of them, once, and no later than its day, also where the clock has not put down its end yet."""
    condition = conditions.get(command.said("condition"))
    if condition is None and all(each.status != "open" for each in conditions.values()):
        raise Refused("no-open-condition")
    if condition is None:
        raise Invalid("/condition", "no-such-condition", condition=command.condition)
    if condition.status == "met":
        raise Refused("condition-already-met", condition=command.condition)
    if condition.status == "lapsed" or condition.due_on < today:
        raise Refused("condition-lapsed", condition=command.condition, due_on=condition.due_on.isoformat())
    evidence = [each.recorded() for each in command.evidence]
    return GateConditionMet(number=command.condition, gate=condition.gate, evidence=evidence)


def lapsed(conditions: Conditions, command: LapseCondition) -> GateConditionLapsed | None:
    """It lapses, unless it was settled before."""
    condition = conditions.get(command.condition)
    if condition is None or condition.status != "open" or condition.due_on != command.due_on:
        return None
    return GateConditionLapsed(number=command.condition, gate=condition.gate)


def after(conditions: Conditions, event: ConditionEvent) -> Conditions:
    """What an event means for them."""
    match event:
        case GateConditionSet():
            return conditions.set(event.number, Condition(event.gate, event.text, event.owner, event.due_on))
        case GateConditionMet(number=number):
            return conditions.set(number, msgspec.structs.replace(conditions[number], status="met"))
        case GateConditionLapsed(number=number):
            return conditions.set(number, msgspec.structs.replace(conditions[number], status="lapsed"))
        case _:
            raise Unfolded(event)
