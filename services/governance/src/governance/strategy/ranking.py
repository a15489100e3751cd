"""Ranking: which proposals a budget and a capacity reach, best first, with the arithmetic of every line.

The score of a proposal is the mean of its scorers' totals. The best is taken first, and so on while budget and capacity
last; the first that does not fit ends it, or, with `skip`, is passed over. Equal scores go by reference.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

import msgspec
from pydantic import BaseModel, Field

from mandate_events.document.formats import ProjectId
from mandate_events.values.figures import Figure, rounded, spelled
from mandate_events.values.money import Money
from mandate_events.values.told import Amount, Digits, Id, Reference

Why: TypeAlias = Literal[
    "not-scored", "deferred", "other-currency", "effort-unknown", "over-budget", "over-capacity", "behind-the-last"
]
_SAID: Mapping[Why, str] = {
    "not-scored": "nobody scored it by this version of the model",
    "deferred": "it is deferred",
    "other-currency": "its cost is in another currency",
    "effort-unknown": "its effort is not known",
    "over-budget": "the budget does not reach it",
    "over-capacity": "the capacity does not reach it",
    "behind-the-last": "one before it did not fit",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What there is to spend; no capacity is no limit."""

    budget: Money
    capacity: Decimal | None = None
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposal as far as it matters here: what it costs and takes, and each scorer's total."""

    proposal: str
    reference: str
    cost: Money
    effort: Decimal | None
    totals: Mapping[str, Decimal]
    deferred: bool = False

    @property
    def score(self) -> Decimal | None:
        """The mean of the totals, to four places."""
        sums = sum(map(Fraction, self.totals.values()), Fraction(0))
        return rounded(sums / len(self.totals)) if self.totals else None


@dataclass(frozen=True, slots=True)
class Taken:
    """What the proposals that are taken come to, so far."""

    cost: Decimal = Decimal(0)
    effort: Decimal = Decimal(0)

    def with_(self, candidate: Candidate) -> "Taken":
        return Taken(self.cost + candidate.cost.value, self.effort + (candidate.effort or 0))


class Ranked(msgspec.Struct, frozen=True):
    """One line of a ranking. `together` and `effort_together` are what is taken up to here, this one included."""

    proposal: ProjectId
    reference: str
    totals: dict[str, Figure]
    score: Figure | None
    cost: Money
    effort_days: Figure | None
    taken: bool
    why: Why | None
    together: Money
    effort_together: Figure
    arithmetic: str


class RankedPage(BaseModel):
    """One line of a ranking, with its arithmetic."""

    proposal: Id
    reference: Reference = Field(examples=["Q05388"])
    totals: dict[str, Digits] = Field(
        description="By scorer, out of 100", examples=[{"ce25ad4a-5edf-59aa-983a-c33342cd72ca": "72.5000"}]
    )
    score: Digits | None = Field(description="The mean of the totals", examples=["72.5000"])
    cost: Amount
    effort_days: Digits | None
    taken: bool
    why: Why | None = Field(description="Why it is not taken")
    together: Amount = Field(description="What all that is taken costs, down to this line")
    effort_together: Digits = Field(description="And how many days of work it is", examples=["220"])
    arithmetic: str = Field(description="The same in words")


def rank(candidates: Iterable[Candidate], limits: Limits) -> list[Ranked]:
    """All candidates, best first; those without a score come last."""
    return list(_ranked(sorted(candidates, key=_place), limits))


def _place(candidate: Candidate) -> tuple[Decimal, str, str]:
    score = candidate.score
    return (Decimal(1) if score is None else -score, candidate.reference, candidate.proposal)


def _ranked(candidates: Iterable[Candidate], limits: Limits) -> Iterator[Ranked]:
    taken, ended = Taken(), False
    for number, candidate in enumerate(candidates, start=1):
        why = _ineligible(candidate, limits) or (
            "behind-the-last" if ended else _beyond(taken.with_(candidate), limits)
        )
        ended = ended or (why in {"over-budget", "over-capacity"} and not limits.skip)
        if why is None:
            taken = taken.with_(candidate)
        yield _line(number, candidate, limits, why, taken)


def _ineligible(candidate: Candidate, limits: Limits) -> Why | None:
    """What is not in the running takes nobody's place."""
    if not candidate.totals:
        return "not-scored"
    if candidate.deferred:
        return "deferred"
    if candidate.cost.currency != limits.budget.currency:
        return "other-currency"
    if limits.capacity is not None and candidate.effort is None:
        return "effort-unknown"
    return None


def _beyond(taken: Taken, limits: Limits) -> Why | None:
    if taken.cost > limits.budget.value:
        return "over-budget"
    if limits.capacity is not None and taken.effort > limits.capacity:
        return "over-capacity"
    return None


def _line(number: int, candidate: Candidate, limits: Limits, why: Why | None, taken: Taken) -> Ranked:
    score = None if candidate.score is None else f"{candidate.score:.4f}"
    totals = {scorer: f"{total:.4f}" for scorer, total in sorted(candidate.totals.items())}
    cost, together = candidate.cost, Money(f"{taken.cost:.2f}", limits.budget.currency)
    effort = None if candidate.effort is None else spelled(candidate.effort)
    says = [
        f"{number}. {candidate.reference}: ({' + '.join(totals.values())}) / {len(totals)} = {score}"
        if totals
        else f"{number}. {candidate.reference}: no score",
        f"cost {cost.amount} {cost.currency}" + (f" and {effort} d" if effort else ""),
        f"taken together {together.amount} of {limits.budget.amount} {together.currency}"
        + ("" if limits.capacity is None else f" and {spelled(taken.effort)} of {spelled(limits.capacity)} d"),
        f"not taken, {_SAID[why]}" if why else "taken",
    ]
    return Ranked(
        proposal=candidate.proposal,
        reference=candidate.reference,
        totals=totals,
        score=score,
        cost=cost,
        effort_days=effort,
        taken=why is None,
        why=why,
        together=together,
        effort_together=spelled(taken.effort),
        arithmetic="; ".join(says),
    )
