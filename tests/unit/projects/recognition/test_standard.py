"""What projects know of their standard, and what they refuse by it."""

from datetime import date
from typing import Any

import pytest

from mandate_events.testing import Scenario
from projects.main import PROJECTS as PROJECTS_DOMAIN
from projects.recognition import heard
from projects.recognition.standard import (
    STANDARD,
    Calendar,
    Control,
    GatePath,
    Risk,
    StandardRecognised,
    Zone,
    controls_of,
    version_of,
)
from projects.requests.waiver import WAIVER, RequestWaiver, WaiverRequested
from tests.services import on_governance
from tests.unit.projects.conftest import ORIGIN, PAT, PHASES
from tests.unit.projects.recognition.test_recognition import SYSTEM, said

PATHS = [GatePath("two-gate", "Two gates", PHASES)]
ROW: list[Zone] = ["low", "low", "medium", "high", "critical"]
RISK = Risk([ROW] * 5, 9)
CONTROLS = [Control("cost-review", "Cost review", True), Control("diary", "Diary", False)]
CALENDARS = [Calendar("site", "Site", ["mon"], "8", [date(2026, 12, 25)])]
JUNE = date(2026, 6, 30)


class Reading:
    """A decision that reads what was recognised of a standard."""

    def __init__(self, recognised: StandardRecognised) -> None:
        record: Any = None
        self.standard = STANDARD.evolve(None, recognised, record)

    def read(self, _aggregate: Any, id_: str) -> Any:
        return self.standard if id_ == "capital" else None


def recognition(**more: Any) -> StandardRecognised:
    return StandardRecognised(version=2, title="Capital", paths=PATHS, origin=ORIGIN, **more)


def test_what_projects_are_judged_by_is_recognised() -> None:
    event = heard.StandardPublished(
        version=2,
        title="Capital",
        paths=PATHS,
        controls=CONTROLS,
        tolerances={"time": "20"},
        risk=RISK,
        evm_method="units",
        calendars=CALENDARS,
    )
    (reaction,) = on_governance(said(event, "standard/capital"))
    Scenario(PROJECTS_DOMAIN).when(STANDARD, "capital", reaction.command, by=SYSTEM).then(
        recognition(controls=CONTROLS, tolerances={"time": "20"}, risk=RISK, evm_method="units", calendars=CALENDARS)
    )


def test_what_is_recognised_can_be_asked_for() -> None:
    context: Any = Reading(recognition(controls=CONTROLS, risk=RISK, tolerances={"time": "20"}))
    assert controls_of(context, "capital@2")["cost-review"].mandatory
    version = version_of(context, "capital@2")
    assert version is not None
    assert (version.tolerances, version.risk) == ({"time": "20"}, RISK)
    assert (RISK.zone(1, 5), RISK.zone(5, 1)) == ("critical", "low")
    for unknown in ("capital@1", "roads@2"):
        assert version_of(context, unknown) is None
        assert controls_of(context, unknown) == {}


def asking(control: str) -> RequestWaiver:
    return RequestWaiver(control=control, until=JUNE, reason="The reviewer is away")


@pytest.fixture
def under_controls(initiated: Scenario) -> Scenario:
    """The standard of p1 lists its controls."""
    listed = StandardRecognised(version=1, title="Capital", paths=PATHS, controls=CONTROLS, origin=ORIGIN)
    return initiated.given(STANDARD, "capital", listed)


def requested(control: str) -> WaiverRequested:
    return WaiverRequested(project="p1", standard="capital@1", control=control, until=JUNE)


@pytest.mark.parametrize("control", ["cost-review", "diary", "tool-spreadsheet"])
def test_a_waiver_is_of_a_control_of_the_standard_or_for_a_tool(under_controls: Scenario, control: str) -> None:
    command = asking(control)
    under_controls.when(WAIVER, "w1", command, by=PAT, project="p1").then(requested(control))


def test_a_waiver_of_what_the_standard_does_not_have_is_not_asked_for(under_controls: Scenario) -> None:
    under_controls.when(WAIVER, "w1", asking("unheard-of"), by=PAT, project="p1").invalid("/control")


def test_a_standard_without_controls_leaves_open_what_they_are(initiated: Scenario) -> None:
    initiated.when(WAIVER, "w1", asking("unheard-of"), by=PAT, project="p1").then(requested("unheard-of"))
