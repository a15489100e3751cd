"""Row 8: intake. Nobody decides on what they proposed; a project begins under a published standard, within a budget."""

import hashlib
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
from pydantic import ValidationError

from governance.people.mandate import MANDATE, MandateGiven
from governance.standards.standard import STANDARD, StandardDrafted, StandardPublished, StandardRetired
from governance.strategy import proposal
from governance.strategy.authorisation import AuthoriseProject, ProjectAuthorised
from governance.strategy.business_case import BusinessCase
from governance.strategy.intake import AmendProposal, ProjectProposed, ProposalAmended, ProposeProject
from governance.strategy.objective import OBJECTIVE, ObjectiveRetired, ObjectiveSet
from governance.strategy.proposal import (
    PROPOSAL,
    DeferProposal,
    MoreRequested,
    ProposalDeferred,
    ProposalRejected,
    RejectProposal,
    RequestMore,
    Status,
)
from mandate_events.deciding import Command, Context, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario
from mandate_events.values.money import Money
from tests.unit.governance.conftest import PATHS

FAY, ANN, BEN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe"))
NOBODYS = cast("Context", None)
STATUSES = get_args(Status)
AIM, OTHER = derived("aim"), derived("other")
FILE = {"sha256": "a" * 64, "uri": "https://documents.example/case"}
TOMORROW = date(2026, 3, 3)
MORE = RequestMore(what="Two quotes", reason="r")
DEFER = DeferProposal(until=TOMORROW, reason="r")
REJECT = RejectProposal(reason="r")


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


def amending(**changes: Any) -> AmendProposal:
    return AmendProposal.model_validate({"reason": "r", **changes})


def amended(**changes: Any) -> ProposalAmended:
    as_it_was: dict[str, Any] = {
        "title": "A road",
        "gate_path": "two-gate",
        "forecast_cost": Money("10.00", "AUD"),
        "business_case": None,
        "objectives": [],
        "effort_days": None,
        "answers": None,
    }
    return ProposalAmended(**as_it_was | changes)


def aimed(scenario: Scenario) -> Scenario:
    """An objective that holds, and one that is retired."""
    content: dict[str, Any] = {
        "title": "Clean bay",
        "weight": "1",
        "starts_on": date(2026, 1, 1),
        "until": date(2028, 12, 31),
    }
    scenario.given(OBJECTIVE, AIM, ObjectiveSet(**content), by=ANN)
    return scenario.given(OBJECTIVE, OTHER, ObjectiveSet(**content), ObjectiveRetired(), by=ANN)


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
    assert [status for status in STATUSES if replace(one, status=status).undecided] == [
        "proposed",
        "more_requested",
        "deferred",
    ]


def test_what_is_no_matter_of_a_proposal_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        proposal.decide(None, Command(), NOBODYS)
    with pytest.raises(TypeError):
        proposal.evolve(None, Event(), cast("Recorded[Any]", None))


# --- what a proposal rests on ---


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


# --- a sponsor proposes ---


@pytest.mark.parametrize("project", ["p7", None])
def test_a_sponsor_proposes_and_amends_what_they_proposed(standardised: Scenario, project: str | None) -> None:
    standardised.given(MANDATE, ZOE, MandateGiven(person=ZOE, role="sponsor", project=project))
    command = proposing()
    outcome = standardised.when(PROPOSAL, command.id, command, by=ZOE).under("sponsor", f"mandate/{ZOE}@1")
    standardised.given(PROPOSAL, command.id, outcome.records[0].data, by=ZOE)
    standardised.when(PROPOSAL, command.id, amending(title="Two roads"), by=ZOE).then(amended(title="Two roads"))
    standardised.when(PROPOSAL, command.id, authorising(), by=ZOE).refused("no-right", authority=True)


# --- more is asked for, and answered ---


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


# --- decisions ---


@pytest.mark.parametrize(
    ("command", "event"),
    [(DEFER, ProposalDeferred(until=TOMORROW)), (REJECT, ProposalRejected()), (MORE, MoreRequested(what="Two quotes"))],
)
def test_another_member_decides(proposed: Scenario, command: Command, event: Event) -> None:
    proposed.when(PROPOSAL, "p1", command, by=BEN).then(event).under("pmo", f"mandate/{BEN}@1")
    proposed.when(PROPOSAL, "p1", command, by=ANN).refused("decider-is-proposer", authority=True)
    for person in (FAY, EVE, ZOE):
        proposed.when(PROPOSAL, "p1", command, by=person).refused("no-right", authority=True)


def test_a_proposal_is_deferred_to_a_day_to_come(proposed: Scenario) -> None:
    command = DeferProposal(until=date(2026, 3, 2), reason="r")
    proposed.when(PROPOSAL, "p1", command, by=BEN).invalid("/until")


@pytest.mark.parametrize("before", [ProposalDeferred(until=TOMORROW), MoreRequested(what="Two quotes")])
def test_what_waits_can_still_be_decided(proposed: Scenario, before: Event) -> None:
    proposed.given(PROPOSAL, "p1", before, by=BEN)
    for command in (authorising(), REJECT, DEFER, MORE):
        assert proposed.when(PROPOSAL, "p1", command, by=BEN).refusal is None
    assert proposed.when(PROPOSAL, "p1", amending(title="Anew"), by=ANN).refusal is None


def test_nothing_is_decided_on_what_was_rejected(proposed: Scenario) -> None:
    proposed.given(PROPOSAL, "p1", ProposalRejected(), by=BEN)
    for command in (authorising(), REJECT, DEFER, MORE):
        proposed.when(PROPOSAL, "p1", command, by=BEN).refused("proposal-ended")
    proposed.when(PROPOSAL, "p1", amending(title="Anew"), by=ANN).refused("proposal-ended")


def test_nothing_is_decided_on_what_was_authorised(authorised: Scenario) -> None:
    for command in (REJECT, DEFER, MORE):
        authorised.when(PROPOSAL, "p1", command, by=BEN).refused("proposal-ended")
    authorised.when(PROPOSAL, "p1", amending(title="Anew"), by=ANN).refused("proposal-ended")


def test_the_status_follows_what_was_decided() -> None:
    by = cast("Recorded[Any]", SimpleNamespace(actor=ANN))
    first = ProjectProposed(portfolio="p", reference="r", title="t", gate_path=None, forecast_cost=Money("1.00", "AUD"))
    begun = proposal.evolve(None, first, by)

    def after(*events: Event) -> tuple[str, str | None, date | None]:
        state = begun
        for event in events:
            state = proposal.evolve(state, event, by)
        return state.status, state.requested, state.deferred_until

    asked, deferred = MoreRequested(what="w"), ProposalDeferred(until=TOMORROW)
    assert after() == ("proposed", None, None)
    assert after(asked) == ("more_requested", "w", None)
    assert after(asked, amended(answers="w")) == ("proposed", None, None)
    assert after(asked, deferred) == ("deferred", None, TOMORROW)
    assert after(deferred, amended()) == ("deferred", None, TOMORROW)
    assert after(deferred, asked) == ("more_requested", "w", None)
    assert after(deferred, ProposalRejected())[0] == "rejected"


# --- the terms of an authorisation ---


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
