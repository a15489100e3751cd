"""Row 4: the PM takes up what the PMO approved; anything else needs a waiver. It is recognised, never made here."""

from datetime import date
from typing import Any

import pytest

from mandate_events.deciding import Aggregate, Command, Decision
from mandate_events.document.event import Event
from mandate_events.testing import Outcome, Scenario
from projects.execution.adoption import ADOPTION, AdoptTool, TemplateUsed, ToolAdopted, UseTemplate
from projects.execution.events import ProjectClosed
from projects.execution.pages import shown_adoption
from projects.execution.project import PROJECT
from projects.recognition import heard
from projects.recognition.catalogue import (
    TEMPLATE,
    TOOL,
    RecogniseTool,
    TemplateEnded,
    TemplateRecognised,
    ToolEnded,
    ToolRecognised,
)
from projects.requests.request import DecisionApplied
from projects.requests.waiver import WAIVER, WaiverEnded, WaiverRequested
from tests.unit.projects.conftest import ANN, ORIGIN, PAT, TIM
from tests.unit.projects.recognition.test_recognition import SYSTEM, reaction

W1 = "0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"
SHA = "ab" * 32
TOOL_KNOWN = ToolRecognised(title="Planner", origin=ORIGIN)
TEMPLATE_KNOWN = TemplateRecognised(version=1, title="Risks", kind="risk-register", sha256=SHA, origin=ORIGIN)
ADOPTED = ToolAdopted(project="p1", standard="capital@1", tool="planner")
USED = TemplateUsed(project="p1", standard="capital@1", template="risks", version=1, sha256=SHA)
ADOPT = AdoptTool(tool="planner", reason="To plan")
USE = UseTemplate(template="risks", reason="To list risks")


def when(scenario: Scenario, command: Decision, by: str = PAT) -> Outcome:
    return scenario.when(ADOPTION, "p1", command, by=by)


def waived(scenario: Scenario, *ends: Event, project: str = "p1", control: str = "tool-planner") -> Scenario:
    """The PMO granted a waiver w1."""
    requested = WaiverRequested(project=project, standard="capital@1", control=control, until=date(2026, 6, 30))
    granted = DecisionApplied(project=project, outcome="granted", origin=ORIGIN)
    return scenario.given(WAIVER, W1, requested, granted, *ends)


# --- tools ---


def test_the_pm_takes_an_approved_tool_up_once(initiated: Scenario) -> None:
    initiated.given(TOOL, "planner", TOOL_KNOWN)
    when(initiated, ADOPT).then(ADOPTED).under("project_manager")
    when(initiated.given(ADOPTION, "p1", ADOPTED), ADOPT).refused("already-adopted")


def test_a_tool_that_was_never_approved_or_was_withdrawn_is_not_taken_up(initiated: Scenario) -> None:
    when(initiated, ADOPT).refused("tool-not-approved")
    initiated.given(TOOL, "planner", TOOL_KNOWN, ToolEnded(title="Planner", origin=ORIGIN))
    when(initiated, ADOPT).refused("tool-not-approved")


def test_a_waiver_in_force_lets_the_project_use_it_and_is_named(initiated: Scenario) -> None:
    command = AdoptTool(tool="planner", waiver=W1, reason="Nothing else reads the files")
    when(waived(initiated), command).then(ToolAdopted(project="p1", standard="capital@1", tool="planner", waiver=W1))


def test_an_approved_tool_rests_on_no_waiver(initiated: Scenario) -> None:
    initiated.given(TOOL, "planner", TOOL_KNOWN)
    when(waived(initiated), AdoptTool(tool="planner", waiver=W1, reason="To plan")).then(ADOPTED)


@pytest.mark.parametrize(
    "waiver",
    [
        {"project": "p2"},
        {"control": "tool-other"},
        {"control": "planner"},
        {"ends": [WaiverEnded(project="p1", control="tool-planner", how="expired", origin=ORIGIN)]},
    ],
)
def test_no_other_waiver_lets_it(initiated: Scenario, waiver: dict[str, Any]) -> None:
    waived(initiated, *waiver.pop("ends", []), **waiver)
    when(initiated, AdoptTool(tool="planner", waiver=W1, reason="To plan")).refused("tool-not-approved")


def test_a_waiver_that_nobody_asked_for_lets_nothing(initiated: Scenario) -> None:
    when(initiated, AdoptTool(tool="planner", waiver=W1, reason="To plan")).refused("tool-not-approved")


# --- templates ---


def test_the_pm_uses_the_latest_version_of_a_template(initiated: Scenario) -> None:
    initiated.given(TEMPLATE, "risks", TEMPLATE_KNOWN)
    when(initiated, USE).then(USED)
    initiated.given(ADOPTION, "p1", USED)
    when(initiated, USE).refused("already-used")
    second = TemplateRecognised(version=2, title="Risks", kind="risk-register", sha256="cd" * 32, origin=ORIGIN)
    used = TemplateUsed(project="p1", standard="capital@1", template="risks", version=2, sha256="cd" * 32)
    when(initiated.given(TEMPLATE, "risks", second), USE).then(used)


