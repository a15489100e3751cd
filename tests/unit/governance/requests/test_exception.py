"""Row 25: the PMO decides how a project goes on that leaves its tolerance; a PM never decides their own exception."""

from datetime import date
from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed
from governance.requests.exception import (
    EXCEPTION,
    DecideException,
    ExceptionDecided,
    ExceptionReceived,
    Option,
    ReceiveException,
)
from governance.requests.request import Condition, DecisionAnswered, NoteAnswer
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, mandate

PAT = derived("pat")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
REPORT: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": PAT,
    "origin": ORIGIN,
    "dimension": "cost",
    "cause": "Rock where the survey showed clay",
    "options": [Option("Leave out the outfall", "Benefits a year later")],
    "recommendation": "The first",
}
JUNE = date(2026, 6, 30)
ACCEPTED = ExceptionDecided(project="p1", dimension="cost", outcome="accept", text="As recommended")


@pytest.fixture
def reported(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, reported that its cost will leave the tolerance."""
    return authorised.given(EXCEPTION, "e1", ExceptionReceived(**REPORT))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(EXCEPTION, "e1", command, by=by)


def decide(outcome: str = "accept", **more: Any) -> DecideException:
    body = {"outcome": outcome, "text": "As recommended", "reason": "Weighed", **more}
    return DecideException.model_validate(body)


def test_a_report_reaches_the_inbox_once(authorised: Scenario) -> None:
    received = ExceptionReceived(**REPORT)
    when(authorised, ReceiveException(**REPORT), "system/recognition").then(received)
    when(authorised.given(EXCEPTION, "e1", received), ReceiveException(**REPORT), "system/recognition").then()


@pytest.mark.parametrize("outcome", ["accept", "replan", "stop"])
def test_the_pmo_decides_how_the_project_goes_on(reported: Scenario, outcome: Any) -> None:
    decided = ExceptionDecided(project="p1", dimension="cost", outcome=outcome, text="As recommended")
    when(reported, decide(outcome)).then(decided).under("pmo")


def test_it_is_decided_once(reported: Scenario) -> None:
    when(reported.given(EXCEPTION, "e1", ACCEPTED), decide("stop")).refused("already-decided")


def test_a_new_tolerance_is_named_and_nothing_else_names_one(reported: Scenario) -> None:
    decided = ExceptionDecided(
        project="p1", dimension="cost", outcome="new_tolerance", text="As recommended", tolerance="12.5%"
    )
    when(reported, decide("new_tolerance", tolerance="12.5%")).then(decided)
    when(reported, decide("new_tolerance")).invalid("/tolerance")
    when(reported, decide("accept", tolerance="12.5%")).invalid("/tolerance")


def test_conditions_have_a_day_to_come(reported: Scenario) -> None:
    condition = {"text": "Weekly report", "owner": "Pat", "due_on": JUNE}
    decided = ExceptionDecided(
        project="p1",
        dimension="cost",
        outcome="accept",
        text="As recommended",
        conditions=[Condition("Weekly report", "Pat", JUNE)],
    )
    when(reported, decide(conditions=[condition])).then(decided)
    when(reported, decide(conditions=[{**condition, "due_on": date(2026, 3, 2)}])).invalid("/conditions")
    when(reported, decide("stop", conditions=[condition])).invalid("/conditions")


def test_a_pm_does_not_decide_their_own_exception(reported: Scenario) -> None:
    mandate(reported, PAT, "project_manager", "p1")
    when(reported, decide(), PAT).refused("no-right", authority=True)
    mandate(reported, PAT, "pmo")
    when(reported, decide(), PAT).refused("decider-is-requester", authority=True)
    reported.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=ANN))
    when(reported, decide(), ANN).refused("decider-runs-the-project", authority=True)


def test_the_project_answers_once(reported: Scenario) -> None:
    reported.given(EXCEPTION, "e1", ACCEPTED)
    answered = DecisionAnswered(project="p1", applied=True, origin=ORIGIN)
    answer = NoteAnswer(applied=True, origin=ORIGIN)
    when(reported, answer, "system/recognition").then(answered)
    when(reported.given(EXCEPTION, "e1", answered), answer, "system/recognition").then()


def test_what_is_not_its_own_a_report_refuses() -> None:
    with pytest.raises(TypeError):
        EXCEPTION.decide(None, decide(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        EXCEPTION.evolve(None, ACCEPTED, None)  # type: ignore[arg-type]
