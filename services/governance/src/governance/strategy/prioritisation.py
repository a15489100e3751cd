"""Prioritisation: the PMO puts a ranking of the portfolio on record, as it followed from the scores of that moment.

It authorises nothing: it is what the authorisations, rejections and deferrals that follow can point to.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Self

import msgspec
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from governance.office.office import office_read, today
from governance.strategy.alignment import ModelVersion
from governance.strategy.proposal import PROPOSAL, Proposal
from governance.strategy.ranking import Candidate, Limits, Ranked, RankedPage, rank
from governance.strategy.scoring_model import ModelReference, given_version, model_read
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Looking,
    PersonId,
    Refused,
    Slug,
    State,
    Streams,
    Undecided,
    Unfolded,
)
from mandate_events.document.canonical import encode
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Sha256
from mandate_events.values.figures import Figure, FigureInput, spelled
from mandate_events.values.money import Money, MoneyInput
from mandate_events.values.text import Hash, ThingId
from mandate_events.values.told import Amount, Digits, Edition, Id, Instant

MOST: Final = 2_000
"""Proposals in one ranking."""
TOLD: Final = 250
"""Of more proposals than that, only the document tells the places: an event holds 64 KiB."""


class Place(msgspec.Struct, frozen=True):
    """The place of a proposal: the first is the best."""

    proposal: ProjectId
    score: Figure | None
    cost: Money
    taken: bool


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What was ranked, within which limits, and what was taken."""

    portfolio: str
    model: ModelVersion
    budget: Money
    capacity: Figure | None
    skip: bool
    considered: int
    taken: int
    cost: Money
    effort_days: Figure


class PortfolioPrioritised(Event, frozen=True, kw_only=True):
    """The portfolio was ranked under this budget and capacity. `table` is the SHA-256 of the whole ranking, with the
    arithmetic of each line; `ranked` repeats its places, unless there are more than 250."""

    portfolio: str
    model: ModelVersion
    budget: Money
    capacity: Figure | None
    skip: bool
    considered: int
    taken: int
    cost: Money
    effort_days: Figure
    ranked: list[Place]
    table: Sha256


EVENTS = (PortfolioPrioritised,)


class Prioritise(Decision):
    """Rank proposals under a budget and a capacity, by one version of a scoring model."""

    model: ModelReference
    budget: MoneyInput
    capacity: FigureInput | None = Field(default=None, description="Days of work that there are", examples=["1200"])
    skip: bool = Field(default=False, description="Pass over what does not fit, and go on")
    proposals: list[ThingId] = Field(
        default_factory=list, max_length=MOST, description="All of the portfolio that is undecided, where none is named"
    )

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len(set(self.proposals)) < len(self.proposals):
            raise PydanticCustomError("proposal-twice", "a proposal is named once")
        return self

    @property
    def limits(self) -> Limits:
        return Limits(self.budget.recorded(), Decimal(self.capacity) if self.capacity else None, self.skip)


class PrioritisePortfolio(Prioritise):
    """Put the ranking of these proposals of a portfolio on record."""

    portfolio: Slug


class Prioritisation(State, frozen=True):
    said: PortfolioPrioritised
    prioritised_by: str


class SummaryPage(BaseModel):
    """What was ranked, within which limits, and what was taken."""

    portfolio: Slug = Field(examples=["capital-delivery"])
    model: Edition = Field(examples=["alignment@1"])
    budget: Amount
    capacity: Digits | None = Field(description="Days of work; null is no limit", examples=["1200"])
    skip: bool = Field(description="What did not fit was passed over")
    considered: int = Field(examples=[445])
    taken: int = Field(examples=[220])
    cost: Amount = Field(description="Of all that is taken")
    effort_days: Digits = Field(examples=["1180.5"])


class RankingPage(SummaryPage):
    """A ranking, best first."""

    items: list[RankedPage]


class RecordedRankingPage(RankingPage):
    """A ranking that is on record."""


class PlacePage(BaseModel):
    """The place of a proposal."""

    proposal: Id
    score: Digits | None
    cost: Amount
    taken: bool


