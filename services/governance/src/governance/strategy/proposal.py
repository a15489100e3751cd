"""Proposals: what the organisation might do, and the PMO's decision on it. An authorised proposal is a project.

The stream's id comes from portfolio and client reference, so that one project cannot be proposed twice, ever. Whoever
proposed it decides nothing on it, and answers where more is asked for.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeAlias

import immutables
import msgspec
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from governance.office.office import today
from governance.standards.content import Dimension
from governance.standards.standard import StandardReference, check_gate_path, given_version
from governance.strategy.alignment import AlignmentScored, ScoreProposal, scored
from governance.strategy.business_case import BusinessCase, BusinessCaseInput
from governance.strategy.figures import Figure, FigureInput
from governance.strategy.objective import check_in_force
from governance.strategy.scoring_model import ObjectiveId
from governance.strategy.tolerances import TOLERANCES, Tolerances
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Line,
    Refused,
    Slug,
    State,
    Text,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Uuid, Versioned
from mandate_events.document.identifiers import derived
from mandate_events.values.money import Money, MoneyInput

Reference = Annotated[Line, Field(max_length=64, pattern=r"^\S(.*\S)?$", examples=["Q05388"])]

BUSINESS_CASE: Any = Field(
    default=None,
    examples=[{"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "uri": None}],
)
Objectives: TypeAlias = list[ObjectiveId]
Status: TypeAlias = Literal["proposed", "more_requested", "deferred", "rejected", "authorised"]


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


class MoreRequested(Event, frozen=True, kw_only=True):
    """The PMO cannot decide on the proposal before it has this."""

    what: str


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


class ProposalDeferred(Event, frozen=True, kw_only=True):
    """Nothing is done of the proposal before this day."""

    until: date


class ProposalRejected(Event, frozen=True, kw_only=True):
    """Nothing is done of the proposal."""


class ProjectAuthorised(Event, frozen=True, kw_only=True):
    """The PMO lets the project begin: to this version of the standard, along this path, within this budget and these
    tolerances, for these objectives. A tolerance that was not given is that of the standard."""

    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: Versioned
    budget: Money
    tolerances: dict[Dimension, str] = msgspec.field(default_factory=dict)
    objectives: list[Uuid] = msgspec.field(default_factory=list)


class ProjectMigratedToStandard(Event, frozen=True, kw_only=True):
    """The project runs to another version of a standard from here on."""

    standard: Versioned
    gate_path: str


EVENTS = (
    ProjectProposed,
    AlignmentScored,
    MoreRequested,
    ProposalAmended,
    ProposalDeferred,
    ProposalRejected,
    ProjectAuthorised,
    ProjectMigratedToStandard,
)


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
    business_case: BusinessCaseInput | None = BUSINESS_CASE
    objectives: Objectives = Field(default_factory=list, max_length=20, description="What it is to serve")
    effort_days: FigureInput | None = Field(
        default=None, description="Days of work that it takes, as text", examples=["220"]
    )

    @property
    def id(self) -> str:
        """The id of the proposal, and of the project it may become."""
        return derived("proposal", self.portfolio, self.reference)


class AmendProposal(Decision):
    """Change a proposal of one's own; what is null stays as it is."""

    title: Annotated[Line, Field(max_length=400)] | None = Field(default=None, examples=["Harbour pumping station"])
    gate_path: Slug | None = None
    forecast_cost: MoneyInput | None = None
    business_case: BusinessCaseInput | None = BUSINESS_CASE
    objectives: Annotated[Objectives, Field(max_length=20)] | None = None
    effort_days: FigureInput | None = Field(default=None, examples=["220"])

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if all(value is None for name, value in self if name != "reason"):
            raise PydanticCustomError("nothing-amended", "say what is to be different")
        return self


class RequestMore(Decision):
    """Ask the proposer for what is lacking."""

    what: Line = Field(max_length=500, examples=["Quotes of two suppliers"])


class DeferProposal(Decision):
    """Put the proposal off until a day."""

    until: date = Field(examples=["2027-07-01"])


class RejectProposal(Decision):
    """Do not do it."""


class AuthoriseProject(Decision):
    """Let the project begin."""

    standard: StandardReference
    budget: MoneyInput
    gate_path: Slug | None = Field(default=None, description="Where it is to differ from what was proposed")
    tolerances: Tolerances = TOLERANCES
    objectives: Annotated[Objectives, Field(max_length=20)] | None = Field(
        default=None, description="Where they are to differ from what was proposed"
    )


class Score(State, frozen=True):
    scores: dict[str, str]
    total: str


class Proposal(State, frozen=True):
    proposer: str
    portfolio: str
    reference: str
    title: str
    gate_path: str | None
    forecast_cost: Money
    business_case: BusinessCase | None = None
    objectives: tuple[str, ...] = ()
    effort_days: str | None = None
    status: Status = "proposed"
    requested: str | None = None
    """What more the PMO asks for."""
    deferred_until: date | None = None
    scores: immutables.Map[tuple[str, str], Score] = msgspec.field(default_factory=immutables.Map)
    """By version of a scoring model and by scorer."""
    standard: str | None = None
    budget: Money | None = None
    tolerances: dict[Dimension, str] = msgspec.field(default_factory=dict)

    @property
    def undecided(self) -> bool:
        return self.status not in {"authorised", "rejected"}


