"""Changes beyond tolerance: the PM assessed what they would do to the project, and the PMO decides."""

from typing import Literal

import msgspec
from pydantic import BaseModel, Field

from governance.requests.basis import the_tolerances
from governance.requests.kind import Kind, Outcomes, Requested, plain
from governance.requests.page import RequestPage
from governance.requests.request import Request
from mandate_events.deciding import Decision, PersonId
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin


class Impact(msgspec.Struct, frozen=True):
    """What a change would do, dimension by dimension: a decimal with its sign, or a statement."""

    time: str | None = None
    cost: str | None = None
    quality: str | None = None
    scope: str | None = None
    risk: str | None = None
    benefits: str | None = None
    sustainability: str | None = None


class Assessed(Requested, frozen=True, kw_only=True):
    """A change, as its PM assessed it."""

    requested_by: PersonId
    title: str
    description: str
    impact: Impact


class ChangeAssessed(Assessed, frozen=True, kw_only=True):
    """What projects says: inside tolerance it decides itself."""

    within_tolerance: bool


class ChangeRequestReceived(Assessed, frozen=True, kw_only=True):
    """A change goes beyond what the project may decide itself."""

    assessed_by: PersonId
    origin: Origin


class ChangeApproved(Event, frozen=True, kw_only=True):
    """The project may make the change."""

    project: ProjectId


class ChangeRejected(Event, frozen=True, kw_only=True):
    """The project goes on without the change."""

    project: ProjectId


class DecideChange(Decision):
    """Approve a change beyond tolerance or reject it. Never by who asked for it, assessed it or runs the project."""

    outcome: Literal["approved", "rejected"]


class Change(Request, frozen=True, kw_only=True):
    asked: ChangeRequestReceived


class ImpactPage(BaseModel):
    """What the change would do, dimension by dimension: a decimal with its sign, or a statement."""

    time: str | None = Field(max_length=300, description="In working days, where it is a decimal", examples=["12"])
    cost: str | None = Field(
        max_length=300, description="In the project's currency, where it is a decimal", examples=["25000.00"]
    )
    quality: str | None = Field(max_length=300)
    scope: str | None = Field(max_length=300)
    risk: str | None = Field(max_length=300)
    benefits: str | None = Field(max_length=300)
    sustainability: str | None = Field(max_length=300)


class ChangePage(RequestPage):
    """One change beyond tolerance: what was asked for, what it would do, what was decided."""

    title: str = Field(max_length=200, examples=["A second intake"])
    description: str = Field(max_length=2000)
    impact: ImpactPage
    assessed_by: PersonId


OUTCOMES: Outcomes = {ChangeApproved: "approved", ChangeRejected: "rejected"}
CHANGE = plain("change", Change, ChangeRequestReceived, DecideChange, OUTCOMES)
KIND = Kind(
    aggregate=CHANGE,
    hears=ChangeAssessed,
    received=ChangeRequestReceived,
    about=lambda change: change.title,
    decide=DecideChange,
    outcomes=OUTCOMES,
    page=ChangePage,
    at="/v1/changes/{id}",
    tag="changes",
    says="Changes beyond tolerance",
    askers=("requested_by", "assessed_by"),
    judged_by=the_tolerances,
)
