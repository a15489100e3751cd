"""Row 5: the project goes on under another version in the phase that it is in, or says why it cannot."""

import pytest

from mandate_events.deciding import NotYet
from mandate_events.testing import Outcome, Scenario
from projects.execution.events import GateReviewRequested, PhaseStarted, ProjectClosed, ProjectMigratedToStandard
from projects.execution.migration import MIGRATION, ApplyMigration
from projects.execution.project import PROJECT, RequestGateReview
from projects.recognition.standard import STANDARD, Gate, GatePath, Phase, StandardRecognised
from projects.requests.request import DecisionApplied, DecisionNotApplied
from tests.unit.projects.conftest import ORIGIN, PAT, PHASES

LONGER = [Phase("think", "Think", Gate("g0", "Nought")), *PHASES]


@pytest.fixture
def renewed(initiated: Scenario) -> Scenario:
    """Version 2 has one phase more, before the others; version 3 has other phases."""
    for version, phases in ((2, LONGER), (3, [Phase("all", "All", Gate("g", "One"))])):
        paths = [GatePath("two-gate", "Two gates", phases)]
        initiated.given(
            STANDARD, "capital", StandardRecognised(version=version, title="Capital", paths=paths, origin=ORIGIN)
        )
    return initiated


def apply(scenario: Scenario, standard: str = "capital@2") -> Outcome:
    command = ApplyMigration(project="p1", standard=standard, gate_path="two-gate", origin=ORIGIN)
    return scenario.when(MIGRATION, "m1", command, by="system/recognition")


def not_applied(rule: str) -> DecisionNotApplied:
    return DecisionNotApplied(project="p1", outcome="migrated", rule=rule, origin=ORIGIN)


def test_it_goes_on_in_the_phase_that_it_is_in(renewed: Scenario) -> None:
    applied = DecisionApplied(project="p1", outcome="migrated", origin=ORIGIN)
    moved = ProjectMigratedToStandard(standard="capital@2", gate_path="two-gate", phases=LONGER)
    apply(renewed).then(applied, moved)
    renewed.given(PROJECT, "p1", moved)
    assert asked_for(renewed, "g1") == ("plan", "capital@2")
    assert asked_for(renewed.given(PROJECT, "p1", PhaseStarted(phase="do", gate="g2")), "g2") == ("do", "capital@2")
    apply(renewed.given(MIGRATION, "m1", applied)).then()


def asked_for(scenario: Scenario, gate: str) -> tuple[str, str | None]:
    """The phase and the standard of a gate review that the PM can ask for now."""
    body = {"gate": gate, "evidence": [{"title": "Plan", "sha256": "0" * 64}], "reason": "Done"}
    [record] = scenario.when(PROJECT, "p1", RequestGateReview.model_validate(body), by=PAT).records
    return record.data.phase, record.standard


def test_a_phase_that_the_version_does_not_have(renewed: Scenario) -> None:
    apply(renewed, "capital@3").then(not_applied("phase-not-in-standard"))


def test_while_a_gate_is_being_decided_it_stays(renewed: Scenario) -> None:
    asked = GateReviewRequested(review="r1", project="p1", gate="g1", phase="plan", evidence=[])
    apply(renewed.given(PROJECT, "p1", asked)).then(not_applied("review-open"))


def test_an_ended_project_goes_nowhere(renewed: Scenario) -> None:
    apply(renewed.given(PROJECT, "p1", ProjectClosed())).then(not_applied("project-closed"))


def test_a_version_that_is_not_recognised_yet_is_waited_for(renewed: Scenario) -> None:
    with pytest.raises(NotYet):
        apply(renewed, "capital@9")
