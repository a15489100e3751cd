"""Where the cases of projects begin. pat is the PM of p1 and of nothing else; ann is of the PMO; tim is nobody."""

import pytest

from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Scenario
from mandate_events.values.money import Money
from projects.execution.events import EnvelopeRecognised, PhaseStarted, ProjectInitiated
from projects.execution.project import PROJECT
from projects.main import PROJECTS
from projects.recognition.mandate import MANDATE, MandateRecognised
from projects.recognition.standard import STANDARD, Gate, GatePath, Phase, StandardRecognised

PAT, ANN, TIM = (derived(name) for name in ("pat", "ann", "tim"))
ORIGIN = Origin(source="governance", sequence=7, hash="0" * 64)
PHASES = [Phase("plan", "Plan", Gate("g1", "One")), Phase("do", "Do", Gate("g2", "Two"))]
BUDGET = Money("10.00", "AUD")


def initiation(standard: str = "capital@1") -> list[EnvelopeRecognised | ProjectInitiated | PhaseStarted]:
    """What follows from an authorisation."""
    return [
        EnvelopeRecognised(standard=standard, gate_path="two-gate", budget=BUDGET, phases=PHASES, origin=ORIGIN),
        ProjectInitiated(
            portfolio="roads", reference="R1", title="A road", gate_path="two-gate", standard=standard, budget=BUDGET
        ),
        PhaseStarted(phase="plan", gate="g1"),
    ]


@pytest.fixture
def recognised() -> Scenario:
    """A standard, a PM of p1 and a member of the PMO are recognised."""
    paths = [GatePath("two-gate", "Two gates", PHASES)]
    return (
        Scenario(PROJECTS)
        .given(STANDARD, "capital", StandardRecognised(version=1, title="Capital", paths=paths, origin=ORIGIN))
        .given(MANDATE, PAT, MandateRecognised(person=PAT, role="project_manager", project="p1", origin=ORIGIN))
        .given(MANDATE, ANN, MandateRecognised(person=ANN, role="pmo", origin=ORIGIN))
    )


@pytest.fixture
def initiated(recognised: Scenario) -> Scenario:
    """And p1 runs, in its first phase."""
    return recognised.given(PROJECT, "p1", *initiation())
