"""Tailorings: the PM asks to leave out, combine or replace a part of the project's standard. The PMO decides.

Approved, it is in force for as long as the project runs. What is mandatory is not tailored out: that takes a waiver.
"""

from typing import Any, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import Aggregate, Context, Decided, Instruction, Invalid, Refused, Slug, Text, replace
from mandate_events.document.event import Event, Recorded
from projects.execution.project import Project
from projects.recognition.standard import controls_of
from projects.requests.request import (
    ApplyDecision,
    DecisionApplied,
    DecisionNotApplied,
    Request,
    RequestCommand,
    Requested,
    applied,
    asked,
    opened,
    outcome_of,
    request_aggregate,
    running,
    under_conditions,
)

Element: TypeAlias = Literal["phase", "gate", "deliverable", "control", "checklist", "role"]
"""A part of a standard."""

Departure: TypeAlias = Literal["omit", "combine", "replace"]

TAILORED_OUT: Final = frozenset({"omit", "replace"})
"""What is combined with another is still done."""


class TailoringRequested(Requested, frozen=True, kw_only=True):
    """The PM asks to do a part of the project's standard in another way, or not at all."""

    element: Element
    name: str
    change: Departure
    instead: str | None = None


EVENTS = (TailoringRequested, DecisionApplied, DecisionNotApplied)


class RequestTailoring(RequestCommand):
    """Ask the PMO to let the project depart from a part of its standard."""

    element: Element
    name: Slug = Field(description="Its id in the standard", examples=["site-diary"])
    change: Departure = Field(examples=["replace"])
    instead: Text | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="What is done in its place; not with `omit`",
        examples=["The contractor's daily log"],
    )

    @model_validator(mode="after")
    def _says_what_instead(self) -> Self:
        if (self.change == "omit") != (self.instead is None):
            raise PydanticCustomError("instead", "say what is done instead, unless nothing is")
        return self


class ApplyTailoringDecision(ApplyDecision, frozen=True, kw_only=True):
    """Let the PMO's decision on a tailoring take effect where it can, and answer it."""


class Tailoring(Request, frozen=True, kw_only=True):
    element: Element
    name: str
    change: Departure
    instead: str | None

    @property
    def in_force(self) -> bool:
        return self.outcome == "approved"


def decide(tailoring: Tailoring | None, command: Instruction, context: Context) -> Decided:
    match command, tailoring:
        case RequestTailoring(), None:
            return [_requested(command, context)]
        case RequestTailoring(), _:
            raise Refused("already-requested")
        case ApplyTailoringDecision(), Tailoring():
            return applied(tailoring, command, context, *under_conditions(tailoring, command, context))
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a tailoring")


def _requested(command: RequestTailoring, context: Context) -> TailoringRequested:
    project = running(context)
    _check_element(command, project, context)
    return TailoringRequested(
        **asked(command, context),
        element=command.element,
        name=command.name,
        change=command.change,
        instead=command.instead,
    )


def _check_element(command: RequestTailoring, project: Project, context: Context) -> None:
    """The standard must have it, as far as this service knows what the standard has, and must not insist on it."""
    match command.element:
        case "phase":
            known = [phase.id for phase in project.phases]
        case "gate":
            known = [phase.gate.id for phase in project.phases]
        case "control":
            controls = controls_of(context, project.standard)
            control = controls.get(command.name)
            if control and control.mandatory and command.change in TAILORED_OUT:
                raise Refused("mandatory-control", control=control.id, standard=project.standard)
            known = sorted(controls) or [command.name]
        case _:
            return
    if command.name not in known:
        raise Invalid("/name", "no-such-element", standard=project.standard, name=command.name, known=known)


def evolve(tailoring: Tailoring | None, event: Event, record: Recorded[Any]) -> Tailoring:
    match event, tailoring:
        case TailoringRequested(), _:
            return opened(Tailoring, event, record)
        case DecisionApplied() | DecisionNotApplied(), Tailoring():
            return replace(tailoring, outcome=outcome_of(event), answered=True)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a tailoring")


TAILORING: Aggregate[Tailoring] = request_aggregate(
    "tailoring", decide, evolve, events=EVENTS, opened_by=RequestTailoring
)
