"""Ranking: what a budget and a capacity reach, best first, and that the arithmetic shown is the arithmetic done."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.strategy.ranking import Candidate, Limits, Ranked, rank
from mandate_events.values.money import Money


def aud(amount: Any) -> Money:
    return Money(f"{Decimal(amount):.2f}", "AUD")


def candidate(reference: str, cost: Any, *totals: str, effort: str | None = None, **more: Any) -> Candidate:
    scores = {f"scorer-{number}": Decimal(total) for number, total in enumerate(totals)}
    return Candidate(reference, reference, aud(cost), None if effort is None else Decimal(effort), scores, **more)


def told(lines: list[Ranked]) -> list[tuple[str, str | None]]:
    return [(line.reference, line.why) for line in lines]


def test_the_best_is_taken_first_while_the_budget_lasts() -> None:
    lines = rank([candidate("C", 30, "50"), candidate("A", 60, "90", "80"), candidate("B", 50, "70")], Limits(aud(100)))
    assert told(lines) == [("A", None), ("B", "over-budget"), ("C", "behind-the-last")]
    assert [line.together.amount for line in lines] == ["60.00", "60.00", "60.00"]
    assert lines[0].score == "85.0000"


def test_what_does_not_fit_can_be_passed_over() -> None:
    lines = rank(
        [candidate("C", 30, "50"), candidate("A", 60, "90"), candidate("B", 50, "70")], Limits(aud(100), skip=True)
    )
    assert told(lines) == [("A", None), ("B", "over-budget"), ("C", None)]
    assert lines[-1].together == aud(90)


def test_capacity_is_a_limit_of_its_own() -> None:
    candidates = [
        candidate("A", 1, "90", effort="10"),
        candidate("B", 1, "80"),
        candidate("C", 1, "70", effort="10.5"),
        candidate("D", 1, "60", effort="1"),
    ]
    assert told(rank(candidates, Limits(aud(9), Decimal(20)))) == [
        ("A", None),
        ("B", "effort-unknown"),
        ("C", "over-capacity"),
        ("D", "behind-the-last"),
    ]
    lines = rank(candidates, Limits(aud(9), Decimal(20), skip=True))
    assert told(lines)[3] == ("D", None)
    assert lines[-1].effort_together == "11"
    assert all(line.taken for line in rank(candidates, Limits(aud(9))))


def test_equal_scores_go_by_reference() -> None:
    lines = rank([candidate("B", 1, "50"), candidate("A", 1, "40", "60"), candidate("C", 1, "50.0001")], Limits(aud(9)))
    assert [line.reference for line in lines] == ["C", "A", "B"]


def test_what_is_not_in_the_running_takes_nobodys_place() -> None:
    foreign = Candidate("F", "F", Money("1.00", "EUR"), None, {"scorer-0": Decimal(99)})
    lines = rank(
        [candidate("N", 1), candidate("A", 1, "10"), candidate("D", 1, "95", deferred=True), foreign], Limits(aud(1))
    )
    assert told(lines) == [("F", "other-currency"), ("D", "deferred"), ("A", None), ("N", "not-scored")]
    assert (lines[-1].score, lines[-1].totals) == (None, {})


def test_the_arithmetic_is_told() -> None:
    lines = rank(
        [
            candidate("A", "60.5", "90", "80.3333", effort="12.5"),
            candidate("B", 50, "70", effort="1"),
            candidate("N", 1),
        ],
        Limits(aud(100), Decimal(20)),
    )
    assert [line.arithmetic for line in lines] == [
        (
            "1. A: (90.0000 + 80.3333) / 2 = 85.1666; cost 60.50 AUD and 12.5 d; "
            "taken together 60.50 of 100.00 AUD and 12.5 of 20 d; taken"
        ),
        (
            "2. B: (70.0000) / 1 = 70.0000; cost 50.00 AUD and 1 d; "
            "taken together 60.50 of 100.00 AUD and 12.5 of 20 d; not taken, the budget does not reach it"
        ),
        (
            "3. N: no score; cost 1.00 AUD; taken together 60.50 of 100.00 AUD and 12.5 of 20 d; "
            "not taken, nobody scored it by this version of the model"
        ),
    ]


def test_nothing_is_ranked_where_there_is_nothing() -> None:
    assert rank([], Limits(aud(1))) == []


# What holds whatever is proposed

cents = st.integers(0, 100_000).map(lambda value: Decimal(value) / 100)
points = st.integers(0, 1_000_000).map(lambda value: Decimal(value) / 10_000)
some = st.builds(
    Candidate,
    proposal=st.just(""),
    reference=st.sampled_from(["A", "B", "C"]),
    cost=st.builds(Money, cents.map(lambda value: f"{value:.2f}"), st.sampled_from(["AUD", "AUD", "AUD", "NZD"])),
    effort=st.none() | cents,
    totals=st.dictionaries(st.sampled_from(["ann", "ben", "cid"]), points),
    deferred=st.booleans(),
)


@st.composite
def portfolios(draw: st.DrawFn) -> list[Candidate]:
    found = draw(st.lists(some, max_size=12))
    return [
        Candidate(f"p{number}", each.reference, each.cost, each.effort, each.totals, each.deferred)
        for number, each in enumerate(found)
    ]


limits_of = st.builds(Limits, cents.map(lambda value: aud(value * 3)), st.none() | cents, st.booleans())


def taken(candidates: list[Candidate], limits: Limits) -> set[str]:
    return {line.proposal for line in rank(candidates, limits) if line.taken}


@given(portfolios(), limits_of)
def test_neither_budget_nor_capacity_is_ever_exceeded(candidates: list[Candidate], limits: Limits) -> None:
    by_id = {each.proposal: each for each in candidates}
    lines = rank(candidates, limits)
    chosen = [by_id[line.proposal] for line in lines if line.taken]
    assert sum((each.cost.value for each in chosen), Decimal(0)) <= limits.budget.value
    if limits.capacity is not None:
        assert sum((each.effort or Decimal(0) for each in chosen), Decimal(0)) <= limits.capacity
    assert len(lines) == len(candidates)
    assert all(line.taken == (line.why is None) for line in lines)
    running = Decimal(0)
    for line in lines:
        running += line.cost.value if line.taken else 0
        assert line.together.value == running


@given(portfolios(), limits_of, st.randoms(use_true_random=False))
def test_the_order_of_the_proposals_does_not_matter(candidates: list[Candidate], limits: Limits, by: Random) -> None:
    shuffled = list(candidates)
    by.shuffle(shuffled)
    assert rank(shuffled, limits) == rank(candidates, limits)


@given(portfolios(), limits_of, cents)
def test_more_budget_takes_nothing_back(candidates: list[Candidate], limits: Limits, more: Decimal) -> None:
    """Where what does not fit ends the list. Where it is passed over, a dear one may drive out cheaper ones."""
    narrow = Limits(limits.budget, limits.capacity)
    wide = Limits(aud(limits.budget.value + more), limits.capacity)
    assert taken(candidates, narrow) <= taken(candidates, wide)


@given(portfolios(), limits_of)
def test_nobody_is_taken_before_a_better_one_that_fits(candidates: list[Candidate], limits: Limits) -> None:
    lines = [line for line in rank(candidates, Limits(limits.budget, limits.capacity)) if line.score]
    in_the_running = [line for line in lines if line.why in {None, "over-budget", "over-capacity", "behind-the-last"}]
    flags = [line.taken for line in in_the_running]
    assert flags == sorted(flags, reverse=True)


@pytest.mark.parametrize("skip", [False, True])
def test_more_budget_may_take_back_only_where_it_is_passed_over(skip: bool) -> None:
    candidates = [candidate("A", 10, "90"), candidate("B", 5, "80")]
    few, more = Limits(aud(5), skip=skip), Limits(aud(10), skip=skip)
    assert taken(candidates, few) == ({"B"} if skip else set())
    assert taken(candidates, more) == {"A"}
