"""Row 4: the PMO alone says which processes, tools and templates there are, and knows which projects use them."""

import hashlib
from typing import Any

import immutables
import pytest
from pydantic import ValidationError

from governance.catalogue.process import PROCESS, DefineProcess, ProcessDefined, ProcessPage, Step
from governance.catalogue.routes import shown_template, shown_tool, used_by
from governance.catalogue.template import (
    TEMPLATE,
    PublishTemplate,
    TemplatePublished,
    TemplateWithdrawn,
    WithdrawTemplate,
)
from governance.catalogue.tool import TOOL, ApproveTool, ToolApproved, ToolWithdrawn, WithdrawTool
from governance.catalogue.use import RecogniseUse, UseRecognised
from mandate_events.deciding import Aggregate, Command, Decision, Mandate
from mandate_events.document.event import Event
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from mandate_web.chapters.pages import copied
from tests.services import GOVERNANCE, GOVERNANCE_SERVICE
from tests.unit.governance.conftest import ANN, BEN, EVE, mandate

PAT = derived("pat")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
SYSTEM = "system/gate-inbox"
SHA = "ab" * 32

DEFINE = DefineProcess.model_validate(
    {
        "title": "Gate review",
        "purpose": "No phase begins unjudged",
        "steps": [{"title": "Collect the evidence", "done_by": "project_manager"}],
        "reason": "As agreed",
    }
)
STEPS = [Step("Collect the evidence", "project_manager")]
APPROVE = ApproveTool(title="Planner", purpose="Schedules", reason="Tried out")
APPROVED = ToolApproved(title="Planner", purpose="Schedules")
WITHDRAW = WithdrawTool(reason="No longer maintained")
USE = RecogniseUse(project="p1", used_by=PAT, origin=ORIGIN)
USED = UseRecognised(project="p1", used_by=PAT, origin=ORIGIN)


def publish(**content: Any) -> PublishTemplate:
    about = {"title": "Risks", "kind": "risk-register", "reason": "One for all"}
    return PublishTemplate.model_validate({**about, **(content or {"text": "# Risks"})})


def published(version: int = 1, **content: Any) -> TemplatePublished:
    text: dict[str, Any] = {
        "sha256": hashlib.sha256(b"# Risks").hexdigest(),
        "media_type": "text/markdown; charset=utf-8",
    }
    return TemplatePublished(version=version, title="Risks", kind="risk-register", **(content or text))


def state(scenario: Scenario, outcome: Outcome, aggregate: Aggregate[Any]) -> Any:
    folded = None
    for record in outcome.records:
        folded = aggregate.evolve(folded, record.data, record)
    return folded


# --- processes ---


def test_the_pmo_defines_a_process_and_a_further_definition_is_its_next_version(office: Scenario) -> None:
    first = ProcessDefined(version=1, title="Gate review", purpose="No phase begins unjudged", steps=STEPS)
    office.when(PROCESS, "gate-review", DEFINE, by=ANN).then(first).under("pmo")
    second = ProcessDefined(version=2, title="Gate review", purpose="No phase begins unjudged", steps=STEPS)
    office.given(PROCESS, "gate-review", first).when(PROCESS, "gate-review", DEFINE, by=BEN).then(second)


def test_a_process_shows_the_version_to_follow_and_those_before(office: Scenario) -> None:
    process = state(office, office.when(PROCESS, "gate-review", DEFINE, by=ANN), PROCESS)
    shown = copied(ProcessPage, "gate-review", process)
    assert (shown["version"], shown["earlier"]) == (1, [])
    process = PROCESS.evolve(process, ProcessDefined(version=2, title="Two", purpose="P", steps=STEPS), None)  # type: ignore[arg-type]
    shown = copied(ProcessPage, "gate-review", process)
    assert (shown["title"], [each["title"] for each in shown["earlier"]]) == ("Two", ["Gate review"])


# --- tools ---


def test_the_pmo_approves_a_tool_once(office: Scenario) -> None:
    office.when(TOOL, "planner", APPROVE, by=ANN).then(APPROVED).under("pmo")
    office.given(TOOL, "planner", APPROVED).when(TOOL, "planner", APPROVE, by=BEN).refused("already-in-force")


def test_the_pmo_withdraws_a_tool_and_may_approve_it_again(office: Scenario) -> None:
    office.given(TOOL, "planner", APPROVED)
    withdrawn = ToolWithdrawn(title="Planner")
    office.when(TOOL, "planner", WITHDRAW, by=BEN).then(withdrawn)
    office.given(TOOL, "planner", withdrawn)
    office.when(TOOL, "planner", WITHDRAW, by=BEN).refused("not-in-force")
    office.when(TOOL, "planner", APPROVE, by=BEN).then(APPROVED)


def test_a_tool_that_nobody_knows_is_not_withdrawn(office: Scenario) -> None:
    office.when(TOOL, "planner", WITHDRAW, by=BEN).unknown()


def test_the_use_of_a_tool_is_recognised_once(office: Scenario) -> None:
    office.given(TOOL, "planner", APPROVED).when(TOOL, "planner", USE, by=SYSTEM).then(USED)
    office.given(TOOL, "planner", USED).when(TOOL, "planner", USE, by=SYSTEM).then()


