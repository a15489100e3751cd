"""Tailorings: the PM asks to leave out, combine or replace a part of the project's standard. The PMO decides.

Approved, it is in force for as long as the project runs. What is mandatory is not tailored out: that takes a waiver.
"""

from typing import Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import (
    Context,
    Invalid,
    Looking,
    Refused,
    Slug,
    Streams,
    Text,
    says,
)
from projects.execution.conditions import GateConditionSet
from projects.execution.project import running, standard_of_project_read
from projects.execution.state import Project
from projects.recognition.standard import controls_of
from projects.requests.kind import Kind, plain
from projects.requests.page import RequestPage
from projects.requests.request import (
    ApplyDecision,
    DecisionHeard,
    DecisionOnConditions,
    Request,
    RequestCommand,
    Requested,
    asked,
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


class TailoringApproved(DecisionOnConditions, frozen=True, kw_only=True):
    """What governance says."""


class TailoringRejected(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""


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


class Tailoring(Request, frozen=True, kw_only=True):
    asked: TailoringRequested

    @property
    def in_force(self) -> bool:
        return self.outcome == "approved"


class TailoringPage(RequestPage):
    """One tailoring, as the project holds it."""

    element: Element
    name: Slug = Field(description="Its id in the standard", examples=["site-diary"])
    change: Departure
    instead: str | None = Field(max_length=1000, examples=["The contractor's daily log"])
    in_force: bool


def requested(command: RequestTailoring, context: Context) -> TailoringRequested:
    """A part that the standard has, and does not insist on."""
    _check_element(command, running(context), context)
    return says(TailoringRequested, command, **asked(command, context))


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


def also_reads(_tailoring: Tailoring | None, command: RequestTailoring | ApplyDecision, looking: Looking) -> Streams:
    match command:
        case RequestTailoring(element="control"):
            yield from standard_of_project_read(looking)


TAILORING = plain(
    "tailoring",
    Tailoring,
    RequestTailoring,
    requested,
    under_conditions,
    says=(TailoringRequested,),
    follows=(GateConditionSet,),
    also_reads=also_reads,
)
KIND = Kind(
    aggregate=TAILORING,
    ask=RequestTailoring,
    decisions={TailoringApproved: "approved", TailoringRejected: "rejected"},
    page=TailoringPage,
    at="/v1/tailorings/{id}",
    tag="tailorings",
    says="Departures from the standard, for as long as the project runs",
)
