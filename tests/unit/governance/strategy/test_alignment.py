"""Row 8: scores. Members score proposals by a version of a model, never their own; the latest of each counts."""

from typing import Any

import pytest
from pydantic import ValidationError

from governance.people.mandate import MANDATE, MandateGiven
from governance.strategy.alignment import AlignmentScored, ScoreProposal
from governance.strategy.intake import ProposalAmended
from governance.strategy.proposal import PROPOSAL, ProposalRejected
from governance.strategy.scoring_model import SCORING_MODEL, Criterion, ScoringModelDefined
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from mandate_events.values.money import Money

FAY, ANN, BEN, CID, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "cid", "eve", "zoe"))
CRITERIA = [Criterion("value", "Value", "60", 5), Criterion("risk", "Risk", "40", 10)]
GOOD = {"value": "4", "risk": "5"}


@pytest.fixture
def scorable(proposed: Scenario) -> Scenario:
    """Ann's proposal p1, and alignment@1 to score it by; cid is a member too."""
    proposed.given(MANDATE, CID, MandateGiven(person=CID, role="pmo"))
    return proposed.given(
        SCORING_MODEL, "alignment", ScoringModelDefined(version=1, title="Alignment", criteria=CRITERIA), by=ANN
    )


def score(scenario: Scenario, by: str, scores: Any = GOOD, model: str = "alignment@1") -> Outcome:
    command = ScoreProposal.model_validate({"model": model, "scores": scores, "reason": "As I see it"})
    return scenario.when(PROPOSAL, "p1", command, by=by)


def test_a_member_scores_and_the_total_is_computed(scorable: Scenario) -> None:
    event = AlignmentScored(model="alignment@1", scores=GOOD, total="68.0000")
    score(scorable, BEN).then(event).under("pmo", f"mandate/{BEN}@1")


def test_nobody_scores_what_they_proposed(scorable: Scenario) -> None:
    score(scorable, ANN).refused("scorer-is-proposer", authority=True)


@pytest.mark.parametrize("person", [FAY, EVE, ZOE])
def test_nobody_else_scores(scorable: Scenario, person: str) -> None:
    score(scorable, person).refused("no-right", authority=True)


def test_the_latest_score_of_each_person_counts(scorable: Scenario) -> None:
    for person, total in ((BEN, "10.0000"), (CID, "30.0000"), (BEN, "20.0000")):
        scorable.given(PROPOSAL, "p1", AlignmentScored(model="alignment@1", scores=GOOD, total=total), by=person)
    state = scorable._folds[PROPOSAL.stream("p1")].state
    totals = {scorer: each.total for (model, scorer), each in state.scores.items() if model == "alignment@1"}
    assert totals == {BEN: "20.0000", CID: "30.0000"}
    amended = ProposalAmended(
        title="Another road",
        gate_path=None,
        forecast_cost=Money("1.00", "AUD"),
        business_case=None,
        objectives=[],
        effort_days=None,
        answers=None,
    )
    scorable.given(PROPOSAL, "p1", amended, by=ANN)
    assert not scorable._folds[PROPOSAL.stream("p1")].state.scores  # they were of what it was before


@pytest.mark.parametrize(
    ("scores", "pointer"),
    [
        ({"value": "4"}, "/scores"),
        ({**GOOD, "beauty": "1"}, "/scores"),
        ({"value": "5.0001", "risk": "1"}, "/scores/value"),
        ({"value": "5", "risk": "11"}, "/scores/risk"),
    ],
)
def test_scores_are_what_the_version_asks_for(scorable: Scenario, scores: dict[str, str], pointer: str) -> None:
    score(scorable, BEN, scores).invalid(pointer)


@pytest.mark.parametrize("model", ["alignment@2", "unheard-of@1"])
def test_proposals_are_scored_by_a_version_that_is_there(scorable: Scenario, model: str) -> None:
    score(scorable, BEN, model=model).invalid("/model")


def test_what_was_rejected_is_not_scored(scorable: Scenario) -> None:
    scorable.given(PROPOSAL, "p1", ProposalRejected(), by=BEN)
    score(scorable, BEN).refused("proposal-ended")


@pytest.mark.parametrize("scores", [{}, {"value": 4, "risk": "1"}, {"value": "-1", "risk": "1"}, {"VALUE": "1"}])
def test_a_score_is_a_decimal_as_text(scores: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScoreProposal.model_validate({"model": "alignment@1", "scores": scores, "reason": "r"})
