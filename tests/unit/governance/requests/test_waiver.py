"""Row 5: waivers. A project asks, the PMO decides, not the asker; each has an end, and expires on its day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from governance.appointments.appointment import APPOINTMENT, ManagerAppointed, OfficerAssigned
from governance.requests.request import DecisionAnswered, NoteAnswer
from governance.requests.waiver import (
    WAIVER,
    DecideWaiver,
    ExpireWaiver,
    ReceiveWaiverRequest,
    RevokeWaiver,
    WaiverExpired,
    WaiverGranted,
    WaiverRejected,
    WaiverRequestReceived,
    WaiverRevoked,
)
from mandate_events.deciding import Instruction
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, mandate

PAT = derived("pat")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
JUNE, MAY = date(2026, 6, 30), date(2026, 5, 31)
REQUEST: dict[str, Any] = {
    "project": "p1",
    "standard": "capital@1",
    "requested_by": PAT,
    "origin": ORIGIN,
    "control": "cost-review",
    "until": JUNE,
}
GRANTED = WaiverGranted(project="p1", control="cost-review", until=JUNE)


@pytest.fixture
def asked(authorised: Scenario) -> Scenario:
    """Pat, the PM of p1, asked for a waiver w1."""
    return authorised.given(WAIVER, "w1", WaiverRequestReceived(**REQUEST))


def when(scenario: Scenario, command: Instruction, by: str = BEN) -> Outcome:
    return scenario.when(WAIVER, "w1", command, by=by)


def decide(outcome: str = "granted", **more: Any) -> DecideWaiver:
    return DecideWaiver.model_validate({"outcome": outcome, "reason": "Weighed", **more})


def test_a_request_reaches_the_inbox_once(authorised: Scenario) -> None:
    received = when(authorised, ReceiveWaiverRequest(**REQUEST), "system/recognition")
    received.then(WaiverRequestReceived(**REQUEST))
    again = authorised.given(WAIVER, "w1", WaiverRequestReceived(**REQUEST))
    when(again, ReceiveWaiverRequest(**REQUEST), "system/recognition").then()


def test_the_pmo_grants_it_for_as_long_as_was_asked_for_or_shorter(asked: Scenario) -> None:
    when(asked, decide()).then(GRANTED).under("pmo")
    when(asked, decide(until=MAY)).then(WaiverGranted(project="p1", control="cost-review", until=MAY))


def test_the_pmo_rejects_it(asked: Scenario) -> None:
    when(asked, decide("rejected")).then(WaiverRejected(project="p1", control="cost-review"))


@pytest.mark.parametrize("until", [date(2026, 7, 1), date(2026, 3, 1)])
def test_a_waiver_is_granted_no_longer_than_was_asked_for_and_not_for_the_past(asked: Scenario, until: date) -> None:
    when(asked, decide(until=until)).invalid("/until")


def test_a_decision_is_never_edited(asked: Scenario) -> None:
    when(asked.given(WAIVER, "w1", GRANTED), decide("rejected")).refused("already-decided")


def test_the_asker_does_not_decide_it(asked: Scenario) -> None:
    mandate(asked, PAT, "pmo")
    when(asked, decide(), PAT).refused("decider-is-requester", authority=True)


def test_who_runs_the_project_does_not_decide_it(asked: Scenario) -> None:
    asked.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=ANN))
    when(asked, decide(), ANN).refused("decider-runs-the-project", authority=True)


def test_a_member_who_is_its_officer_decides_and_revokes_nothing(asked: Scenario) -> None:
    asked.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=BEN))
    when(asked, decide()).refused("decider-is-its-officer", authority=True)
    when(asked.given(WAIVER, "w1", GRANTED), RevokeWaiver(reason="Misused")).refused(
        "decider-is-its-officer", authority=True
    )


def test_nobody_else_decides_it(asked: Scenario) -> None:
    mandate(asked, PAT, "project_manager", "p1")
    when(asked, decide(), derived("eve")).refused("no-right", authority=True)


def test_a_waiver_in_force_is_revoked(asked: Scenario) -> None:
    revoked = WaiverRevoked(project="p1", control="cost-review")
    when(asked.given(WAIVER, "w1", GRANTED), RevokeWaiver(reason="Misused")).then(revoked)
    when(asked.given(WAIVER, "w1", revoked), RevokeWaiver(reason="Again")).refused("no-waiver-in-force")


def test_it_expires_when_its_last_day_is_over(asked: Scenario) -> None:
    asked.given(WAIVER, "w1", GRANTED).at(datetime(2026, 7, 1, tzinfo=UTC))
    when(asked, ExpireWaiver(until=JUNE), "system/clock").then(WaiverExpired(project="p1", control="cost-review"))


def test_what_is_no_longer_in_force_does_not_expire(asked: Scenario) -> None:
    when(asked, ExpireWaiver(until=JUNE), "system/clock").then()
    asked.given(WAIVER, "w1", GRANTED, WaiverRevoked(project="p1", control="cost-review"))
    when(asked, ExpireWaiver(until=JUNE), "system/clock").then()


def test_the_project_answers_once(asked: Scenario) -> None:
    asked.given(WAIVER, "w1", GRANTED)
    answer = NoteAnswer(applied=False, rule="project-closed", origin=ORIGIN)
    answered = DecisionAnswered(project="p1", applied=False, rule="project-closed", origin=ORIGIN)
    when(asked, answer, "system/recognition").then(answered)
    when(asked.given(WAIVER, "w1", answered), answer, "system/recognition").then()
