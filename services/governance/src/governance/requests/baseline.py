"""Baselines: the PM submits what the project will be measured by, and the PMO approves it or sends it back."""

from datetime import date
from typing import Literal

from pydantic import Field

from governance.requests.basis import the_tolerances
from governance.requests.kind import Kind, Outcomes, Requested, plain
from governance.requests.page import RequestPage
from governance.requests.request import Request
from mandate_events.deciding import Decision, PersonId
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId, Uuid
from mandate_events.document.origin import Origin
from mandate_events.values.money import Money
from mandate_events.values.told import Amount, Id


class BaselineSubmitted(Requested, frozen=True, kw_only=True):
    """What projects says."""

    number: int
    scope: str
    starts_on: date
    finishes_on: date
    budget: Money
    change: Uuid | None = None


class BaselineReceived(BaselineSubmitted, frozen=True, kw_only=True):
    """A project asks the PMO to let this be what it is measured by."""

    requested_by: PersonId
    origin: Origin


class BaselineApproved(Event, frozen=True, kw_only=True):
    """From here on the project is measured by this baseline."""

    project: ProjectId
    number: int


class BaselineRejected(Event, frozen=True, kw_only=True):
    """What the project was measured by before goes on."""

    project: ProjectId
    number: int


class DecideBaseline(Decision):
    """Approve a baseline or reject it. Never by who submitted it or runs the project."""

    outcome: Literal["approved", "rejected"]


class Baseline(Request, frozen=True, kw_only=True):
    asked: BaselineReceived


class BaselinePage(RequestPage):
    """One baseline: what was submitted, and what was decided."""

    number: int = Field(description="Its number in the project", examples=[1])
    scope: str = Field(max_length=2000, examples=["The pumping station, without the outfall"])
    starts_on: date
    finishes_on: date
    budget: Amount
    change: Id | None = Field(description="The approved change that a later baseline rests on")


OUTCOMES: Outcomes = {BaselineApproved: "approved", BaselineRejected: "rejected"}
BASELINE = plain("baseline", Baseline, BaselineReceived, DecideBaseline, OUTCOMES)
KIND = Kind(
    aggregate=BASELINE,
    hears=BaselineSubmitted,
    received=BaselineReceived,
    about=lambda baseline: baseline.number,
    decide=DecideBaseline,
    outcomes=OUTCOMES,
    page=BaselinePage,
    at="/v1/baselines/{id}",
    tag="baselines",
    says="What projects are measured by",
    judged_by=the_tolerances,
)
