"""Row 17: gates. The PMO decides them; not the PM, not who asked, not a member who is the project's officer."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from pydantic import ValidationError

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed, OfficerAssigned, SponsorAppointed
from governance.office.events import OfficeChartered
from governance.office.office import OFFICE, THE_OFFICE
from governance.people.mandate import MANDATE, MandateGiven
from governance.requests import gate_review, heard
from governance.requests.gate_review import (
    GATE_REVIEW,
    DecideGate,
    GateDecided,
    GateReview,
    GateReviewOpened,
    OpenGateReview,
)
from governance.requests.request import (
    Condition,
    DecisionAnswered,
    Evidence,
    NoteAnswer,
    asked_for_it,
)
from mandate_events.deciding import Command, Context, Instruction, replace
from mandate_events.deciding.reacting import Heard
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import NOON, Outcome, Scenario
from tests.services import on_projects

FAY, ANN, BEN, EVE, ZOE, PAT = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe", "pat"))
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
ANSWER = Origin(source="projects", sequence=9, hash="1" * 64)
TODAY = NOON.date()


def opened(requested_by: str = PAT) -> GateReviewOpened:
    return GateReviewOpened(
        project="p1",
        gate="g1",
        phase="plan",
        standard="capital@1",
        requested_by=requested_by,
        evidence=[Evidence("Plan", "a" * 64, "https://example.org/plan")],
        origin=ORIGIN,
    )


OPEN = msgspec.convert(opened(), OpenGateReview, from_attributes=True)


def deciding(outcome: str = "go", *due: date) -> DecideGate:
    conditions = [{"text": "Do it", "owner": "pat", "due_on": day} for day in due]
    return DecideGate.model_validate({"outcome": outcome, "conditions": conditions, "reason": "r"})


def when(scenario: Scenario, command: Instruction, by: str) -> Outcome:
    return scenario.when(GATE_REVIEW, "v1", command, by=by)


@pytest.fixture
def asked(authorised: Scenario) -> Scenario:
    """pat, PM of p1, asks for gate g1."""
    return authorised.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=PAT)).given(
        GATE_REVIEW, "v1", opened()
    )


def test_a_request_that_was_heard_opens_a_review(authorised: Scenario) -> None:
    command = replace(OPEN, reason="ready")
    outcome = when(authorised, command, "system/gate-inbox").then(opened()).under("system", "system/gate-inbox")
    (record,) = outcome.records
    assert (record.partitionkey, record.standard, record.reason) == ("p1", "capital@1", "ready")


def test_a_request_that_names_no_standard_opens_nothing() -> None:
    requested = heard.GateReviewRequested(review="v1", project="p1", gate="g1", phase="plan", evidence=[])
    record = cast("Recorded[Any]", SimpleNamespace(data=requested, standard=None, subject="project/p1"))
    with pytest.raises(ValueError, match="project/p1 asks for a gate review and names no standard"):
        on_projects(Heard(record, ORIGIN))


def test_a_request_heard_twice_is_one_review(asked: Scenario) -> None:
    when(asked, OPEN, "system/gate-inbox").then()


@pytest.mark.parametrize("person", [ANN, PAT, EVE])
def test_people_neither_open_reviews_nor_answer_them(asked: Scenario, person: str) -> None:
    when(asked, OPEN, person).refused("no-right", authority=True)
    answer = NoteAnswer(applied=True, origin=ANSWER)
    when(asked, answer, person).refused("no-right", authority=True)


@pytest.mark.parametrize("outcome", ["go", "hold", "recycle", "kill"])
def test_the_pmo_decides(asked: Scenario, outcome: gate_review.Outcome) -> None:
    when(asked, deciding(outcome), BEN).then(GateDecided(project="p1", gate="g1", outcome=outcome)).under(
        "pmo", f"mandate/{BEN}@1"
    )


def test_a_conditional_go_has_conditions_that_fall_due(asked: Scenario) -> None:
    tomorrow = date(2026, 3, 3)
    when(asked, deciding("conditional_go", tomorrow), BEN).then(
        GateDecided(project="p1", gate="g1", outcome="conditional_go", conditions=[Condition("Do it", "pat", tomorrow)])
    )
    when(asked, deciding("conditional_go"), BEN).invalid("/conditions")
    when(asked, deciding("go", tomorrow), BEN).invalid("/conditions")
    for late in (TODAY, date(2020, 1, 1)):
        when(asked, deciding("conditional_go", tomorrow, late), BEN).invalid("/conditions")


def test_a_condition_is_due_after_the_offices_day(asked: Scenario) -> None:
    """In Melbourne the third begins at 13:00 UTC of the second."""
    asked.given(OFFICE, THE_OFFICE, OfficeChartered(name="PMO", time_zone="Australia/Melbourne", currency="AUD"))
    third, fourth = date(2026, 3, 3), date(2026, 3, 4)
    last = asked.at(datetime(2026, 3, 2, 12, 59, 59, tzinfo=UTC))
    assert when(last, deciding("conditional_go", third), BEN).refusal is None
    next_day = asked.at(datetime(2026, 3, 2, 13, tzinfo=UTC))
    when(next_day, deciding("conditional_go", third), BEN).invalid("/conditions")
    assert when(next_day, deciding("conditional_go", fourth), BEN).refusal is None


def test_what_was_decided_is_kept(asked: Scenario) -> None:
    due = date(2026, 3, 3)
    review = gate_review.evolve(None, opened(), cast("Recorded[Any]", None))
    conditions = [Condition("Do it", "pat", due)]
    event = GateDecided(project="p1", gate="g1", outcome="conditional_go", conditions=conditions)
    (record,) = when(asked, deciding("conditional_go", due), BEN).then(event).records
    decided = gate_review.evolve(review, event, record)
    assert (decided.phase, decided.evidence) == ("plan", (Evidence("Plan", "a" * 64, "https://example.org/plan"),))
    assert (decided.outcome, decided.conditions, decided.decided_by) == ("conditional_go", tuple(conditions), BEN)


def test_a_gate_is_decided_once(asked: Scenario) -> None:
    asked.given(GATE_REVIEW, "v1", GateDecided(project="p1", gate="g1", outcome="hold"))
    when(asked, deciding(), BEN).refused("already-decided")


def test_who_asked_does_not_decide(asked: Scenario) -> None:
    asked.given(GATE_REVIEW, "v2", opened(requested_by=BEN))
    asked.when(GATE_REVIEW, "v2", deciding(), by=BEN).refused("decider-is-requester", authority=True)
    asked.when(GATE_REVIEW, "v2", deciding(), by=ANN).then(GateDecided(project="p1", gate="g1", outcome="go"))


def test_a_member_who_is_the_projects_sponsor_does_not_decide(asked: Scenario) -> None:
    asked.given(APPOINTMENT, "p1", SponsorAppointed(project="p1", person=ANN))
    when(asked, deciding(), ANN).refused("decider-owns-the-project", authority=True)


def test_the_pm_does_not_decide_even_as_a_member(asked: Scenario) -> None:
    """It cannot come to this through the front door; the separation is judged on the person all the same."""
    asked.given(GATE_REVIEW, "v2", opened(requested_by=ZOE))
    asked.given(MANDATE, PAT, MandateGiven(person=PAT, role="pmo"))
    asked.when(GATE_REVIEW, "v2", deciding(), by=PAT).refused("decider-runs-the-project", authority=True)


def test_the_pm_as_such_does_not_decide(asked: Scenario) -> None:
    asked.given(MANDATE, PAT, MandateGiven(person=PAT, role="project_manager", project="p1"))
    when(asked, deciding(), PAT).refused("no-right", authority=True)


def test_a_member_who_is_the_projects_officer_does_not_decide(asked: Scenario) -> None:
    asked.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=BEN))
    asked.given(MANDATE, BEN, MandateGiven(person=BEN, role="pm_officer", project="p1"))
    when(asked, deciding(), BEN).refused("decider-is-its-officer", authority=True)
    when(asked, deciding(), ANN).then(GateDecided(project="p1", gate="g1", outcome="go"))


@pytest.mark.parametrize("person", [FAY, EVE, ZOE])
def test_nobody_else_decides(asked: Scenario, person: str) -> None:
    when(asked, deciding(), person).refused("no-right", authority=True)


def test_what_was_never_asked_for_cannot_be_decided(authorised: Scenario) -> None:
    when(authorised, deciding(), BEN).unknown()
    when(authorised, NoteAnswer(applied=True, origin=ANSWER), "system/gate-inbox").unknown()


@pytest.mark.parametrize(("applied", "rule"), [(True, None), (False, "project-terminated")])
def test_the_projects_answer_is_noted_once(asked: Scenario, applied: bool, rule: str | None) -> None:
    asked.given(GATE_REVIEW, "v1", GateDecided(project="p1", gate="g1", outcome="go"))
    answered = DecisionAnswered(project="p1", applied=applied, rule=rule, origin=ANSWER)
    command = NoteAnswer(applied=applied, rule=rule, origin=ANSWER)
    when(asked, command, "system/gate-inbox").then(answered).under("system")
    asked.given(GATE_REVIEW, "v1", answered)
    when(asked, command, "system/gate-inbox").then()


def test_the_status_of_a_review() -> None:
    review = GateReview(project="p1", gate="g1", phase="plan", standard="capital@1", requested_by=PAT)
    assert review.status == "open"
    decided = replace(review, outcome="go")
    assert decided.status == "decided"
    assert replace(decided, answer="applied").status == "answered"


def test_an_outcome_is_one_of_five() -> None:
    with pytest.raises(ValidationError):
        deciding("perhaps")


def test_what_is_no_matter_of_a_review_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        gate_review.decide(None, Command(), cast("Context", None))
    with pytest.raises(TypeError):
        gate_review.evolve(None, Event(), cast("Recorded[Any]", None))
    assert not asked_for_it(None, None, cast("Context", None))
