"""Tailorings: a project asks to leave out, combine or replace a part of its standard; the PMO approves it or not.

What the standard makes mandatory cannot be tailored out: that takes a waiver, which ends.
"""

from typing import Final, Literal, TypeAlias

import msgspec
from pydantic import Field

from governance.requests.basis import the_control
from governance.requests.duties import its_standard
from governance.requests.kind import Kind, Outcomes, Requested, plain
from governance.requests.page import RequestPage
from governance.requests.request import Condition, ConditionInput, Request, the_office
from governance.standards.standard import version_of
from mandate_events.deciding import Context, Decision, Invalid, Looking, PersonId, Refused, Streams
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin
from mandate_events.values.text import Slug

Element: TypeAlias = Literal["phase", "gate", "deliverable", "control", "checklist", "role"]

Departure: TypeAlias = Literal["omit", "combine", "replace"]

TAILORED_OUT: Final = frozenset({"omit", "replace"})
"""What is combined with another is still done."""


class TailoringRequested(Requested, frozen=True, kw_only=True):
    """What projects says."""

    element: Element
    name: str
    change: Departure
    instead: str | None = None


class TailoringRequestReceived(TailoringRequested, frozen=True, kw_only=True):
    """A project asks the PMO to do a part of its standard in another way, or not at all."""

    requested_by: PersonId
    origin: Origin


class TailoringApproved(Event, frozen=True, kw_only=True):
    """The project may depart from this part of its standard, for as long as it runs."""

    project: ProjectId
    element: Element
    name: str
    change: Departure
    conditions: list[Condition] = msgspec.field(default_factory=list)


class TailoringRejected(Event, frozen=True, kw_only=True):
    """The standard holds for the project as it is."""

    project: ProjectId
    element: Element
    name: str


class DecideTailoring(Decision):
    """Approve a tailoring, with conditions or without, or reject it. Never by who asked for it."""

    outcome: Literal["approved", "rejected"]
    conditions: list[ConditionInput] = Field(default_factory=list, max_length=50)


class Tailoring(Request, frozen=True, kw_only=True):
    asked: TailoringRequestReceived


class TailoringPage(RequestPage):
    """One tailoring: what was asked for, and what was decided."""

    element: Element
    name: Slug = Field(description="Its id in the standard", examples=["site-diary"])
    change: Departure
    instead: str | None = Field(max_length=1000, examples=["The contractor's daily log"])


def judge(tailoring: Tailoring, command: DecideTailoring, context: Context) -> None:
    """What is mandatory is not tailored out; only an approval has conditions."""
    if command.outcome == "approved":
        if tailors_out_a_mandatory_control(tailoring.asked, context):
            raise Refused("mandatory-control", control=tailoring.asked.name, standard=tailoring.standard)
    elif command.conditions:
        raise Invalid("/conditions", "conditions-of-an-approval")


def tailors_out_a_mandatory_control(asked: TailoringRequestReceived, context: Context) -> bool:
    """By the version of the standard that the project runs to."""
    if asked.element != "control" or asked.change not in TAILORED_OUT:
        return False
    version = version_of(context, asked.standard)
    controls = version.content.controls if version else []
    return any(control.id == asked.name and control.mandatory for control in controls)


def reads(tailoring: Tailoring | None, command: object, looking: Looking) -> Streams:
    """The office's day, and what the standard insists on."""
    yield from the_office(tailoring, command, looking)
    yield from its_standard(tailoring, command, looking)


OUTCOMES: Outcomes = {TailoringApproved: "approved", TailoringRejected: "rejected"}
TAILORING = plain("tailoring", Tailoring, TailoringRequestReceived, DecideTailoring, OUTCOMES, judge, reads)
KIND = Kind(
    aggregate=TAILORING,
    hears=TailoringRequested,
    received=TailoringRequestReceived,
    about=lambda tailoring: tailoring.name,
    decide=DecideTailoring,
    outcomes=OUTCOMES,
    page=TailoringPage,
    at="/v1/tailorings/{id}",
    tag="tailorings",
    says="Departures from the standard, for as long as a project runs",
    judged_by=lambda tailoring, content: the_control(tailoring.name, content),
)
