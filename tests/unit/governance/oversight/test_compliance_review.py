"""Row 2: the PMO reviews whether projects comply; the PM corrects; another than who corrected closes the finding."""

from datetime import date
from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed, OfficerAssigned, SponsorAppointed
from governance.oversight.compliance_review import (
    COMPLIANCE_REVIEW,
    LIMIT,
    CloseComplianceReview,
    ComplianceReviewClosed,
    ComplianceReviewOpened,
    ComplianceReviewPage,
    OpenComplianceReview,
    corrected_it,
)
from governance.oversight.findings import (
    CloseFinding,
    CorrectiveActionReported,
    CorrectiveActionRequired,
    CorrectiveActionWithdrawn,
    FindingClosed,
    FindingRaised,
    NoteCorrectiveAction,
    RaiseFinding,
    RequireCorrectiveAction,
    WithdrawCorrectiveAction,
)
from governance.requests.request import Evidence
from mandate_events.deciding import Aggregate, Command, Decision, Instruction, Refused
from mandate_events.deciding.batch import Batch, Fold, NotLoaded, Submission
from mandate_events.document.event import Event
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import NOON, Outcome, Scenario
from mandate_web.chapters.pages import copied
from tests.unit.governance.conftest import ANN, BEN, EVE, mandate

PAT = derived("pat")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
SYSTEM = "system/gate-inbox"
A1 = derived("corrective-action", "r1", "1")
JUNE = date(2026, 6, 30)
EVIDENCE = [Evidence("Second estimate", "ab" * 32)]

OPEN = OpenComplianceReview(title="Procurement", controls=["cost-review", "tender", "tender"], reason="Half-yearly")
OPENED = ComplianceReviewOpened(
    project="p1", standard="capital@1", title="Procurement", controls=["cost-review", "tender"]
)
RAISE = RaiseFinding(control="tender", severity="major", text="One offer only", reason="Seen in the files")
RAISED = FindingRaised(project="p1", number=1, control="tender", severity="major", text="One offer only")
REQUIRE = RequireCorrectiveAction(finding=1, action="Invite two more", owner=PAT, due_on=JUNE, reason="The rule")
REQUIRED = CorrectiveActionRequired(
    project="p1", corrective_action=A1, finding=1, action="Invite two more", owner=PAT, due_on=JUNE
)
NOTE = NoteCorrectiveAction(corrective_action=A1, reported_by=PAT, evidence=EVIDENCE, origin=ORIGIN)
REPORTED = CorrectiveActionReported(
    project="p1", corrective_action=A1, finding=1, reported_by=PAT, evidence=EVIDENCE, origin=ORIGIN
)
TAKE_BACK = WithdrawCorrectiveAction(corrective_action=A1, reason="The project has ended")
WITHDRAWN = CorrectiveActionWithdrawn(project="p1", corrective_action=A1, finding=1)
SETTLE = CloseFinding(finding=1, reason="Three offers are there")
SETTLED = FindingClosed(project="p1", finding=1)
END = CloseComplianceReview(reason="All is settled")


@pytest.fixture
def opened(authorised: Scenario) -> Scenario:
    """Ann opened a review r1 of p1, whose PM is pat."""
    authorised.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=PAT))
    return authorised.given(COMPLIANCE_REVIEW, "r1", OPENED, by=ANN)


@pytest.fixture
def required(opened: Scenario) -> Scenario:
    """And raised a finding that requires a corrective action."""
    return opened.given(COMPLIANCE_REVIEW, "r1", RAISED, REQUIRED, by=ANN)


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(COMPLIANCE_REVIEW, "r1", command, by=by)


def opens(scenario: Scenario, by: str, project: str = "p1") -> list[Any]:
    """What follows where a person opens a review of a project; raises the refusal."""
    submission = Submission(COMPLIANCE_REVIEW, "r2", OPEN, actor=by, route="test", key="k", project=project)
    while True:
        try:
            batch = Batch(scenario._domain, scenario._folds, scenario._position, NOON)
            return [row.data for row in _recorded(scenario, batch, submission)]
        except NotLoaded as missing:
            scenario._folds[missing.stream] = Fold(missing.aggregate)


def _recorded(scenario: Scenario, batch: Batch, submission: Submission) -> list[Any]:
    batch.decide(submission)
    return [scenario._domain.catalogue.decode(row.type, row.document) for row in batch.rows]


