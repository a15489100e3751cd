"""A standard may give a kind of boundary decision to the sponsor: then the sponsor decides it, and the PMO does not."""

from datetime import date
from typing import cast, get_args

import pytest

from governance.appointments.appointment import APPOINTMENT, SponsorAppointed
from governance.requests.kinds import DECISIONS, KINDS
from governance.requests.request import given_to_sponsor
from governance.requests.waiver import WAIVER, DecideWaiver, WaiverGranted, WaiverRequestReceived
from governance.standards.content import Boundary, Decider
from governance.standards.standard import STANDARD, StandardDrafted, StandardPublished
from mandate_events.deciding import Context
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, PATHS, mandate

PAT, SUE, TIM = (derived(name) for name in ("pat", "sue", "tim"))
JUNE = date(2026, 6, 30)
GRANTED = WaiverGranted(project="p1", control="cost-review", until=JUNE)


def asked(authorised: Scenario, standard: str, requested_by: str = PAT) -> Scenario:
    """Sue is the sponsor of p1, tim of p2; a waiver for p1 was asked for."""
    authorised.given(APPOINTMENT, "p1", SponsorAppointed(project="p1", person=SUE))
    mandate(authorised, SUE, "sponsor", "p1")
    mandate(authorised, TIM, "sponsor", "p2")
    deciders: dict[Boundary, Decider] = {"waiver": "sponsor", "change": "pmo"}
    authorised.given(STANDARD, "light", StandardDrafted(version=1, title="L", paths=PATHS, deciders=deciders), by=ANN)
    authorised.given(STANDARD, "light", StandardPublished(version=1, title="L", paths=PATHS, deciders=deciders), by=BEN)
    received = WaiverRequestReceived(
        project="p1",
        standard=standard,
        requested_by=requested_by,
        origin=Origin(source="projects", sequence=7, hash="0" * 64),
        control="cost-review",
        until=JUNE,
    )
    return authorised.given(WAIVER, "w1", received)


def decided(scenario: Scenario, by: str) -> Outcome:
    return scenario.when(WAIVER, "w1", DecideWaiver(outcome="granted", reason="Weighed"), by=by)


def test_the_sponsor_decides_what_the_standard_gives_them(authorised: Scenario) -> None:
    scenario = asked(authorised, "light@1")
    decided(scenario, SUE).then(GRANTED).under("sponsor")
    decided(scenario, BEN).refused("standard-gives-it-to-the-sponsor", authority=True)


@pytest.mark.parametrize("standard", ["capital@1", "capital@9", "unknown@1"])
def test_the_pmo_decides_what_the_standard_gives_to_nobody(authorised: Scenario, standard: str) -> None:
    scenario = asked(authorised, standard)
    decided(scenario, BEN).then(GRANTED).under("pmo")
    decided(scenario, SUE).refused("standard-leaves-it-to-the-pmo", authority=True)


def test_the_sponsor_of_another_project_decides_nothing(authorised: Scenario) -> None:
    decided(asked(authorised, "light@1"), TIM).refused("no-right", authority=True)


def test_a_sponsor_who_asked_does_not_decide(authorised: Scenario) -> None:
    decided(asked(authorised, "light@1", SUE), SUE).refused("decider-is-requester", authority=True)


def test_a_sponsor_who_is_a_member_of_the_pmo_decides_as_the_sponsor_or_not_at_all(authorised: Scenario) -> None:
    mandate(authorised, SUE, "pmo")
    decided(asked(authorised, "light@1"), SUE).then(GRANTED).under("sponsor")
    decided(asked(authorised, "capital@1"), SUE).refused("standard-leaves-it-to-the-pmo", authority=True)


def test_what_was_never_asked_for_is_given_to_nobody() -> None:
    assert not given_to_sponsor("waiver")(None, None, cast("Context", None))


def test_each_kind_of_request_can_be_judged_so() -> None:
    kinds = get_args(Boundary)
    assert set(kinds) == {*KINDS} - {"allocation"}
    for name in kinds:
        rows = [row for row in DECISIONS if row.command == KINDS[name].decide.__name__]
        assert [(row.roles, row.relation) for row in rows] == [(("sponsor",), "own-project"), (("pmo",), "any")]
