"""Row 8: objectives. The PMO sets, revises and retires what the organisation wants to reach."""

from datetime import date
from typing import Any, cast

import pytest
from pydantic import ValidationError

from governance.strategy import objective
from governance.strategy.objective import (
    OBJECTIVE,
    ObjectiveRetired,
    ObjectiveRevised,
    ObjectiveSet,
    RetireObjective,
    ReviseObjective,
    SetObjective,
)
from mandate_events.deciding import Command, Context
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario

FAY, ANN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "eve", "zoe"))
CONTENT: dict[str, Any] = {"title": "Clean bay", "weight": "40", "starts_on": "2026-01-01", "until": "2028-12-31"}
READ: dict[str, Any] = {**CONTENT, "starts_on": date(2026, 1, 1), "until": date(2028, 12, 31)}


def setting(**changes: Any) -> SetObjective:
    return SetObjective.model_validate({**CONTENT, "reason": "r", **changes})


def revising(**changes: Any) -> ReviseObjective:
    return ReviseObjective.model_validate({**CONTENT, "reason": "r", **changes})


@pytest.fixture
def wanted(office: Scenario) -> Scenario:
    """Objective o1 is set."""
    return office.given(OBJECTIVE, "o1", ObjectiveSet(**READ), by=ANN)


def test_the_pmo_sets_an_objective(office: Scenario) -> None:
    office.when(OBJECTIVE, "o1", setting(), by=ANN).then(ObjectiveSet(**READ)).under("pmo", f"mandate/{ANN}@1")


def test_it_is_set_once_also_when_its_key_is_forgotten(wanted: Scenario) -> None:
    wanted.when(OBJECTIVE, "o1", setting(), by=ANN).refused("made-before")


def test_the_pmo_revises_and_retires_it(wanted: Scenario) -> None:
    wanted.when(OBJECTIVE, "o1", revising(weight="25.50"), by=ANN).then(ObjectiveRevised(**READ | {"weight": "25.5"}))
    wanted.when(OBJECTIVE, "o1", RetireObjective(reason="Reached"), by=ANN).then(ObjectiveRetired())


def test_a_retired_objective_is_not_touched(wanted: Scenario) -> None:
    wanted.given(OBJECTIVE, "o1", ObjectiveRevised(**READ), ObjectiveRetired())
    for command in (revising(), RetireObjective(reason="r")):
        wanted.when(OBJECTIVE, "o1", command, by=ANN).refused("objective-retired")


@pytest.mark.parametrize("person", [FAY, EVE, ZOE])
@pytest.mark.parametrize("command", [setting(), revising(), RetireObjective(reason="r")])
def test_nobody_else_says_what_the_organisation_wants(wanted: Scenario, command: Command, person: str) -> None:
    wanted.when(OBJECTIVE, "o1", command, by=person).refused("no-right", authority=True)


def test_what_was_never_set_is_not_revised(office: Scenario) -> None:
    office.when(OBJECTIVE, "o9", revising(), by=ANN).unknown()


@pytest.mark.parametrize(
    "changes",
    [
        {"weight": "-1"},
        {"weight": 40},
        {"weight": 0.5},
        {"weight": "1e3"},
        {"weight": "1.00001"},
        {"until": "2025-12-31"},
        {"title": ""},
    ],
)
def test_what_an_objective_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        setting(**changes)


def test_what_is_no_matter_of_an_objective_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        objective.decide(None, Command(), cast("Context", None))
    with pytest.raises(TypeError):
        objective.evolve(None, Event(), cast("Recorded[Any]", None))
