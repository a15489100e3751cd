"""Row 5: waivers. The PMO grants one for a time, and may take it back; each has an end, and expires on its day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from governance.requests.waiver import (
    WAIVER,
    DecideWaiver,
    ExpireWaiver,
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
from tests.unit.governance.conftest import BEN

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


def test_the_pmo_grants_it_for_as_long_as_was_asked_for_or_shorter(asked: Scenario) -> None:
    when(asked, decide()).then(GRANTED)
    when(asked, decide(until=MAY)).then(WaiverGranted(project="p1", control="cost-review", until=MAY))


def test_the_pmo_rejects_it(asked: Scenario) -> None:
    when(asked, decide("rejected")).then(WaiverRejected(project="p1", control="cost-review"))


@pytest.mark.parametrize("until", [date(2026, 7, 1), date(2026, 3, 1)])
def test_a_waiver_is_granted_no_longer_than_was_asked_for_and_not_for_the_past(asked: Scenario, until: date) -> None:
    when(asked, decide(until=until)).invalid("/until")


def test_a_waiver_in_force_is_revoked(asked: Scenario) -> None:
    revoked = WaiverRevoked(project="p1", control="cost-review")
    when(asked.given(WAIVER, "w1", GRANTED), RevokeWaiver(reason="Misused")).then(revoked)
    when(asked.given(WAIVER, "w1", revoked), RevokeWaiver(reason="Again")).refused("no-waiver-in-force")


def test_it_expires_when_its_last_day_is_over(asked: Scenario) -> None:
    asked.given(WAIVER, "w1", GRANTED).at(datetime(2026, 7, 1, tzinfo=UTC))
    when(asked, ExpireWaiver(until=JUNE), "system/clock").then(WaiverExpired(project="p1", control="cost-review"))


def test_one_that_is_shorter_than_asked_for_expires_on_its_own_day(asked: Scenario) -> None:
    asked.given(WAIVER, "w1", WaiverGranted(project="p1", control="cost-review", until=MAY))
    when(asked, ExpireWaiver(until=JUNE), "system/clock").then()
    when(asked, ExpireWaiver(until=MAY), "system/clock").then(WaiverExpired(project="p1", control="cost-review"))


def test_what_is_no_longer_in_force_does_not_expire(asked: Scenario) -> None:
    when(asked, ExpireWaiver(until=JUNE), "system/clock").then()
    asked.given(WAIVER, "w1", GRANTED, WaiverRevoked(project="p1", control="cost-review"))
    when(asked, ExpireWaiver(until=JUNE), "system/clock").then()
