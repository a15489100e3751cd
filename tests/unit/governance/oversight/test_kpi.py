"""Row 6: the PMO says what is measured and from where on it is bad. Nobody types what the system computes."""

from typing import Any

import pytest
from pydantic import ValidationError

from governance.oversight.kpi import KPI, DefineKpi, KpiDefined, SetThreshold, Threshold, ThresholdSet
from governance.oversight.measurement import MEASUREMENT, KpiMeasured, MeasureKpi, ThresholdBreached, stream_of
from mandate_events.deciding import Aggregate, Command
from mandate_events.document.event import Event
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, EVE, mandate

OLA, PAT = derived("ola"), derived("pat")
DEFINED = KpiDefined(version=1, title="SPI", unit="ratio", direction="higher-is-better", computed=False)
COMPUTED = KpiDefined(
    version=1, title="SPI", unit="ratio", direction="higher-is-better", computed=True, formula="earned / planned"
)
FOR_ALL = ThresholdSet(green="0.95", amber="0.85")
FOR_CAPITAL = ThresholdSet(standard="capital@1", green="0.90", amber="0.50")


def definition(**more: Any) -> DefineKpi:
    about = {"title": "SPI", "unit": "ratio", "direction": "higher-is-better", "computed": False, "reason": "To steer"}
    return DefineKpi.model_validate({**about, **more})


def threshold(**more: Any) -> SetThreshold:
    return SetThreshold.model_validate({"green": "0.95", "amber": "0.85", "reason": "As in the trade", **more})


@pytest.fixture
def defined(authorised: Scenario) -> Scenario:
    """A KPI with a threshold for all; ola is the PMOfficer of p1, pat its PM."""
    mandate(authorised, OLA, "pm_officer", "p1")
    mandate(authorised, PAT, "project_manager", "p1")
    return authorised.given(KPI, "spi", DEFINED, FOR_ALL)


def measure(
    scenario: Scenario, value: str, by: str = BEN, project: str | None = "p1", kpi: str = "spi", **more: Any
) -> Outcome:
    command = MeasureKpi.model_construct(project=project, period="2026-Q1", value=value, **{"reason": None, **more})
    return scenario.when(MEASUREMENT, stream_of(kpi, project), command, by=by)


def measured(value: str, colour: Any, project: str | None = "p1") -> KpiMeasured:
    standard = "capital@1" if project else None
    return KpiMeasured(kpi="spi", project=project, period="2026-Q1", value=value, colour=colour, standard=standard)


# --- what is measured ---


def test_the_pmo_defines_a_kpi_and_defines_it_anew(office: Scenario) -> None:
    office.when(KPI, "spi", definition(), by=ANN).then(DEFINED).under("pmo")
    again = KpiDefined(version=2, title="SPI", unit="%", direction="higher-is-better", computed=False)
    office.given(KPI, "spi", DEFINED).when(KPI, "spi", definition(unit="%"), by=BEN).then(again)


def test_a_computed_kpi_says_its_formula(office: Scenario) -> None:
    with pytest.raises(ValidationError, match="says its formula"):
        definition(computed=True)
    office.when(KPI, "spi", definition(computed=True, formula="earned / planned"), by=ANN).then(COMPUTED)


def test_the_direction_is_fixed_once_thresholds_are_set(office: Scenario) -> None:
    office.given(KPI, "spi", DEFINED, FOR_ALL)
    office.when(KPI, "spi", definition(direction="lower-is-better"), by=ANN).refused("kpi-direction-fixed")


def test_a_computed_kpi_does_not_become_one_that_is_typed(office: Scenario) -> None:
    office.given(KPI, "spi", COMPUTED).when(KPI, "spi", definition(), by=ANN).refused("kpi-stays-computed")
    office.given(KPI, "cpi", DEFINED)
    assert office.when(KPI, "cpi", definition(computed=True, formula="earned / actual"), by=ANN).refusal is None


def test_the_pmo_sets_a_threshold_for_all_and_for_one_standard(defined: Scenario) -> None:
    defined.when(KPI, "spi", threshold(), by=ANN).then(FOR_ALL)
    command = threshold(standard="capital@1", green="0.90", amber="0.50")
    defined.when(KPI, "spi", command, by=ANN).then(FOR_CAPITAL)


@pytest.mark.parametrize("standard", ["capital@2", "capital@3", "unheard-of@1"])
def test_a_threshold_is_of_a_published_standard(defined: Scenario, standard: str) -> None:
    defined.when(KPI, "spi", threshold(standard=standard), by=ANN).invalid("/standard")


def test_the_amber_bound_is_no_better_than_the_green_one(defined: Scenario) -> None:
    defined.when(KPI, "spi", threshold(amber="0.96"), by=ANN).invalid("/amber")
    defined.when(KPI, "spi", threshold(amber="0.950"), by=ANN).then(ThresholdSet(green="0.95", amber="0.950"))