def decide(proposal: Proposal | None, command: Instruction, context: Context) -> Decided:
    match command, proposal:
        case ProposeProject(), None:
            return [_proposed(command, context)]
        case ProposeProject(), _:
            raise Refused("already-proposed", reference=command.reference, portfolio=command.portfolio)
        case AuthoriseProject(), Proposal(status="authorised"):
            raise Refused("already-authorised")
        case _, Proposal(undecided=False):
            raise Refused("proposal-ended", reference=proposal.reference, status=proposal.status)
        case ScoreProposal(), Proposal():
            return [scored(command, context)]
        case RequestMore(what=what), Proposal():
            return [MoreRequested(what=what)]
        case AmendProposal(), Proposal():
            return [_amended(proposal, command, context)]
        case DeferProposal(until=until), Proposal():
            if until <= today(context):
                raise Invalid("/until", "deferred-to-the-past")
            return [ProposalDeferred(until=until)]
        case RejectProposal(), Proposal():
            return [ProposalRejected()]
        case AuthoriseProject(), Proposal():
            return [_authorised(proposal, command, context)]
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a proposal")


def _proposed(command: ProposeProject, context: Context) -> ProjectProposed:
    _check_objectives(command.objectives, context)
    fields = command.model_dump(exclude={"reason", "forecast_cost", "business_case"})
    case = command.business_case.recorded(context) if command.business_case else None
    return ProjectProposed(**fields, forecast_cost=command.forecast_cost.recorded(), business_case=case)


def _amended(proposal: Proposal, command: AmendProposal, context: Context) -> ProposalAmended:
    _check_objectives(command.objectives or [], context)
    case, cost, objectives = command.business_case, command.forecast_cost, command.objectives
    return ProposalAmended(
        title=command.title or proposal.title,
        gate_path=command.gate_path or proposal.gate_path,
        forecast_cost=cost.recorded() if cost else proposal.forecast_cost,
        business_case=case.recorded(context) if case else proposal.business_case,
        objectives=list(proposal.objectives if objectives is None else objectives),
        effort_days=command.effort_days or proposal.effort_days,
        answers=proposal.requested,
    )


def _authorised(proposal: Proposal, command: AuthoriseProject, context: Context) -> ProjectAuthorised:
    version = given_version(context, command.standard)
    path = command.gate_path or proposal.gate_path
    if path is None:
        raise Invalid("/gate_path", "gate-path-missing")
    check_gate_path(version, command.standard, path)
    if command.budget.currency != proposal.forecast_cost.currency:
        raise Invalid("/budget/currency", "other-currency", currency=proposal.forecast_cost.currency)
    if command.budget.amount == Decimal(0):
        raise Invalid("/budget/amount", "budget-of-zero")
    _check_objectives(command.objectives or [], context)
    return ProjectAuthorised(
        portfolio=proposal.portfolio,
        reference=proposal.reference,
        title=proposal.title,
        gate_path=path,
        standard=command.standard,
        budget=command.budget.recorded(),
        tolerances={**version.content.tolerances, **command.tolerances},
        objectives=list(proposal.objectives if command.objectives is None else command.objectives),
    )


def _check_objectives(objectives: list[str], context: Context) -> None:
    for number, objective in enumerate(objectives):
        check_in_force(context, f"/objectives/{number}", objective)


def evolve(proposal: Proposal | None, event: Event, record: Recorded[Any]) -> Proposal:
    match event, proposal:
        case ProjectProposed(), _:
            return Proposal(
                record.actor,
                event.portfolio,
                event.reference,
                event.title,
                event.gate_path,
                event.forecast_cost,
                event.business_case,
                tuple(event.objectives),
                event.effort_days,
            )
        case AlignmentScored(), Proposal():
            score = Score(event.scores, event.total)
            return replace(proposal, scores=proposal.scores.set((event.model, record.actor), score))
        case MoreRequested(what=what), Proposal():
            return replace(proposal, status="more_requested", requested=what, deferred_until=None)
        case ProposalAmended(), Proposal():
            return replace(
                proposal,
                title=event.title,
                gate_path=event.gate_path,
                forecast_cost=event.forecast_cost,
                business_case=event.business_case,
                objectives=tuple(event.objectives),
                effort_days=event.effort_days,
                status="deferred" if proposal.status == "deferred" else "proposed",
                requested=None,
                scores=immutables.Map(),
            )
        case ProposalDeferred(until=until), Proposal():
            return replace(proposal, status="deferred", deferred_until=until, requested=None)
        case ProposalRejected(), Proposal():
            return replace(proposal, status="rejected")
        case ProjectAuthorised(), Proposal():
            return replace(
                proposal,
                status="authorised",
                standard=event.standard,
                gate_path=event.gate_path,
                budget=event.budget,
                tolerances=event.tolerances,
                objectives=tuple(event.objectives),
            )
        case ProjectMigratedToStandard(), Proposal():
            return replace(proposal, standard=event.standard, gate_path=event.gate_path)
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


def is_not_proposer(proposal: Proposal | None, command: Any, context: Context) -> bool:
    """A proposal is amended by who made it."""
    return proposal is not None and not is_proposer(proposal, command, context)
