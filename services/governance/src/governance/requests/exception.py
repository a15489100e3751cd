"""Exceptions: a project is forecast to leave its tolerances. The PM reports it, the PMO decides how it goes on."""

from typing import Annotated, Literal

import msgspec
from pydantic import BaseModel, Field

from governance.requests.basis import the_tolerances
from governance.requests.kind import Kind, Outcomes, Requested, plain
from governance.requests.page import RequestPage
from governance.requests.request import Condition, ConditionInput, Request
from mandate_events.deciding import Context, Decision, Invalid, PersonId, Text
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin

Dimension = Literal["time", "cost", "quality", "scope", "risk", "benefits", "sustainability"]

Outcome = Literal["accept", "new_tolerance", "replan", "stop"]

ToleranceInput = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?%?$",
        description="A decimal (cost in the project's currency, time in working days), or a part of the plan: `10%`",
        examples=["12.5%"],
    ),
]


class Option(msgspec.Struct, frozen=True):
    """A way out, and what would come of it."""

    title: str
    consequence: str


class ExceptionReported(Requested, frozen=True, kw_only=True):
    """What projects says."""

    dimension: Dimension
    cause: str
    options: list[Option]
    recommendation: str


class ExceptionReceived(ExceptionReported, frozen=True, kw_only=True):
    """A project reports that it is forecast to leave this tolerance, and what could be done."""

    requested_by: PersonId
    origin: Origin


class ExceptionDecided(Event, frozen=True, kw_only=True):
    """The PMO decided how the project goes on: it accepts, sets another tolerance, asks for a new plan or stops it."""

    project: ProjectId
    dimension: Dimension
    outcome: Outcome
    text: str
    tolerance: str | None = None
    conditions: list[Condition] = msgspec.field(default_factory=list)


class DecideException(Decision):
    """Decide an exception: accept it, set a new tolerance, ask for a new plan, or stop the project.

    Never by who reported it.
    """

    outcome: Outcome
    text: Text = Field(min_length=1, max_length=1000, examples=["The second option, within the reserve"])
    tolerance: ToleranceInput | None = Field(default=None, description="With `new_tolerance` only")
    conditions: list[ConditionInput] = Field(default_factory=list, max_length=50)


class ExceptionReport(Request, frozen=True, kw_only=True):
    asked: ExceptionReceived
    decided: ExceptionDecided | None = None

    @property
    def dimension(self) -> Dimension:
        return self.asked.dimension


class OptionPage(BaseModel):
    """A way out, and what would come of it."""

    title: str = Field(max_length=200, examples=["Leave out the outfall"])
    consequence: str = Field(max_length=500)


class ExceptionPage(RequestPage):
    """One exception: what was reported, what was decided, and what the project answered."""

    dimension: Dimension
    cause: str = Field(max_length=1000)
    options: list[OptionPage]
    recommendation: str = Field(max_length=1000)
    text: str | None = Field(max_length=1000, description="What was decided, in words")
    tolerance: str | None = Field(
        max_length=200, description="The new tolerance, where one was set", examples=["12.5%"]
    )


def judge(_report: ExceptionReport, command: DecideException, _context: Context) -> None:
    """A new tolerance goes with that outcome alone; a project that is stopped meets no conditions."""
    if (command.outcome == "new_tolerance") != (command.tolerance is not None):
        raise Invalid("/tolerance", "tolerance-of-a-new-tolerance")
    if command.outcome == "stop" and command.conditions:
        raise Invalid("/conditions", "no-conditions-of-a-stop")


OUTCOMES: Outcomes = {ExceptionDecided: None}
EXCEPTION = plain("exception", ExceptionReport, ExceptionReceived, DecideException, OUTCOMES, judge)
KIND = Kind(
    aggregate=EXCEPTION,
    hears=ExceptionReported,
    received=ExceptionReceived,
    about=lambda report: report.dimension,
    decide=DecideException,
    outcomes=OUTCOMES,
    page=ExceptionPage,
    at="/v1/exceptions/{id}",
    tag="exceptions",
    says="Projects that are forecast to leave their tolerances",
    judged_by=the_tolerances,
)
