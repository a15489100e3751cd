"""The office as projects recognises it: its zone says when days end here too."""

from datetime import UTC, date, datetime

from mandate_events.testing import Scenario
from projects.main import PROJECTS
from projects.recognition.office import OFFICE, THE_OFFICE, OfficeRecognised, RecogniseOffice, zone_of
from tests.unit.projects.conftest import ANN, ORIGIN

MELBOURNE = OfficeRecognised(time_zone="Australia/Melbourne", currency="AUD", origin=ORIGIN)


def recognise(zone: str) -> RecogniseOffice:
    return RecogniseOffice(time_zone=zone, currency="AUD", origin=ORIGIN)


def test_the_charter_is_recognised_and_what_is_the_same_changes_nothing() -> None:
    scenario = Scenario(PROJECTS)
    scenario.when(OFFICE, THE_OFFICE, recognise("Australia/Melbourne"), by="system/recognition").then(MELBOURNE)
    scenario.given(OFFICE, THE_OFFICE, MELBOURNE)
    scenario.when(OFFICE, THE_OFFICE, recognise("Australia/Melbourne"), by="system/recognition").then()
    paris = OfficeRecognised(time_zone="Europe/Paris", currency="AUD", origin=ORIGIN)
    scenario.when(OFFICE, THE_OFFICE, recognise("Europe/Paris"), by="system/recognition").then(paris)


def test_a_person_does_not_recognise_it(recognised: Scenario) -> None:
    recognised.when(OFFICE, THE_OFFICE, recognise("UTC"), by=ANN).refused("no-right", authority=True)


def test_days_end_where_the_charter_says_and_in_utc_before_it_is_known() -> None:
    evening = datetime(2026, 6, 30, 20, tzinfo=UTC)
    assert evening.astimezone(zone_of(None)).date() == date(2026, 6, 30)
    assert evening.astimezone(zone_of(MELBOURNE)).date() == date(2026, 7, 1)