def test_a_template_that_is_not_published_is_not_used(initiated: Scenario) -> None:
    when(initiated, USE).refused("template-not-published")
    initiated.given(TEMPLATE, "risks", TEMPLATE_KNOWN, TemplateEnded(version=1, title="Risks", origin=ORIGIN))
    when(initiated, USE).refused("template-not-published")


# --- who may not, and when not ---


@pytest.mark.parametrize("command", [ADOPT, USE])
def test_the_pmo_takes_nothing_up_for_a_project_and_others_neither(initiated: Scenario, command: Decision) -> None:
    when(initiated, command, ANN).refused("pmo-does-not-manage-projects", authority=True)
    when(initiated, command, TIM).refused("no-right", authority=True)
    initiated.when(ADOPTION, "p2", command, by=PAT).refused("no-right", authority=True)


@pytest.mark.parametrize("command", [ADOPT, USE])
def test_a_project_that_has_ended_takes_nothing_up(initiated: Scenario, command: Decision) -> None:
    when(initiated.given(PROJECT, "p1", ProjectClosed()), command).refused("project-closed")


def test_it_tells_what_it_took_up(initiated: Scenario) -> None:
    initiated.given(ADOPTION, "p1", USED, ADOPTED)
    assert shown_adoption("p1", initiated._folds["adoption/p1"].state) == {
        "project": "p1",
        "tools": [{"tool": "planner", "waiver": None}],
        "templates": [{"template": "risks", "version": 1, "sha256": SHA}],
    }


# --- the catalogue ---


def test_an_approval_and_a_withdrawal_are_recognised_once(recognised: Scenario) -> None:
    stream, approve = reaction(heard.ToolApproved(title="Planner"), "tool/planner")
    assert stream == "tool/planner"
    recognised.when(TOOL, "planner", approve, by=SYSTEM).then(TOOL_KNOWN)
    recognised.given(TOOL, "planner", TOOL_KNOWN).when(TOOL, "planner", approve, by=SYSTEM).then()
    _, withdraw = reaction(heard.ToolWithdrawn(title="Planner"), "tool/planner")
    ended = ToolEnded(title="Planner", origin=ORIGIN)
    recognised.when(TOOL, "planner", withdraw, by=SYSTEM).then(ended)
    recognised.given(TOOL, "planner", ended).when(TOOL, "planner", withdraw, by=SYSTEM).then()
    recognised.when(TOOL, "planner", approve, by=SYSTEM).then(TOOL_KNOWN)


def test_versions_of_a_template_and_its_withdrawal_are_recognised_once(recognised: Scenario) -> None:
    event = heard.TemplatePublished(version=1, title="Risks", kind="risk-register", sha256=SHA)
    stream, publish = reaction(event, "template/risks")
    assert stream == "template/risks"
    recognised.when(TEMPLATE, "risks", publish, by=SYSTEM).then(TEMPLATE_KNOWN)
    recognised.given(TEMPLATE, "risks", TEMPLATE_KNOWN).when(TEMPLATE, "risks", publish, by=SYSTEM).then()
    _, withdraw = reaction(heard.TemplateWithdrawn(version=1, title="Risks"), "template/risks")
    ended = TemplateEnded(version=1, title="Risks", origin=ORIGIN)
    recognised.when(TEMPLATE, "risks", withdraw, by=SYSTEM).then(ended)
    recognised.given(TEMPLATE, "risks", ended).when(TEMPLATE, "risks", withdraw, by=SYSTEM).then()


def test_a_person_recognises_nothing_of_it(recognised: Scenario) -> None:
    command = RecogniseTool(title="Planner", origin=ORIGIN)
    for person in (PAT, ANN):
        recognised.when(TOOL, "planner", command, by=person).refused("no-right", authority=True)


@pytest.mark.parametrize("aggregate", [TOOL, TEMPLATE])
def test_nothing_else_is_decided_or_happens(aggregate: Aggregate[Any]) -> None:
    with pytest.raises(TypeError):
        aggregate.decide(None, Command(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        aggregate.evolve(None, Event(), None)  # type: ignore[arg-type]


def test_a_project_takes_up_nothing_else(initiated: Scenario) -> None:
    class OfP1:
        project = subject = "p1"

        def read(self, *_: Any) -> Any:
            return initiated._folds["project/p1"].state

    with pytest.raises(TypeError):
        ADOPTION.decide(None, Command(), OfP1())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ADOPTION.evolve(None, Event(), None)  # type: ignore[arg-type]
