"""Row 17: gates. The PMO decides whether, and how, a project goes on; a conditional go has conditions."""

from datetime import UTC, date, datetime

import pytest

from governance.office.events import OfficeChartered
from governance.office.office import OFFICE, THE_OFFICE
from governance.requests import gate_review
from governance.requests.gate_review import (
    GATE_REVIEW,
    DecideGate,
    GateDecided,
    GateReviewOpened,
    GateReviewRequested,
)
from governance.requests.heard import GateDecisionApplied, GateDecisionNotApplied
from governance.requests.request import Condition, NoteAnswer
from mandate_events.deciding import Instruction, replace
from mandate_events.deciding.reacting import Heard, Reaction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import NOON, Outcome, Scenario
from tests.services import HEARD_OF_PROJECTS, on_projects
from tests.unit.governance.conftest import BEN
from tests.unit.governance.requests.each_kind import sample

PAT = derived("pat")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
TODAY = NOON.date()
OPENED = GateReviewOpened(project="p1", gate="g1", phase="plan", standard="capital@1", requested_by=PAT, origin=ORIGIN)


def deciding(outcome: str = "go", *due: date) -> DecideGate:
    conditions = [{"text": "Do it", "owner": "pat", "due_on": day} for day in due]
    return DecideGate.model_validate({"outcome": outcome, "conditions": conditions, "reason": "r"})


def when(scenario: Scenario, command: Instruction, by: str) -> Outcome:
    return scenario.when(GATE_REVIEW, "v1", command, by=by)


@pytest.fixture
def asked(authorised: Scenario) -> Scenario:
    """pat, PM of p1, asks for gate g1."""
    return authorised.given(GATE_REVIEW, "v1", OPENED)


def test_a_request_that_names_no_standard_opens_nothing() -> None:
    requested = replace(sample(HEARD_OF_PROJECTS, GateReviewRequested), subject="project/p1", standard=None)
    with pytest.raises(ValueError, match="project/p1 asks for a gate review and names no standard"):
        on_projects(Heard(requested, ORIGIN))


def test_what_stands_on_the_projects_stream_goes_to_the_review_that_it_names() -> None:
    requested = sample(HEARD_OF_PROJECTS, GateReviewRequested)
    [reaction] = on_projects(Heard(requested, ORIGIN))
    assert (reaction.aggregate, reaction.id) == (GATE_REVIEW, requested.data.review)
    assert requested.thing != requested.data.review
    for event in (GateDecisionApplied, GateDecisionNotApplied):
        answer = sample(HEARD_OF_PROJECTS, event)
        rule = getattr(answer.data, "rule", None)
        note = NoteAnswer(applied=event is GateDecisionApplied, rule=rule, origin=ORIGIN)
        assert on_projects(Heard(answer, ORIGIN)) == [Reaction(GATE_REVIEW, answer.data.review, note)]


@pytest.mark.parametrize("outcome", ["go", "hold", "recycle", "kill"])
def test_the_pmo_decides(asked: Scenario, outcome: gate_review.Outcome) -> None:
    when(asked, deciding(outcome), BEN).then(GateDecided(project="p1", gate="g1", outcome=outcome))


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