class PrioritisationPage(SummaryPage):
    """A ranking on record: its limits, its places, and what was taken."""

    id: Id = Field(examples=["0190f3a5-7b1c-7c7e-9f43-5a1d2c3b4e5f"])
    prioritised_by: PersonId
    ranked: list[PlacePage] = Field(description="Best first; empty where there are more than 250")
    table: Hash = Field(description="SHA-256 of the whole ranking: `GET /v1/blobs/{sha256}`")


class PrioritisationItem(SummaryPage):
    """A ranking on record, by whom and when."""

    id: Id
    prioritised_by: PersonId
    prioritised_at: Instant = Field(examples=["2026-11-24T12:00:00.000000Z"])


def decide(prioritisation: Prioritisation | None, command: Instruction, context: Context) -> Decided:
    match command, prioritisation:
        case PrioritisePortfolio(), None:
            return [_prioritised(command, context)]
        case PrioritisePortfolio(), _:
            raise Refused("made-before")
        case _:
            raise Undecided(command)


def _prioritised(command: PrioritisePortfolio, context: Context) -> PortfolioPrioritised:
    given_version(context, command.model)
    limits = command.limits
    lines = rank(_candidates(command, context), limits)
    if not lines:
        raise Refused("nothing-to-prioritise", portfolio=command.portfolio)
    places = [Place(line.proposal, line.score, line.cost, line.taken) for line in lines]
    return PortfolioPrioritised(
        **msgspec.structs.asdict(summary(lines, command.portfolio, command.model, limits)),
        ranked=places if len(places) <= TOLD else [],
        table=context.attach("application/json", encode(table(lines))),
    )


def summary(lines: Sequence[Ranked], portfolio: str, model: str, limits: Limits) -> Summary:
    """What a ranking comes to."""
    last = lines[-1] if lines else None
    return Summary(
        portfolio=portfolio,
        model=model,
        budget=limits.budget,
        capacity=None if limits.capacity is None else spelled(limits.capacity),
        skip=limits.skip,
        considered=len(lines),
        taken=sum(line.taken for line in lines),
        cost=last.together if last else Money("0.00", limits.budget.currency),
        effort_days=last.effort_together if last else "0",
    )


def _candidates(command: PrioritisePortfolio, context: Context) -> Iterator[Candidate]:
    proposals = context.read_many(PROPOSAL, command.proposals)
    day = today(context)
    for number, id_ in enumerate(command.proposals):
        proposal = proposals[id_]
        if proposal is None or proposal.portfolio != command.portfolio:
            raise Invalid(f"/proposals/{number}", "not-of-the-portfolio", proposal=id_, portfolio=command.portfolio)
        if not proposal.undecided:
            raise Refused("proposal-ended", status=proposal.status, reference=proposal.reference)
        yield candidate(id_, proposal, command.model, day)


def candidate(id_: str, proposal: Proposal, model: str, day: date) -> Candidate:
    """A proposal as it stands in a ranking by this version of a model on this day."""
    return Candidate(
        proposal=id_,
        reference=proposal.reference,
        cost=proposal.forecast_cost,
        effort=Decimal(proposal.effort_days) if proposal.effort_days else None,
        totals={scorer: Decimal(score.total) for (of, scorer), score in proposal.scores.items() if of == model},
        deferred=proposal.deferred_until is not None and proposal.deferred_until > day,
    )


def table(lines: Sequence[Ranked]) -> list[dict[str, Any]]:
    """A ranking as a document."""
    rows: list[dict[str, Any]] = msgspec.to_builtins(lines)
    return rows


def reads(_prioritisation: Prioritisation | None, command: Instruction, _looking: Looking) -> Streams:
    if isinstance(command, PrioritisePortfolio):
        yield from model_read(command.model)
        yield from office_read()
        for id_ in command.proposals:
            yield PROPOSAL, id_


def evolve(_: Prioritisation | None, event: Event, record: Recorded[Any]) -> Prioritisation:
    match event:
        case PortfolioPrioritised():
            return Prioritisation(event, record.actor)
        case _:
            raise Unfolded(event)


PRIORITISATION: Aggregate[Prioritisation] = Aggregate(
    "prioritisation",
    decide,
    evolve,
    events=EVENTS,
    records={PrioritisePortfolio: (PortfolioPrioritised,)},
    reads=reads,
    opened_by=frozenset({PrioritisePortfolio}),
)