def test_a_tool_used_under_a_waiver_is_known_without_being_approved(office: Scenario) -> None:
    waived = RecogniseUse(project="p1", used_by=PAT, waiver="w1", origin=ORIGIN)
    outcome = office.when(TOOL, "abacus", waived, by=SYSTEM)
    outcome.then(UseRecognised(project="p1", used_by=PAT, waiver="w1", origin=ORIGIN))
    shown = shown_tool("abacus", state(office, outcome, TOOL))
    assert shown["status"] == "unapproved"
    assert shown["used_by"] == [{"project": "p1", "version": None, "waiver": "w1", "used_by": PAT}]
    office.given(TOOL, "abacus", USED).when(TOOL, "abacus", WITHDRAW, by=BEN).refused("not-in-force")


def test_a_person_recognises_no_use(office: Scenario) -> None:
    office.given(TOOL, "planner", APPROVED).when(TOOL, "planner", USE, by=ANN).refused("no-right", authority=True)


# --- templates ---


def test_the_pmo_publishes_a_template_and_its_text_is_kept_by_its_hash(office: Scenario) -> None:
    office.when(TEMPLATE, "risks", publish(), by=ANN).then(published()).under("pmo")


def test_a_template_that_is_kept_elsewhere_is_frozen_by_its_hash(office: Scenario) -> None:
    elsewhere: dict[str, Any] = {
        "sha256": SHA,
        "media_type": "application/pdf",
        "uri": "https://documents.example/risks",
    }
    office.when(TEMPLATE, "risks", publish(**elsewhere), by=ANN).then(published(**elsewhere))


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "risks"},
        {"sha256": SHA},
        {"text": "# Risks", "sha256": SHA},
        {"sha256": SHA, "uri": "https://x.example"},
    ],
)
def test_a_template_has_its_content_in_one_place(content: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="either the text"):
        publish(**content)


def test_publishing_again_is_the_next_version_and_brings_a_withdrawn_one_back(office: Scenario) -> None:
    withdrawn = TemplateWithdrawn(version=1, title="Risks")
    office.given(TEMPLATE, "risks", published())
    office.when(TEMPLATE, "risks", WithdrawTemplate(reason="Outdated"), by=BEN).then(withdrawn)
    office.given(TEMPLATE, "risks", withdrawn)
    office.when(TEMPLATE, "risks", WithdrawTemplate(reason="Again"), by=BEN).refused("not-in-force")
    office.when(TEMPLATE, "risks", publish(), by=BEN).then(published(2))


def test_the_use_of_a_template_is_recognised_with_its_version(office: Scenario) -> None:
    command = RecogniseUse(project="p1", used_by=PAT, version=1, origin=ORIGIN)
    used = UseRecognised(project="p1", used_by=PAT, version=1, origin=ORIGIN)
    office.given(TEMPLATE, "risks", published()).when(TEMPLATE, "risks", command, by=SYSTEM).then(used)
    office.given(TEMPLATE, "risks", used).when(TEMPLATE, "risks", command, by=SYSTEM).then()
    template = office._folds["template/risks"].state
    assert shown_template("risks", template)["used_by"][0]["version"] == 1


# --- who may not ---


@pytest.mark.parametrize(
    ("aggregate", "command"),
    [
        (PROCESS, DEFINE),
        (TOOL, APPROVE),
        (TOOL, WITHDRAW),
        (TEMPLATE, publish()),
        (TEMPLATE, WithdrawTemplate(reason="Outdated")),
    ],
)
@pytest.mark.parametrize("role", ["project_manager", "pm_officer", "sponsor", "auditor"])
def test_nobody_else_decides_what_is_in_the_catalogue(
    office: Scenario, role: str, aggregate: Aggregate[Any], command: Decision
) -> None:
    mandate(office, PAT, role, "p1")
    office.given(TOOL, "it", APPROVED).given(TEMPLATE, "it", published())
    office.when(aggregate, "it", command, by=PAT).refused("no-right", authority=True)


def test_who_uses_a_tool_is_not_told_to_other_projects_by_its_stream() -> None:
    held = [Mandate("project_manager", f"mandate/{PAT}@1", "p2")]
    sees = GOVERNANCE_SERVICE.visibility.of(GOVERNANCE.rights, PAT, held)
    assert sees("process/gate-review", None)
    assert not sees("tool/planner", None)
    assert not sees("template/risks", None)


def test_users_are_told_as_far_as_a_viewer_may_see_the_projects() -> None:
    users = immutables.Map({"p1": USED, "p2": UseRecognised(project="p2", used_by=EVE, origin=ORIGIN)})

    class OfP2:
        def sees(self, project: str) -> bool:
            return project == "p2"

    assert [use["project"] for use in used_by(users, None)] == ["p1", "p2"]
    assert [use["project"] for use in used_by(users, OfP2())] == ["p2"]  # type: ignore[arg-type]


@pytest.mark.parametrize("aggregate", [PROCESS, TOOL, TEMPLATE])
def test_nothing_else_is_decided_or_happens(aggregate: Aggregate[Any]) -> None:
    with pytest.raises(TypeError):
        aggregate.decide(None, Command(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        aggregate.evolve(None, Event(), None)  # type: ignore[arg-type]
