"""Row 25: the PMO decides how a project goes on that leaves its tolerance."""

from datetime import date
from typing import Any

import pytest

from governance.requests.exception import (
    EXCEPTION,
    KIND,
    DecideException,
    ExceptionDecided,
    ExceptionReceived,
    Option,
)
from governance.requests.request import Condition
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import BEN
from tests.unit.governance.requests.each_kind import Story

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


@pytest.fixture
def reported(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, reported that its cost will leave the tolerance."""
    return authorised.given(EXCEPTION, "e1", ExceptionReceived(**REPORT))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(EXCEPTION, "e1", command, by=by)


def decide(outcome: str = "accept", **more: Any) -> DecideException:
    body = {"outcome": outcome, "text": "As recommended", "reason": "Weighed", **more}
    return DecideException.model_validate(body)


@pytest.mark.parametrize("outcome", ["accept", "replan", "stop"])
def test_the_pmo_decides_how_the_project_goes_on(reported: Scenario, outcome: Any) -> None:
    decided = ExceptionDecided(project="p1", dimension="cost", outcome=outcome, text="As recommended")
    when(reported, decide(outcome)).then(decided)


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


def test_its_page_tells_what_was_decided_and_the_new_tolerance(office: Scenario) -> None:
    story = Story(office, KIND).received()
    assert (story.page["text"], story.page["tolerance"]) == (None, None)
    decision = story.decided("new_tolerance").records[-1].data
    assert (story.page["text"], story.page["tolerance"]) == (decision.text, "12.5%")
