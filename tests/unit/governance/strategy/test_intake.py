"""Row 8: intake. A project is proposed once; who proposed it says what it rests on, and answers what is asked for."""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from governance.people.mandate import MANDATE, MandateGiven
from governance.strategy.business_case import BusinessCase
from governance.strategy.intake import ProjectProposed
from governance.strategy.proposal import PROPOSAL, MoreRequested, RequestMore
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario
from mandate_events.values.money import Money
from tests.unit.governance.strategy.conftest import aimed, amended, amending, authorising, proposing

FAY, ANN, BEN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe"))
AIM, OTHER = derived("aim"), derived("other")
FILE = {"sha256": "a" * 64, "uri": "https://documents.example/case"}
MORE = RequestMore(what="Two quotes", reason="r")


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


def test_a_proposal_says_what_it_serves_takes_and_rests_on(office: Scenario) -> None:
    command = proposing(business_case=FILE, objectives=[AIM], effort_days="220.50")
    (record,) = aimed(office).when(PROPOSAL, command.id, command, by=ANN).records
    assert record.data.business_case == BusinessCase(None, "a" * 64, "https://documents.example/case")
    assert (record.data.objectives, record.data.effort_days) == ([AIM], "220.5")


def test_a_business_case_that_is_given_in_full_is_kept(office: Scenario) -> None:
    command = proposing(business_case={"text": "Because."})
    (record,) = office.when(PROPOSAL, command.id, command, by=ANN).records
    assert record.data.business_case == BusinessCase(hashlib.sha256(b"Because.").hexdigest())


@pytest.mark.parametrize("case", [{}, {"text": "a", "sha256": "a" * 64}, {"text": "a", "uri": "b"}, {"uri": "b"}])
def test_a_business_case_is_here_or_elsewhere(case: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        proposing(business_case=case)


def test_a_proposal_serves_objectives_that_hold(proposed: Scenario) -> None:
    aimed(proposed)
    command = proposing(reference="R2", objectives=[AIM, OTHER])
    proposed.when(PROPOSAL, command.id, command, by=ANN).invalid("/objectives/1")
    proposed.when(PROPOSAL, "p1", amending(objectives=[derived("none")]), by=ANN).invalid("/objectives/0")
    proposed.when(PROPOSAL, "p1", authorising(objectives=[OTHER]), by=BEN).invalid("/objectives/0")


@pytest.mark.parametrize("project", ["p7", None])
def test_a_sponsor_proposes_and_amends_what_they_proposed(standardised: Scenario, project: str | None) -> None:
    standardised.given(MANDATE, ZOE, MandateGiven(person=ZOE, role="sponsor", project=project))
    command = proposing()
    outcome = standardised.when(PROPOSAL, command.id, command, by=ZOE).under("sponsor", f"mandate/{ZOE}@1")
    standardised.given(PROPOSAL, command.id, outcome.records[0].data, by=ZOE)
    standardised.when(PROPOSAL, command.id, amending(title="Two roads"), by=ZOE).then(amended(title="Two roads"))
    standardised.when(PROPOSAL, command.id, authorising(), by=ZOE).refused("no-right", authority=True)


def test_what_is_lacking_is_asked_for_and_answered_by_the_proposer(proposed: Scenario) -> None:
    proposed.when(PROPOSAL, "p1", MORE, by=BEN).then(MoreRequested(what="Two quotes")).under("pmo")
    proposed.given(PROPOSAL, "p1", MoreRequested(what="Two quotes"), by=BEN)
    answer = amending(
        title="A long road",
        gate_path="two-gate",
        forecast_cost={"amount": "12", "currency": "AUD"},
        business_case=FILE,
        objectives=[],
        effort_days="4",
    )
    proposed.when(PROPOSAL, "p1", answer, by=ANN).then(
        amended(
            title="A long road",
            forecast_cost=Money("12.00", "AUD"),
            business_case=BusinessCase(None, "a" * 64, "https://documents.example/case"),
            effort_days="4",
            answers="Two quotes",
        )
    )


def test_a_proposal_is_amended_by_nobody_else(proposed: Scenario) -> None:
    proposed.when(PROPOSAL, "p1", amending(title="Mine"), by=BEN).refused("amended-by-another", authority=True)
    for person in (FAY, EVE, ZOE):
        proposed.when(PROPOSAL, "p1", amending(title="Mine"), by=person).refused("no-right", authority=True)


def test_an_amendment_changes_something() -> None:
    with pytest.raises(ValidationError):
        amending()
