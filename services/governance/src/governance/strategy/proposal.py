"""Proposals: what the organisation might do, and the PMO's decision to do it. An authorised proposal is a project.

The stream's id comes from portfolio and client reference, so that one project cannot be proposed twice, ever.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from pydantic import Field

from governance.standards.standard import STANDARD, parse
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Invalid,
    Line,
    Refused,
    Slug,
    State,
    Text,
    replace,
)
from mandate_events.event import Event, Recorded
from mandate_events.formats import Versioned
from mandate_events.identifiers import derived
from mandate_events.money import Money, MoneyInput

Reference = Annotated[Line, Field(max_length=64, pattern=r"^\S(.*\S)?$", examples=["Q05388"])]
StandardReference = Annotated[
    str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*@[1-9][0-9]{0,5}$", examples=["capital-delivery@1"])
]


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


class ProjectAuthorised(Event, frozen=True, kw_only=True):
    """The PMO lets the project begin: to this version of the standard, along this path, within this budget."""

    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: Versioned
    budget: Money


EVENTS = (ProjectProposed, ProjectAuthorised)


class ProposeProject(Command):
    """Propose a project."""

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

    @property
    def id(self) -> str:
        """The id of the proposal, and of the project it may become."""
        return derived("proposal", self.portfolio, self.reference)


class AuthoriseProject(Decision):
    """Let the project begin."""

    standard: StandardReference
    budget: MoneyInput
    gate_path: Slug | None = Field(default=None, description="Where it is to differ from what was proposed")


class Proposal(State, frozen=True):
    proposer: str
    portfolio: str
    reference: str
    title: str
    gate_path: str | None
    forecast_cost: Money
    standard: str | None = None
    budget: Money | None = None

    @property
    def status(self) -> str:
        return "authorised" if self.standard else "proposed"


def decide(proposal: Proposal | None, command: Command, context: Context) -> Decided:
    match command, proposal:
        case ProposeProject(), None:
            return [_proposed(command)]
        case ProposeProject(), _:
            raise Refused("already-proposed", reference=command.reference, portfolio=command.portfolio)
        case AuthoriseProject(), Proposal(standard=None):
            return [_authorised(proposal, command, context)]
        case AuthoriseProject(), _:
            raise Refused("already-authorised")
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a proposal")


def _proposed(command: ProposeProject) -> ProjectProposed:
    fields = command.model_dump(exclude={"reason", "forecast_cost"})
    return ProjectProposed(**fields, forecast_cost=command.forecast_cost.recorded())


def _authorised(proposal: Proposal, command: AuthoriseProject, context: Context) -> ProjectAuthorised:
    name, number = parse(command.standard)
    standard = context.read(STANDARD, name)
    version = standard.versions.get(number) if standard else None
    if version is None or not version.published:
        raise Invalid("/standard", "not-a-published-standard", standard=command.standard)
    path = command.gate_path or proposal.gate_path
    if path is None:
        raise Invalid("/gate_path", "gate-path-missing")
    if path not in version.paths:
        known = sorted(version.paths)
        raise Invalid("/gate_path", "no-such-gate-path", standard=command.standard, path=path, known=known)
    if command.budget.currency != proposal.forecast_cost.currency:
        raise Invalid("/budget/currency", "other-currency", currency=proposal.forecast_cost.currency)
    if command.budget.amount == Decimal(0):
        raise Invalid("/budget/amount", "budget-of-zero")
    return ProjectAuthorised(
        portfolio=proposal.portfolio,
        reference=proposal.reference,
        title=proposal.title,
        gate_path=path,
        standard=command.standard,
        budget=command.budget.recorded(),
    )


def evolve(proposal: Proposal | None, event: Event, record: Recorded[Any]) -> Proposal:
    match event, proposal:
        case ProjectProposed(), _:
            return Proposal(
                record.actor, event.portfolio, event.reference, event.title, event.gate_path, event.forecast_cost
            )
        case ProjectAuthorised(), Proposal():
            return replace(proposal, standard=event.standard, gate_path=event.gate_path, budget=event.budget)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a proposal")


PROPOSAL: Aggregate[Proposal] = Aggregate(
    "proposal",
    decide,
    evolve,
    events=EVENTS,
    opened_by=frozenset({ProposeProject}),
    project=lambda id_, _: id_,
    standard=lambda proposal: proposal.standard,
)


# --- separation of duties ---


def is_proposer(proposal: Proposal | None, _command: Any, context: Context) -> bool:
    return proposal is not None and proposal.proposer == context.actor