@pytest.mark.parametrize(
    ("direction", "value", "colour"),
    [
        ("higher-is-better", "0.95", "green"),
        ("higher-is-better", "0.9499", "amber"),
        ("higher-is-better", "0.85", "amber"),
        ("higher-is-better", "0.8499", "red"),
        ("lower-is-better", "0.85", "green"),
        ("lower-is-better", "0.95", "amber"),
        ("lower-is-better", "0.9501", "red"),
    ],
)
def test_a_bound_belongs_to_the_better_side(direction: Any, value: str, colour: str) -> None:
    bounds = Threshold("0.95", "0.85") if direction == "higher-is-better" else Threshold("0.85", "0.95")
    assert bounds.colour(value, direction) == colour


@pytest.mark.parametrize("person", [OLA, PAT, EVE])
def test_nobody_else_defines_what_is_measured(defined: Scenario, person: str) -> None:
    defined.when(KPI, "spi", definition(), by=person).refused("no-right", authority=True)
    defined.when(KPI, "spi", threshold(), by=person).refused("no-right", authority=True)


# --- what was measured ---


def test_the_officer_measures_in_their_project_and_the_pmo_anywhere(defined: Scenario) -> None:
    measure(defined, "0.97", OLA).then(measured("0.97", "green")).under("pm_officer")
    measure(defined, "0.90", BEN).then(measured("0.90", "amber")).under("pmo")
    measure(defined, "0.97", BEN, None).then(measured("0.97", "green", None))


def test_a_value_in_red_is_a_breach_of_the_threshold_for_all(defined: Scenario) -> None:
    breach = ThresholdBreached(kpi="spi", project="p1", period="2026-Q1", value="0.60", threshold="0.85")
    measure(defined, "0.60").then(measured("0.60", "red"), breach)


def test_the_threshold_of_the_projects_standard_goes_before_the_one_for_all(defined: Scenario) -> None:
    defined.given(KPI, "spi", FOR_CAPITAL)
    measure(defined, "0.60").then(measured("0.60", "amber"))
    breach = ThresholdBreached(
        kpi="spi", project="p1", period="2026-Q1", value="0.49", threshold="0.50", standard="capital@1"
    )
    measure(defined, "0.49").then(measured("0.49", "red"), breach)


def test_without_a_threshold_a_value_has_no_colour(authorised: Scenario) -> None:
    measure(authorised.given(KPI, "spi", DEFINED), "0.60").then(measured("0.60", None))


def test_a_period_is_measured_again_only_with_a_reason(defined: Scenario) -> None:
    defined.given(MEASUREMENT, "spi.p1", measured("0.97", "green"), by=OLA)
    measure(defined, "0.96", OLA).invalid("/reason")
    measure(defined, "0.96", OLA, reason="A late invoice").then(measured("0.96", "green"))


def test_nobody_types_what_the_system_computes(authorised: Scenario) -> None:
    mandate(authorised, OLA, "pm_officer", "p1")
    authorised.given(KPI, "spi", COMPUTED)
    for person in (BEN, OLA):
        measure(authorised, "0.97", person).refused("kpi-is-computed", authority=True)


def test_the_officer_measures_in_no_other_project_and_not_for_the_office(defined: Scenario) -> None:
    measure(defined, "0.97", OLA, "p2").refused("no-right", authority=True)
    measure(defined, "0.97", OLA, None).refused("no-right", authority=True)


@pytest.mark.parametrize("person", [PAT, EVE])
def test_nobody_else_measures(defined: Scenario, person: str) -> None:
    measure(defined, "0.97", person).refused("no-right", authority=True)


def test_what_is_measured_is_defined_and_where_it_is_measured_is_authorised(defined: Scenario) -> None:
    measure(defined, "0.97", kpi="mood").unknown()
    measure(defined, "0.97", project="p2").refused("not-authorised")


@pytest.mark.parametrize("period", ["2026", "2026-12", "2026-Q4", "2026-W53"])
def test_a_period_is_a_year_a_quarter_a_month_or_a_week(period: str) -> None:
    assert MeasureKpi.model_validate({"period": period, "value": "-1.5"}).period == period


@pytest.mark.parametrize("wrong", [{"period": "2026-13"}, {"period": "Q1"}, {"value": "1e3"}, {"value": 1}])
def test_a_measurement_is_spelled_exactly(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MeasureKpi.model_validate({"period": "2026", "value": "1", **wrong})


@pytest.mark.parametrize("aggregate", [KPI, MEASUREMENT])
def test_nothing_else_is_decided_or_happens(aggregate: Aggregate[Any]) -> None:
    with pytest.raises(TypeError):
        aggregate.decide(None, Command(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        aggregate.evolve(None, Event(), None)  # type: ignore[arg-type]
