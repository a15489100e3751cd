"""Row 5: a running project keeps its version of the standard until the PMO has it go on under another one."""

import pytest

from governance.appointments.appointment import APPOINTMENT, OfficerAssigned
from governance.requests.request import DecisionAnswered, NoteAnswer
from governance.standards.migration import MIGRATION, MigrateProject, StandardMigrationDecided
from governance.standards.standard import STANDARD, StandardPublished, StandardRetired
from governance.strategy.authorisation import ProjectMigratedToStandard
from governance.strategy.proposal import PROPOSAL
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import BEN, PATHS, mandate

ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
DECIDED = StandardMigrationDecided(project="p1", standard="capital@2", gate_path="two-gate")


@pytest.fixture
def renewed(authorised: Scenario) -> Scenario:
    """capital@2 is in force as well; p1 runs to capital@1."""
    return authorised.given(STANDARD, "capital", StandardPublished(version=2, title="Capital", paths=PATHS), by=BEN)


def migrate(scenario: Scenario, standard: str = "capital@2", path: str | None = None, by: str = BEN) -> Outcome:
    command = MigrateProject(standard=standard, gate_path=path, reason="A year to go")
    return scenario.when(MIGRATION, "m1", command, by=by, project="p1")


def test_the_pmo_has_a_project_go_on_under_the_next_version(renewed: Scenario) -> None:
    migrate(renewed).then(DECIDED).under("pmo")


def test_it_is_in_force_when_the_project_says_so(renewed: Scenario) -> None:
    renewed.given(MIGRATION, "m1", DECIDED)
    answered = DecisionAnswered(project="p1", applied=True, origin=ORIGIN)
    applied = renewed.when(MIGRATION, "m1", NoteAnswer(applied=True, origin=ORIGIN), by="system/recognition")
    applied.then(answered, ProjectMigratedToStandard(standard="capital@2", gate_path="two-gate"))
    renewed.given(MIGRATION, "m1", answered)
    renewed.when(MIGRATION, "m1", NoteAnswer(applied=True, origin=ORIGIN), by="system/recognition").then()


def test_where_the_project_cannot_it_keeps_its_version(renewed: Scenario) -> None:
    renewed.given(MIGRATION, "m1", DECIDED)
    answer = NoteAnswer(applied=False, rule="review-open", origin=ORIGIN)
    refused = DecisionAnswered(project="p1", applied=False, rule="review-open", origin=ORIGIN)
    renewed.when(MIGRATION, "m1", answer, by="system/recognition").then(refused)


def test_nobody_but_the_pmo_decides_it_and_no_member_who_is_its_officer(renewed: Scenario) -> None:
    pat = derived("pat")
    mandate(renewed, pat, "project_manager", "p1")
    migrate(renewed, by=pat).refused("no-right", authority=True)
    renewed.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=BEN))
    mandate(renewed, BEN, "pm_officer", "p1")
    migrate(renewed).refused("decider-is-its-officer", authority=True)


def test_nor_a_member_who_is_its_sponsor(renewed: Scenario) -> None:
    mandate(renewed, BEN, "sponsor", "p2")
    migrate(renewed).then(DECIDED)
    mandate(renewed, BEN, "sponsor", "p1")
    migrate(renewed).refused("decider-is-its-sponsor", authority=True)


@pytest.mark.parametrize(
    ("standard", "path", "pointer"),
    [("capital@3", None, "/standard"), ("other@1", None, "/standard"), ("capital@2", "ten-gate", "/gate_path")],
)
def test_it_goes_on_under_a_version_in_force_along_one_of_its_paths(
    renewed: Scenario, standard: str, path: str | None, pointer: str
) -> None:
    migrate(renewed, standard, path).invalid(pointer)


def test_no_project_is_given_a_version_that_is_retired(renewed: Scenario) -> None:
    renewed.given(STANDARD, "capital", StandardRetired(version=2, successor="capital@1"))
    migrate(renewed).invalid("/standard")


def test_what_it_runs_to_already_is_no_migration(renewed: Scenario) -> None:
    migrate(renewed, "capital@1").refused("runs-to-it-already")


def test_it_is_decided_once_and_of_a_project(renewed: Scenario, proposed: Scenario) -> None:
    migrate(renewed.given(MIGRATION, "m1", DECIDED)).refused("already-decided")


def test_a_proposal_runs_to_nothing(proposed: Scenario) -> None:
    migrate(proposed).refused("not-authorised")


def test_the_project_s_standard_follows(renewed: Scenario) -> None:
    moved = ProjectMigratedToStandard(standard="capital@2", gate_path="two-gate")
    migrate(renewed.given(PROPOSAL, "p1", moved)).refused("runs-to-it-already")
