"""Row 16: the PMO answers what a project escalates, in words and with conditions where it asks for something."""

from datetime import date
from typing import Any

import pytest

from governance.requests.escalation import (
    ESCALATION,
    KIND,
    DecideEscalation,
    EscalationDecided,
    EscalationReceived,
)
from governance.requests.request import Condition
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import BEN
from tests.unit.governance.requests.each_kind import Story

OLA = derived("ola")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
RELAYED: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": OLA,
    "origin": ORIGIN,
    "of": "risk",
    "matter": "Risk 7",
    "text": "Another ministry decides",
    "options": ["Wait", "Reroute"],
    "bypass_reason": None,
}
CONDITION = {"text": "New drawings", "owner": "Pat", "due_on": "2026-05-01"}


@pytest.fixture
def relayed(authorised: Scenario) -> Scenario:
    """Ola, the PMOfficer of p1, relayed e1."""
    return authorised.given(ESCALATION, "e1", EscalationReceived(**RELAYED))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(ESCALATION, "e1", command, by=by)


def decide(outcome: str = "instruct", *conditions: dict[str, str]) -> DecideEscalation:
    body = {"outcome": outcome, "text": "Reroute", "conditions": conditions, "reason": "Weighed"}
    return DecideEscalation.model_validate(body)


def test_the_pmo_answers_it_in_words(relayed: Scenario) -> None:
    when(relayed, decide()).then(EscalationDecided(project="p1", outcome="instruct", text="Reroute"))
    when(relayed, decide("return")).then(EscalationDecided(project="p1", outcome="return", text="Reroute"))


def test_an_instruction_or_an_acceptance_and_nothing_else_has_conditions(relayed: Scenario) -> None:
    condition = Condition("New drawings", "Pat", date(2026, 5, 1))
    when(relayed, decide("instruct", CONDITION)).then(
        EscalationDecided(project="p1", outcome="instruct", text="Reroute", conditions=[condition])
    )
    when(relayed, decide("no_action", CONDITION)).invalid("/conditions")


def test_its_page_tells_the_matter_and_the_answer_apart(office: Scenario) -> None:
    story = Story(office, KIND).received()
    assert (story.page["text"], story.page["decision"]) == (story.asked.text, None)
    answer = story.decided("instruct").records[-1].data.text
    assert (story.page["text"], story.page["decision"]) == (story.asked.text, answer)
