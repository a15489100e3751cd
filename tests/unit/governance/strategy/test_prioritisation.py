"""Row 8: prioritisation. The PMO puts a ranking on record; it follows from the scores, and authorises nothing."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, cast

import pytest
from pydantic import ValidationError

from governance.strategy import prioritisation
from governance.strategy.alignment import AlignmentScored
from governance.strategy.intake import ProjectProposed
from governance.strategy.prioritisation import PRIORITISATION, TOLD, PortfolioPrioritised, PrioritisePortfolio
from governance.strategy.proposal import PROPOSAL, ProposalDeferred, ProposalRejected
from governance.strategy.ranking import Limits
from governance.strategy.scoring_model import SCORING_MODEL, Criterion, ScoringModelDefined
from mandate_events.deciding import Command, Context
from mandate_events.document.canonical import MAX_DOCUMENT_BYTES
from mandate_events.document.event import Event, Recorded, document_of
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from mandate_events.values.money import Money

FAY, ANN, BEN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe"))
MODEL = "alignment@1"


def proposal(scenario: Scenario, name: str, cost: str, total: str | None, **more: Any) -> str:
    id_ = derived(name)
    cost_of = Money(cost, "AUD")
    said = ProjectProposed(
        **{"portfolio": "roads", "reference": name, "title": name, "gate_path": None, "forecast_cost": cost_of, **more}
    )
    scenario.given(PROPOSAL, id_, said, by=ANN)
    if total:
        scenario.given(PROPOSAL, id_, AlignmentScored(model=MODEL, scores={"value": "1"}, total=total), by=BEN)
    return id_


@pytest.fixture
def scored(office: Scenario) -> Scenario:
    """A of 60 scored 90, B of 50 scored 70, C of 30 scored 50, in the portfolio roads."""
    criteria = [Criterion("value", "Value", "1", 5)]
    office.given(SCORING_MODEL, "alignment", ScoringModelDefined(version=1, title="t", criteria=criteria), by=ANN)
    for name, cost, total in (("A", "60.00", "90.0000"), ("B", "50.00", "70.0000"), ("C", "30.00", "50.0000")):
        proposal(office, name, cost, total, effort_days="10")
    return office


def prioritising(*names: str, **changes: Any) -> PrioritisePortfolio:
    body = {
        "portfolio": "roads",
        "model": MODEL,
        "budget": {"amount": "100", "currency": "AUD"},
        "proposals": [derived(name) for name in names or "ABC"],
        "reason": "r",
    }
    return PrioritisePortfolio.model_validate({**body, **changes})


def when(scenario: Scenario, command: Command, by: str = BEN) -> Outcome:
    return scenario.when(PRIORITISATION, "r1", command, by=by)


def said(outcome: Outcome) -> PortfolioPrioritised:
    (record,) = outcome.under("pmo").records
    event: PortfolioPrioritised = record.data
    return event


def test_the_pmo_puts_a_ranking_on_record(scored: Scenario) -> None:
    event = said(when(scored, prioritising("C", "A", "B")))
    assert [(each.proposal, each.score, each.taken) for each in event.ranked] == [
        (derived("A"), "90.0000", True),
        (derived("B"), "70.0000", False),
        (derived("C"), "50.0000", False),
    ]
    assert (event.considered, event.taken, event.cost, event.effort_days) == (3, 1, Money("60.00", "AUD"), "10")
    assert (event.budget, event.capacity, event.skip) == (Money("100.00", "AUD"), None, False)


def test_capacity_and_skipping_count(scored: Scenario) -> None:
    event = said(when(scored, prioritising(skip=True, capacity="20.0")))
    assert [each.taken for each in event.ranked] == [True, False, True]
    assert (event.capacity, event.effort_days, event.cost) == ("20", "20", Money("90.00", "AUD"))
    assert said(when(scored, prioritising(skip=True, capacity="0"))).taken == 0


def test_it_follows_from_what_is_on_record_alone(scored: Scenario) -> None:
    assert said(when(scored, prioritising("A", "B", "C"))) == said(when(scored, prioritising("C", "B", "A")))


def test_a_deferred_proposal_keeps_its_place_and_is_not_taken_before_its_day(scored: Scenario) -> None:
    scored.given(PROPOSAL, derived("A"), ProposalDeferred(until=date(2026, 3, 3)), by=BEN)
    assert [each.taken for each in said(when(scored, prioritising())).ranked] == [False, True, True]
    scored.given(PROPOSAL, derived("A"), ProposalDeferred(until=date(2026, 3, 2)), by=BEN)
    assert [each.taken for each in said(when(scored, prioritising())).ranked] == [True, False, False]


@pytest.mark.parametrize("person", [FAY, EVE, ZOE])
def test_nobody_else_prioritises(scored: Scenario, person: str) -> None:
    when(scored, prioritising(), person).refused("no-right", authority=True)


def test_only_undecided_proposals_of_the_portfolio_are_ranked(scored: Scenario) -> None:
    when(scored, prioritising("A", "Z")).invalid("/proposals/1")
    proposal(scored, "D", "1.00", None, portfolio="rails")
    when(scored, prioritising("D")).invalid("/proposals/0")
    scored.given(PROPOSAL, derived("B"), ProposalRejected(), by=BEN)
    when(scored, prioritising()).refused("proposal-ended")


def test_there_is_something_to_rank_by_a_model_that_is_there(scored: Scenario) -> None:
    when(scored, prioritising(proposals=[])).refused("nothing-to-prioritise")
    when(scored, prioritising(model="alignment@2")).invalid("/model")
    when(scored, prioritising(model="other@1")).invalid("/model")


def test_a_ranking_is_put_on_record_once(scored: Scenario) -> None:
    recorded = said(when(scored, prioritising()))
    when(scored.given(PRIORITISATION, "r1", recorded, by=BEN), prioritising()).refused("made-before")


def test_a_proposal_is_named_once() -> None:
    with pytest.raises(ValidationError):
        prioritising("A", "A")


@pytest.mark.parametrize(("count", "told"), [(TOLD, TOLD), (TOLD + 1, 0), (445, 0)])
def test_a_large_ranking_fits_in_an_event(scored: Scenario, count: int, told: int) -> None:
    names = [f"{'X' * 60}{number:04d}" for number in range(count)]
    for name in names:
        proposal(scored, name, "9999999999999.99", "99.9999", effort_days="1234567.1234")
    outcome = when(scored, prioritising(*names, budget={"amount": "1000000000000000", "currency": "AUD"}))
    event = said(outcome)
    assert (event.considered, event.taken, len(event.ranked)) == (count, min(count, 100), told)
    assert len(document_of(outcome.records[0])) < MAX_DOCUMENT_BYTES


def test_the_whole_table_is_kept_as_a_document(scored: Scenario) -> None:
    kept: dict[str, bytes] = {}

    class Keeping:
        now = scored._now

        def read(self, aggregate: Any, id_: str) -> Any:
            fold = scored._folds.get(aggregate.stream(id_))
            return fold.state if fold else None

        def read_many(self, aggregate: Any, ids: Iterable[str]) -> dict[str, Any]:
            return {id_: self.read(aggregate, id_) for id_ in ids}

        def attach(self, media_type: str, content: bytes) -> str:
            kept[media_type] = content
            return "0" * 64

    (event,) = prioritisation.decide(None, prioritising(), cast("Context", Keeping()))
    lines = json.loads(kept["application/json"])
    assert [line["reference"] for line in lines] == ["A", "B", "C"]
    assert lines[1]["why"] == "over-budget"
    assert lines[0]["arithmetic"].startswith("1. A: (90.0000) / 1 = 90.0000; cost 60.00 AUD")
    assert isinstance(event, PortfolioPrioritised)


def test_an_empty_ranking_comes_to_nothing() -> None:
    nothing = prioritisation.summary([], "roads", MODEL, Limits(Money("1.00", "AUD")))
    assert (nothing.considered, nothing.cost, nothing.effort_days) == (0, Money("0.00", "AUD"), "0")


def test_what_is_no_matter_of_a_prioritisation_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        prioritisation.decide(None, Command(), cast("Context", None))
    with pytest.raises(TypeError):
        prioritisation.evolve(None, Event(), cast("Recorded[Any]", None))
