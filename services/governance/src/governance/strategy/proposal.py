"""Proposals: what the organisation might do, and the PMO's decision on it. An authorised proposal is a project.

The stream's id comes from portfolio and client reference, so that one project cannot be proposed twice, ever. Whoever
proposed it decides nothing on it, and answers where more is asked for.
"""

from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import immutables
import msgspec
from pydantic import Field

from governance.office.office import office_read, today
from governance.standards.content import Dimension
from governance.standards.standard import check_gate_path, given_version, standard_read
from governance.strategy.alignment import AlignmentScored, ScoreProposal, scored
from governance.strategy.authorisation import AuthoriseProject, ProjectAuthorised, ProjectMigratedToStandard
from governance.strategy.business_case import BusinessCase
from governance.strategy.intake import AmendProposal, ProjectProposed, ProposalAmended, ProposeProject, proposed
from governance.strategy.objective import check_all_in_force, objectives_read
from governance.strategy.scoring_model import model_read
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Line,
    Looking,
    Refused,
    State,
    Streams,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.values.money import Money

Status: TypeAlias = Literal["proposed", "more_requested", "deferred", "rejected", "authorised"]


class MoreRequested(Event, frozen=True, kw_only=True):
    """The PMO cannot decide on the proposal before it has this."""

    what: str


class ProposalDeferred(Event, frozen=True, kw_only=True):
    """Nothing is done of the proposal before this day."""

    until: date


class ProposalRejected(Event, frozen=True, kw_only=True):
    """Nothing is done of the proposal."""


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


class RequestMore(Decision):
    """Ask the proposer for what is lacking."""

    what: Line = Field(max_length=500, examples=["Quotes of two suppliers"])


class DeferProposal(Decision):
    """Put the proposal off until a day.

    It can be authorised or rejected before.
    """

    until: date = Field(examples=["2027-07-01"])


class RejectProposal(Decision):
    """Do not do it.

    Nothing more is decided on the proposal.
    """


class Score(State, frozen=True):
    scores: dict[str, str]
    total: str


class Proposal(State, frozen=True):
    proposed_by: str
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
            return [proposed(command, context)]
        case ProposeProject(), _:
            known = {"reference": command.said("reference"), "portfolio": command.said("portfolio")}
            raise Refused("already-proposed", **known)
        case AuthoriseProject(), Proposal(status="authorised"):
            raise Refused("already-authorised")
        case _, Proposal(undecided=False):
            raise Refused("proposal-ended", reference=proposal.reference, status=proposal.status)
        case ScoreProposal(), Proposal():
            return [scored(command, context)]
        case RequestMore(), Proposal():
            return [says(MoreRequested, command)]
        case AmendProposal(), Proposal():
            return [_amended(proposal, command, context)]
        case DeferProposal(until=until), Proposal():
            if until <= today(context):
                raise Invalid("/until", "deferred-to-the-past")
            return [says(ProposalDeferred, command)]
        case RejectProposal(), Proposal():
            return [ProposalRejected()]
        case AuthoriseProject(), Proposal():
            return [_authorised(proposal, command, context)]
        case _:
            raise Undecided(command)


def _amended(proposal: Proposal, command: AmendProposal, context: Context) -> ProposalAmended:
    check_all_in_force(context, command.objectives or [])
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
    check_all_in_force(context, command.objectives or [])
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


def reads(_proposal: Proposal | None, command: Instruction, _looking: Looking) -> Streams:
    match command:
        case ProposeProject(objectives=objectives) | AmendProposal(objectives=objectives):
            yield from objectives_read(objectives)
        case ScoreProposal():
            yield from model_read(command.model)
        case DeferProposal():
            yield from office_read()
        case AuthoriseProject():
            yield from standard_read(command.standard)
            yield from objectives_read(command.objectives)
        case _:
            pass


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
            raise Unfolded(event)


PROPOSAL: Aggregate[Proposal] = Aggregate(
    "proposal",
    decide,
    evolve,
    events=EVENTS,
    records={
        ProposeProject: (ProjectProposed,),
        AmendProposal: (ProposalAmended,),
        ScoreProposal: (AlignmentScored,),
        RequestMore: (MoreRequested,),
        DeferProposal: (ProposalDeferred,),
        RejectProposal: (ProposalRejected,),
        AuthoriseProject: (ProjectAuthorised,),
    },
    reads=reads,
    opened_by=frozenset({ProposeProject}),
    project=lambda id_, _: id_,
    standard=lambda proposal: proposal.standard,
)