def refusal(scenario: Scenario, by: str, project: str = "p1") -> tuple[str, bool]:
    with pytest.raises(Refused) as refused:
        opens(scenario, by, project)
    return refused.value.rule, refused.value.authority


# --- opening ---


def test_a_review_is_opened_once(opened: Scenario) -> None:
    when(opened, OPEN).refused("made-before")


def test_the_pmo_opens_a_review_of_a_project_under_the_standard_it_runs_to(authorised: Scenario) -> None:
    assert opens(authorised, ANN) == [OPENED]


def test_what_was_not_authorised_is_not_reviewed(authorised: Scenario) -> None:
    assert refusal(authorised, ANN, "p2") == ("not-authorised", False)


def test_nobody_else_opens_a_review(authorised: Scenario) -> None:
    mandate(authorised, PAT, "project_manager", "p1")
    for person in (PAT, EVE):
        assert refusal(authorised, person) == ("no-right", True)


@pytest.mark.parametrize(
    ("appointed", "role", "rule"),
    [
        (ManagerAppointed, "project_manager", "reviewer-runs-the-project"),
        (SponsorAppointed, "sponsor", "reviewer-owns-the-project"),
        (OfficerAssigned, "pm_officer", "reviewer-is-its-officer"),
    ],
)
def test_who_holds_a_post_in_the_project_reviews_nothing_of_it(
    required: Scenario, appointed: Any, role: str, rule: str
) -> None:
    required.given(APPOINTMENT, "p1", appointed(project="p1", person=BEN))
    mandate(required, BEN, role, "p1")
    assert refusal(required, BEN) == (rule, True)
    commands: list[Decision] = [RAISE, REQUIRE, TAKE_BACK, SETTLE, END]
    for command in commands:
        when(required, command).refused(rule, authority=True)


# --- findings ---


def test_findings_are_numbered_from_one(opened: Scenario) -> None:
    when(opened, RAISE).then(RAISED).under("pmo")
    second = FindingRaised(project="p1", number=2, control="tender", severity="major", text="One offer only")
    when(opened.given(COMPLIANCE_REVIEW, "r1", RAISED), RAISE).then(second)


def test_a_finding_is_of_a_control_that_is_reviewed(opened: Scenario) -> None:
    other = RaiseFinding(control="safety", severity="minor", text="Hm", reason="Seen")
    when(opened, other).invalid("/control")


def test_a_corrective_action_is_required_of_an_open_finding_until_a_day_to_come(opened: Scenario) -> None:
    when(opened, REQUIRE).refused("no-open-finding")
    opened.given(COMPLIANCE_REVIEW, "r1", RAISED)
    when(opened, REQUIRE).then(REQUIRED)
    late = REQUIRE.model_copy(update={"due_on": date(2026, 3, 2)})
    when(opened, late).invalid("/due_on")
    when(opened.given(COMPLIANCE_REVIEW, "r1", SETTLED), REQUIRE).refused("finding-closed")


def test_a_review_has_its_limit(opened: Scenario) -> None:
    findings = [
        FindingRaised(project="p1", number=number, control="tender", severity="minor", text="Late")
        for number in range(1, LIMIT + 1)
    ]
    when(opened.given(COMPLIANCE_REVIEW, "r1", *findings), RAISE).refused("review-full")
    actions = [
        CorrectiveActionRequired(
            project="p1", corrective_action=derived(str(n)), finding=1, action="Hurry", owner=PAT, due_on=JUNE
        )
        for n in range(LIMIT)
    ]
    when(opened.given(COMPLIANCE_REVIEW, "r1", *actions), REQUIRE).refused("review-full")


# --- correcting ---


def test_what_the_project_reports_is_put_on_record_once(required: Scenario) -> None:
    when(required, NOTE, SYSTEM).then(REPORTED)
    when(required.given(COMPLIANCE_REVIEW, "r1", REPORTED), NOTE, SYSTEM).then()


def test_a_person_reports_nothing_here(required: Scenario) -> None:
    when(required, NOTE, ANN).refused("no-right", authority=True)


def test_a_report_on_what_was_not_required_changes_nothing(opened: Scenario) -> None:
    when(opened, NOTE, SYSTEM).then()


