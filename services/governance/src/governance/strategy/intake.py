"""Intake: what is proposed, and what its proposer changes of it while it is undecided."""

from datetime import date
from typing import Annotated, Any, Self

import msgspec
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from governance.strategy.business_case import BusinessCase, BusinessCaseInput
from governance.strategy.objective import check_all_in_force
from mandate_events.deciding import Command, Context, Decision, Line, Slug, Text, says
from mandate_events.document.event import Event
from mandate_events.document.formats import Uuid
from mandate_events.document.identifiers import derived
from mandate_events.values.figures import Figure, FigureInput
from mandate_events.values.money import Money, MoneyInput
from mandate_events.values.text import ThingId

Reference = Annotated[Line, Field(max_length=64, pattern=r"^\S(.*\S)?$", examples=["Q05388"])]

BUSINESS_CASE: Any = Field(
    default=None,
    examples=[{"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "uri": None}],
)


class ProjectProposed(Event, frozen=True, kw_only=True):
    """Somebody asks the organisation to do this. `attributes` are the client's own words, as they came."""

    portfolio: str
    reference: str
    title: str
    gate_path: str | None
    forecast_cost: Money
    forecast_cost_text: str | None = None
    business_case_approved_on: date | None = None
    conceived_on: date | None = None
    business_case_submitted_on: date | None = None
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    business_case: BusinessCase | None = None
    objectives: list[Uuid] = msgspec.field(default_factory=list)
    effort_days: Figure | None = None


class ProposalAmended(Event, frozen=True, kw_only=True):
    """The proposal reads like this from here on. Scores of what it was before no longer count."""

    title: str
    gate_path: str | None
    forecast_cost: Money
    business_case: BusinessCase | None
    objectives: list[Uuid]
    effort_days: Figure | None
    answers: str | None
    """What had been requested."""


class ProposeProject(Command):
    """Propose a project.

    Its id comes from portfolio and reference: it cannot be proposed twice.
    """

    portfolio: Slug = Field(examples=["capital-delivery"])
    reference: Reference
    title: Line = Field(max_length=400, examples=["Q05388 General Counsel"])
    gate_path: Slug | None = Field(
        default=None, examples=["three-gate"], description="Left to the authorisation if null"
    )
    forecast_cost: MoneyInput
    forecast_cost_text: Text | None = Field(
        default=None, max_length=64, description="The amount as the client wrote it", examples=["2359288.62"]
    )
    business_case_approved_on: date | None = None
    conceived_on: date | None = None
    business_case_submitted_on: date | None = None
    attributes: dict[Annotated[str, Field(pattern=r"^[ -~]{1,64}$")], Annotated[Text, Field(max_length=500)]] = Field(
        default_factory=dict, max_length=40, description="The client's own words, as they came"
    )
    business_case: BusinessCaseInput | None = BUSINESS_CASE
    objectives: list[ThingId] = Field(default_factory=list, max_length=20, description="What it is to serve")
    effort_days: FigureInput | None = Field(
        default=None, description="Days of work that it takes, as text", examples=["220"]
    )

    @property
    def id(self) -> str:
        """The id of the proposal, and of the project it may become."""
        return derived("proposal", self.portfolio, self.reference)


class AmendProposal(Decision):
    """Change a proposal of one's own; what is null stays as it is.

    It answers what more was asked for, if anything was. Scores of what the proposal was no longer count.
    """

    title: Annotated[Line, Field(max_length=400)] | None = Field(default=None, examples=["Harbour pumping station"])
    gate_path: Slug | None = None
    forecast_cost: MoneyInput | None = None
    business_case: BusinessCaseInput | None = BUSINESS_CASE
    objectives: Annotated[list[ThingId], Field(max_length=20)] | None = None
    effort_days: FigureInput | None = Field(default=None, examples=["220"])

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if all(value is None for name, value in self if name != "reason"):
            raise PydanticCustomError("nothing-amended", "say what is to be different")
        return self


def proposed(command: ProposeProject, context: Context) -> ProjectProposed:
    """The proposal, with its business case as a document."""
    check_all_in_force(context, command.objectives)
    case = command.business_case.recorded(context) if command.business_case else None
    return says(ProjectProposed, command, business_case=case)
