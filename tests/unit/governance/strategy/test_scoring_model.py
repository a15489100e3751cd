"""Row 8: scoring models. What proposals are compared by stands in versions that never change."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from governance.strategy import scoring_model
from governance.strategy.objective import OBJECTIVE, ObjectiveRetired, ObjectiveSet
from governance.strategy.scoring_model import (
    SCORING_MODEL,
    Criterion,
    DefineScoringModel,
    ScoringModelDefined,
    total,
    version_of,
)
from mandate_events.deciding import Command, Context
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario
from mandate_events.values.figures import rounded

FAY, ANN, BEN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe"))
AIM = derived("aim")
CRITERIA: list[dict[str, Any]] = [
    {"id": "value", "title": "Value", "weight": "60", "scale": 5},
    {"id": "risk", "title": "Risk", "weight": "40", "scale": 10, "objective": AIM},
]
RECORDED = [Criterion("value", "Value", "60", 5), Criterion("risk", "Risk", "40", 10, AIM)]


def defining(*criteria: dict[str, Any], **changes: Any) -> DefineScoringModel:
    body = {"title": "Alignment", "criteria": list(criteria) or CRITERIA, "reason": "r", **changes}
    return DefineScoringModel.model_validate(body)


@pytest.fixture
def aimed(office: Scenario) -> Scenario:
    content: dict[str, Any] = {
        "title": "Clean bay",
        "weight": "1",
        "starts_on": date(2026, 1, 1),
        "until": date(2028, 12, 31),
    }
    return office.given(OBJECTIVE, AIM, ObjectiveSet(**content), by=ANN)


def test_the_pmo_defines_versions_that_stand_beside_each_other(aimed: Scenario) -> None:
    first = ScoringModelDefined(version=1, title="Alignment", criteria=RECORDED)
    aimed.when(SCORING_MODEL, "alignment", defining(), by=ANN).then(first).under("pmo")
    aimed.given(SCORING_MODEL, "alignment", first, by=ANN)
    second = ScoringModelDefined(version=2, title="Alignment", criteria=RECORDED[:1])
    aimed.when(SCORING_MODEL, "alignment", defining(CRITERIA[0]), by=BEN).then(second)


def test_an_earlier_version_stays_what_it_was() -> None:
    by = cast("Recorded[Any]", type("", (), {"actor": ANN}))
    model = scoring_model.evolve(None, ScoringModelDefined(version=1, title="One", criteria=RECORDED), by)
    model = scoring_model.evolve(model, ScoringModelDefined(version=2, title="Two", criteria=RECORDED[:1]), by)
    one, two = (version_of(model, f"alignment@{number}") for number in (1, 2))
    assert one is not None
    assert two is not None
    assert (one.title, one.criteria, one.defined_by) == ("One", tuple(RECORDED), ANN)
    assert two.criteria == tuple(RECORDED[:1])
    assert version_of(model, "alignment@3") is None
    assert version_of(None, "alignment@1") is None


def test_a_criterion_stands_for_an_objective_that_holds(office: Scenario, aimed: Scenario) -> None:
    office.when(SCORING_MODEL, "alignment", defining({**CRITERIA[1], "objective": derived("none")}), by=ANN).invalid(
        "/criteria/0/objective"
    )
    aimed.given(OBJECTIVE, AIM, ObjectiveRetired())
    aimed.when(SCORING_MODEL, "alignment", defining(), by=ANN).invalid("/criteria/1/objective")


@pytest.mark.parametrize("person", [FAY, EVE, ZOE])
def test_nobody_else_defines_it(aimed: Scenario, person: str) -> None:
    aimed.when(SCORING_MODEL, "alignment", defining(), by=person).refused("no-right", authority=True)


@pytest.mark.parametrize(
    "criteria",
    [
        [CRITERIA[0], CRITERIA[0]],
        [{**CRITERIA[0], "weight": "0"}, {**CRITERIA[1], "weight": "0.00"}],
        [{**CRITERIA[0], "scale": 0}],
        [{**CRITERIA[0], "weight": 1.5}],
    ],
)
def test_what_a_model_cannot_be(criteria: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        defining(*criteria)
    with pytest.raises(ValidationError):
        defining(criteria=[])


def test_a_total_is_out_of_a_hundred() -> None:
    assert total(RECORDED, {"value": "5", "risk": "10"}) == 100
    assert total(RECORDED, {"value": "0", "risk": "0"}) == 0
    assert total(RECORDED, {"value": "2.5", "risk": "4"}) == Decimal("46.0000")  # (60 x 0.5 + 40 x 0.4) / 100
    thirds = [Criterion(name, name, "1", 3) for name in "abc"]
    assert str(total(thirds, {"a": "1", "b": "0", "c": "0"})) == "11.1111"
    assert str(total(thirds, {"a": "2", "b": "0", "c": "0"})) == "22.2222"


@given(st.fractions(min_value=0, max_value=10**9))
def test_a_figure_is_rounded_once_and_to_the_nearest(value: Fraction) -> None:
    figure = rounded(value)
    assert abs(Fraction(figure) - value) <= Fraction(1, 20_000)
    assert figure.as_tuple().exponent == -4


def test_what_is_no_matter_of_a_model_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        scoring_model.decide(None, Command(), cast("Context", None))
    with pytest.raises(TypeError):
        scoring_model.evolve(None, Event(), cast("Recorded[Any]", None))