def test_what_is_not_reported_is_taken_back_once_and_no_longer_stands_in_the_way(required: Scenario) -> None:
    when(required, TAKE_BACK).then(WITHDRAWN)
    required.given(COMPLIANCE_REVIEW, "r1", WITHDRAWN)
    when(required, TAKE_BACK).refused("corrective-action-not-awaited")
    when(required, SETTLE).then(SETTLED)


def test_what_was_reported_or_never_required_is_not_taken_back(required: Scenario) -> None:
    required.given(COMPLIANCE_REVIEW, "r1", REPORTED)
    when(required, TAKE_BACK).refused("corrective-action-not-awaited")
    other = WithdrawCorrectiveAction(corrective_action=derived("other"), reason="Not needed")
    when(required, other).invalid("/corrective_action")


def test_a_report_that_crosses_with_the_withdrawal_stays_on_record(required: Scenario) -> None:
    when(required.given(COMPLIANCE_REVIEW, "r1", WITHDRAWN), NOTE, SYSTEM).then(REPORTED)


# --- closing ---


def test_a_finding_is_closed_when_all_that_was_required_is_reported(required: Scenario) -> None:
    when(required, SETTLE).refused("corrective-action-unreported")
    required.given(COMPLIANCE_REVIEW, "r1", REPORTED)
    when(required, SETTLE).then(SETTLED)
    when(required.given(COMPLIANCE_REVIEW, "r1", SETTLED), SETTLE).refused("finding-closed")


def test_a_finding_that_requires_nothing_is_closed_at_once(opened: Scenario) -> None:
    when(opened.given(COMPLIANCE_REVIEW, "r1", RAISED), SETTLE).then(SETTLED)
    when(opened, CloseFinding(finding=2, reason="None")).invalid("/finding")


def test_who_corrected_a_finding_does_not_close_it(required: Scenario) -> None:
    required.given(COMPLIANCE_REVIEW, "r1", REPORTED)
    required.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=EVE))
    mandate(required, PAT, "pmo")
    when(required, SETTLE, PAT).refused("closer-is-corrector", authority=True)


def test_who_must_correct_a_finding_does_not_close_it(opened: Scenario) -> None:
    owned = CorrectiveActionRequired(
        project="p1", corrective_action=A1, finding=1, action="Write it down", owner=BEN, due_on=JUNE
    )
    opened.given(COMPLIANCE_REVIEW, "r1", RAISED, owned, REPORTED)
    when(opened, SETTLE, BEN).refused("closer-is-corrector", authority=True)
    when(opened, SETTLE, ANN).then(SETTLED)


def test_a_finding_of_an_unknown_review_is_closed_by_nobody(authorised: Scenario) -> None:
    when(authorised, SETTLE).unknown()
    assert not corrected_it(None, SETTLE, None)  # type: ignore[arg-type]


def test_a_review_closes_when_no_finding_is_open(required: Scenario) -> None:
    when(required, END).refused("findings-open")
    required.given(COMPLIANCE_REVIEW, "r1", REPORTED, SETTLED)
    when(required, END).then(ComplianceReviewClosed(project="p1", findings=1))


def test_a_closed_review_takes_no_more(required: Scenario) -> None:
    closed = ComplianceReviewClosed(project="p1", findings=1)
    required.given(COMPLIANCE_REVIEW, "r1", REPORTED, SETTLED, closed, by=BEN)
    commands: list[Decision] = [RAISE, REQUIRE, TAKE_BACK, SETTLE, END]
    for command in commands:
        when(required, command).refused("review-closed")


def test_a_review_tells_all_that_it_found(required: Scenario) -> None:
    required.given(COMPLIANCE_REVIEW, "r1", REPORTED, SETTLED, by=BEN)
    shown = copied(ComplianceReviewPage, "r1", required._folds["compliance-review/r1"].state)
    assert (shown["status"], shown["findings"][0]["closed_by"]) == ("open", BEN)
    assert shown["corrective_actions"][0]["reported_by"] == PAT
    assert shown["corrective_actions"][0]["evidence"][0]["title"] == "Second estimate"


@pytest.mark.parametrize("aggregate", [COMPLIANCE_REVIEW])
def test_nothing_else_is_decided_or_happens(aggregate: Aggregate[Any]) -> None:
    with pytest.raises(TypeError):
        aggregate.decide(None, Command(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        aggregate.evolve(None, Event(), None)  # type: ignore[arg-type]
