"""Row 8: intake. Nobody authorises what they proposed; a project begins under a published standard, within a budget."""

from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest
from pydantic import ValidationError

from governance.appointments.mandate import MANDATE, MandateGiven
from governance.strategy import proposal
from governance.strategy.proposal import PROPOSAL, AuthoriseProject, ProjectAuthorised, ProjectProposed, ProposeProject
from mandate_events.deciding import Command, Context, replace
from mandate_events.event import Event, Recorded
from mandate_events.identifiers import derived
from mandate_events.money import Money
from mandate_events.testing import Scenario

FAY, ANN, BEN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe"))
NOBODYS = cast("Context", None)


def proposing(**changes: Any) -> ProposeProject:
    return ProposeProject.model_validate(
        {
            "portfolio": "roads",
            "reference": "R1",
            "title": "A road",
            "gate_path": "two-gate",
            "forecast_cost": {"amount": "10", "currency": "AUD"},
            **changes,
        }
    )


def authorising(**changes: Any) -> AuthoriseProject:
    return AuthoriseProject.model_validate(
        {"standard": "capital@1", "budget": {"amount": "9.5", "currency": "AUD"}, "reason": "r", **changes}
    )


def test_a_member_proposes(office: Scenario) -> None:
    command = proposing(
        forecast_cost_text="10",
        business_case_approved_on="2025-01-31",
        conceived_on=None,
        attributes={"Project Manager": "Zoë"},
    )
    outcome = office.when(PROPOSAL, command.id, command, by=ANN)
    outcome.then(
        ProjectProposed(
            portfolio="roads",
            reference="R1",
            title="A road",
            gate_path="two-gate",
            forecast_cost=Money("10.00", "AUD"),
            forecast_cost_text="10",
            business_case_approved_on=date(2025, 1, 31),
            attributes={"Project Manager": "Zoë"},
        )
    ).under("pmo", f"mandate/{ANN}@1")
    assert [record.partitionkey for record in outcome.records] == [command.id]
    assert [record.standard for record in outcome.records] == [None]


def test_a_reference_of_a_portfolio_is_proposed_once(proposed: Scenario) -> None:
    proposed.when(PROPOSAL, "p1", proposing(), by=BEN).refused("already-proposed")
    assert proposing().id == proposing(title="Another title").id
    assert proposing().id != proposing(portfolio="rails").id
    assert proposing().id != proposing(reference="R2").id


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


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": " R1"},
        {"reference": ""},
        {"reference": "R\n1\n"},
        {"forecast_cost": {"amount": "-1", "currency": "AUD"}},
        {"forecast_cost": {"amount": "1.001", "currency": "AUD"}},
        {"forecast_cost": {"amount": "NaN", "currency": "AUD"}},
        {"forecast_cost": {"amount": "1", "currency": "aud"}},
        {"attributes": {"clé": "x"}},
        {"attributes": {"key": "a\0"}},
    ],
)
def test_what_a_proposal_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        proposing(**changes)


def test_money_has_one_spelling_and_is_never_a_float() -> None:
    for amount in ("10", "10.0", "10.00"):
        recorded = proposing(forecast_cost={"amount": amount, "currency": "AUD"}).forecast_cost.recorded()
        assert recorded == Money("10.00", "AUD")
        assert recorded.value == Decimal(10)


def test_the_status_of_a_proposal() -> None:
    one = proposal.Proposal("ann", "roads", "R1", "t", None, Money("1.00", "AUD"))
    assert one.status == "proposed"
    assert replace(one, standard="s@1").status == "authorised"


def test_what_is_no_matter_of_a_proposal_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        proposal.decide(None, Command(), NOBODYS)
    with pytest.raises(TypeError):
        proposal.evolve(None, Event(), cast("Recorded[Any]", None))
    assert not proposal.is_proposer(None, None, NOBODYS)
