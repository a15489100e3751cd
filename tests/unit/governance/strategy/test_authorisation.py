"""Row 8: authorisation. A project begins under a published standard, within a budget; nobody authorises their own."""

from typing import Any

import pytest
from pydantic import ValidationError

from governance.people.mandate import MANDATE, MandateGiven
from governance.standards.standard import STANDARD, StandardDrafted, StandardPublished, StandardRetired
from governance.strategy.authorisation import ProjectAuthorised
from governance.strategy.intake import ProjectProposed
from governance.strategy.proposal import (
    PROPOSAL,
)
from mandate_events.deciding import Command
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario
from mandate_events.values.money import Money
from tests.unit.governance.conftest import PATHS
from tests.unit.governance.strategy.conftest import aimed, amended, authorising, proposing

FAY, ANN, BEN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe"))
AIM, OTHER = derived("aim"), derived("other")


def test_another_member_authorises(proposed: Scenario) -> None:
    outcome = proposed.when(PROPOSAL, "p1", authorising(), by=BEN)
    outcome.then(
        ProjectAuthorised(
            portfolio="roads",
            reference="R1",
            title="A road",
            gate_path="two-gate",
            standard="capital@1",
            budget=Money("9.50", "AUD"),
        )
    ).under("pmo", f"mandate/{BEN}@1")
    assert [record.standard for record in outcome.records] == ["capital@1"]


def test_nobody_authorises_what_they_proposed(proposed: Scenario) -> None:
    proposed.when(PROPOSAL, "p1", authorising(), by=ANN).refused("authoriser-is-proposer", authority=True)


@pytest.mark.parametrize("command", [proposing(), authorising()])
@pytest.mark.parametrize("person", [FAY, EVE, ZOE])
def test_only_the_pmo_takes_in(proposed: Scenario, command: Command, person: str) -> None:
    proposed.when(PROPOSAL, "p1", command, by=person).refused("no-right", authority=True)


@pytest.mark.parametrize("role", ["project_manager", "pm_officer", "sponsor"])
def test_no_role_on_the_project_authorises_it(proposed: Scenario, role: str) -> None:
    proposed.given(MANDATE, ZOE, MandateGiven(person=ZOE, role=role, project="p1"))
    proposed.when(PROPOSAL, "p1", authorising(), by=ZOE).refused("no-right", authority=True)


def test_a_project_is_authorised_once(authorised: Scenario) -> None:
    authorised.when(PROPOSAL, "p1", authorising(), by=BEN).refused("already-authorised")


def test_what_was_not_proposed_cannot_be_authorised(standardised: Scenario) -> None:
    standardised.when(PROPOSAL, "p9", authorising(), by=BEN).unknown()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"standard": "unheard-of@1"}, "/standard"),
        ({"standard": "capital@2"}, "/standard"),
        ({"standard": "capital@3"}, "/standard"),
        ({"gate_path": "nine-gate"}, "/gate_path"),
        ({"budget": {"amount": "9", "currency": "EUR"}}, "/budget/currency"),
        ({"budget": {"amount": "0", "currency": "AUD"}}, "/budget/amount"),
    ],
)
def test_an_authorisation_must_fit_the_standard_and_the_proposal(
    proposed: Scenario, changes: dict[str, Any], pointer: str
) -> None:
    proposed.when(PROPOSAL, "p1", authorising(**changes), by=BEN).invalid(pointer)


def test_a_proposal_without_a_path_gets_it_with_its_authorisation(standardised: Scenario) -> None:
    standardised.given(
        PROPOSAL,
        "p2",
        ProjectProposed(
            portfolio="roads", reference="R2", title="t", gate_path=None, forecast_cost=Money("1.00", "AUD")
        ),
        by=ANN,
    )
    standardised.when(PROPOSAL, "p2", authorising(), by=BEN).invalid("/gate_path")
    outcome = standardised.when(PROPOSAL, "p2", authorising(gate_path="two-gate"), by=BEN)
    assert [record.data.gate_path for record in outcome.records] == ["two-gate"]


def test_an_authorisation_fixes_tolerances_and_objectives(proposed: Scenario) -> None:
    command = authorising(tolerances={"time": "20", "cost": "10 %"}, objectives=[AIM])
    (record,) = aimed(proposed).when(PROPOSAL, "p1", command, by=BEN).records
    assert (record.data.tolerances, record.data.objectives) == ({"time": "20", "cost": "10 %"}, [AIM])


def test_the_objectives_are_those_of_the_proposal_where_none_are_given(proposed: Scenario) -> None:
    aimed(proposed).given(PROPOSAL, "p1", amended(objectives=[AIM]), by=ANN)
    (record,) = proposed.when(PROPOSAL, "p1", authorising(), by=BEN).records
    assert (record.data.tolerances, record.data.objectives) == ({}, [AIM])
    (record,) = proposed.when(PROPOSAL, "p1", authorising(objectives=[]), by=BEN).records
    assert record.data.objectives == []


def test_a_tolerance_that_is_not_given_is_that_of_the_standard(proposed: Scenario) -> None:
    content: dict[str, Any] = {
        "version": 1,
        "title": "Light",
        "paths": PATHS,
        "tolerances": {"time": "5", "cost": "10 %"},
    }
    proposed.given(STANDARD, "light", StandardDrafted(**content), StandardPublished(**content), by=ANN)
    command = authorising(standard="light@1", tolerances={"cost": "20000", "scope": "No deliverable left out"})
    (record,) = proposed.when(PROPOSAL, "p1", command, by=BEN).records
    assert record.data.tolerances == {"time": "5", "cost": "20000", "scope": "No deliverable left out"}


def test_no_project_is_given_a_standard_that_is_retired(proposed: Scenario) -> None:
    proposed.given(STANDARD, "capital", StandardRetired(version=1, successor="light@1"), by=BEN)
    proposed.when(PROPOSAL, "p1", authorising(), by=BEN).invalid("/standard")


@pytest.mark.parametrize("tolerances", [{"colour": "red"}, {"time": ""}, {"time": 20}, {"time": "a\nb"}])
def test_a_tolerance_is_of_one_of_seven_dimensions(tolerances: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        authorising(tolerances=tolerances)
