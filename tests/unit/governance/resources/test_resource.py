"""Row 7: the resource pool. Capacity by periods, leave, and load that goes beyond capacity only with a reason."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from governance.resources.events import (
    CapacityCommitted,
    CapacityReleased,
    CapacitySet,
    LeaveRecorded,
    OverallocationAccepted,
    OverloadedWeek,
    ResourceRegistered,
    ResourceRetired,
)
from governance.resources.load import Plan, mondays, week_named, week_of
from governance.resources.resource import (
    RESOURCE,
    RecordLeave,
    RegisterResource,
    Resource,
    RetireResource,
    SetCapacity,
    decide,
)
from mandate_events.deciding import Command
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import BEN, EVE, mandate

PAT = derived("pat")
MONDAY, FRIDAY = date(2026, 3, 9), date(2026, 3, 20)
TWO_WEEKS = {"starts_on": MONDAY, "until": FRIDAY}
AWAY = RecordLeave(starts_on=MONDAY, until=FRIDAY)
TEAM = ResourceRegistered(kind="team", title="Modellers", skills=["hydraulics"])
FULL = CapacitySet(**TWO_WEEKS, hours_per_week="40")
COMMITTED = CapacityCommitted(allocation="a1", project="p1", **TWO_WEEKS, hours_per_week="30")


@pytest.fixture
def pool(office: Scenario) -> Scenario:
    """A team of modellers with 40 hours in each of two weeks."""
    return office.given(RESOURCE, "r1", TEAM, FULL)


def when(scenario: Scenario, command: Command, by: str = BEN) -> Outcome:
    return scenario.when(RESOURCE, "r1", command, by=by)


def capacity(hours: str, **more: Any) -> SetCapacity:
    return SetCapacity.model_validate({**TWO_WEEKS, "hours_per_week": hours, **more})


def state_of(*events: Any) -> Resource:
    """A resource to which these happened."""
    resource = None
    for event in events:
        resource = RESOURCE.evolve(resource, event, None)  # type: ignore[arg-type]  # its time does not matter
    assert resource is not None
    return resource


def test_the_pmo_registers_a_person_and_a_team_each_once(office: Scenario) -> None:
    team = RegisterResource(title="Modellers", skills=["hydraulics", "gis", "gis"])
    when(office, team).then(ResourceRegistered(kind="team", title="Modellers", skills=["gis", "hydraulics"]))
    when(office, RegisterResource(person=PAT)).then(ResourceRegistered(kind="person", person=PAT, skills=[]))
    when(office.given(RESOURCE, "r1", TEAM), team).refused("already-registered")


def test_one_person_has_one_id_in_the_pool() -> None:
    assert RegisterResource(person=PAT, skills=["gis"]).id == RegisterResource(person=PAT).id
    assert RegisterResource(person=PAT).id != RegisterResource(title=PAT).id


@pytest.mark.parametrize("given", [{}, {"person": PAT, "title": "Modellers"}])
def test_a_resource_is_a_person_or_a_team(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="a person or, with a title, a team"):
        RegisterResource.model_validate(given)


@pytest.mark.parametrize(
    "period", [{"starts_on": FRIDAY, "until": MONDAY}, {"starts_on": MONDAY, "until": date(2036, 3, 9)}]
)
def test_a_period_is_in_order_and_not_longer_than_ten_years(period: dict[str, date]) -> None:
    with pytest.raises(ValidationError, match="period"):
        RecordLeave.model_validate(period)


def test_only_the_pmo_keeps_the_pool(pool: Scenario) -> None:
    mandate(pool, PAT, "project_manager", "p1")
    for by in (PAT, EVE):
        for command in (
            capacity("8"),
            AWAY,
            RetireResource(reason="Gone"),
            RegisterResource(person=PAT),
        ):
            when(pool, command, by).refused("no-right", authority=True)


def test_the_pmo_sets_the_capacity_and_records_leave(pool: Scenario) -> None:
    when(pool, capacity("37.50")).then(CapacitySet(**TWO_WEEKS, hours_per_week="37.5")).under("pmo")
    when(pool, AWAY).then(LeaveRecorded(**TWO_WEEKS))


def test_leave_and_less_capacity_than_is_committed_are_refused_without_a_reason(pool: Scenario) -> None:
    pool.given(RESOURCE, "r1", COMMITTED)
    when(pool, RecordLeave(starts_on=MONDAY, until=date(2026, 3, 10))).refused("above-capacity")
    when(pool, capacity("29.5")).refused("above-capacity")
    when(pool, capacity("30")).then(CapacitySet(**TWO_WEEKS, hours_per_week="30"))


def test_what_is_accepted_is_on_record_with_the_weeks_and_the_reason(pool: Scenario) -> None:
    pool.given(RESOURCE, "r1", COMMITTED)
    away = {"starts_on": MONDAY, "until": date(2026, 3, 10)}
    when(pool, RecordLeave.model_validate({**away, "overallocation_reason": "They catch up later"})).then(
        LeaveRecorded(starts_on=MONDAY, until=date(2026, 3, 10)),
        OverallocationAccepted(weeks=[OverloadedWeek("2026-W11", "6")], why="They catch up later"),
    )


def test_a_refusal_names_the_weeks_and_the_hours(pool: Scenario) -> None:
    outcome = when(pool.given(RESOURCE, "r1", COMMITTED), capacity("20"))
    outcome.refused("above-capacity")
    facts = getattr(outcome.refusal, "facts", None)
    assert facts == {"weeks": ["2026-W11 (+10 h)", "2026-W12 (+10 h)"], "count": 2, "most": "10"}


def test_what_was_too_much_before_is_not_accepted_again_unless_it_grows(pool: Scenario) -> None:
    accepted = OverallocationAccepted(weeks=[OverloadedWeek("2026-W11", "10")], why="Urgent")
    pool.given(RESOURCE, "r1", COMMITTED, CapacitySet(**TWO_WEEKS, hours_per_week="20"), accepted)
    when(pool, capacity("21")).then(CapacitySet(**TWO_WEEKS, hours_per_week="21"))
    when(pool, capacity("19")).refused("above-capacity")


def test_a_resource_retires_when_nothing_of_it_is_committed(pool: Scenario) -> None:
    when(pool, RetireResource(reason="Left")).then(ResourceRetired())
    when(pool.given(RESOURCE, "r1", COMMITTED), RetireResource(reason="Left")).refused("resource-committed")


def test_what_was_committed_in_the_past_does_not_hold_it(pool: Scenario) -> None:
    past = CapacityCommitted(
        allocation="a0", project="p1", starts_on=date(2026, 2, 2), until=date(2026, 3, 1), hours_per_week="8"
    )
    when(pool.given(RESOURCE, "r1", past), RetireResource(reason="Left")).then(ResourceRetired())


def test_a_retired_resource_comes_back_only_by_being_registered_again(pool: Scenario) -> None:
    pool.given(RESOURCE, "r1", ResourceRetired())
    for command in (capacity("8"), AWAY, RetireResource(reason="Again")):
        when(pool, command).refused("resource-retired")
    back = RegisterResource(title="Modellers", skills=["gis"])
    when(pool, back).then(ResourceRegistered(kind="team", title="Modellers", skills=["gis"]))


def test_what_is_not_in_the_pool_takes_no_command(office: Scenario) -> None:
    when(office, capacity("8")).unknown()


# --- the arithmetic ---


def hours(resource: Resource, week: str) -> tuple[object, ...]:
    found = week_of(resource.plan, week_named(week).toordinal())
    return found.capacity, found.committed, found.over


def test_a_week_has_its_capacity_less_a_fifth_for_each_day_of_leave() -> None:
    team = state_of(TEAM, FULL, LeaveRecorded(starts_on=MONDAY, until=date(2026, 3, 10)))
    assert hours(team, "2026-W11") == (24, 0, 0)
    assert hours(team, "2026-W12") == (40, 0, 0)
    assert hours(team, "2026-W13") == (0, 0, 0), "nothing was set for it"


def test_weekends_count_for_nothing() -> None:
    weekend = {"starts_on": date(2026, 3, 14), "until": date(2026, 3, 15)}
    team = state_of(TEAM, FULL, LeaveRecorded(**weekend), CapacityCommitted(**_taken(**weekend)))
    assert hours(team, "2026-W11") == (40, 0, 0)


def test_what_was_set_last_holds_for_its_days() -> None:
    team = state_of(TEAM, FULL, CapacitySet(starts_on=date(2026, 3, 12), until=FRIDAY, hours_per_week="10"))
    assert hours(team, "2026-W11") == (28, 0, 0), "three days of 8 and two of 2"
    assert hours(team, "2026-W12") == (10, 0, 0)


def test_a_part_of_a_week_takes_a_part_of_the_hours() -> None:
    team = state_of(TEAM, FULL, CapacityCommitted(**_taken(starts_on=date(2026, 3, 12), until=FRIDAY, hours="50")))
    assert hours(team, "2026-W11") == (40, 20, 0)
    assert hours(team, "2026-W12") == (40, 50, 10)


def test_hours_are_not_rounded() -> None:
    team = state_of(TEAM, CapacityCommitted(**_taken(until=MONDAY, hours="0.01")))
    assert hours(team, "2026-W11") == (0, Decimal("0.002"), Decimal("0.002"))


def test_released_hours_are_free_from_their_day_on_and_were_committed_before() -> None:
    wednesday = CapacityReleased(allocation="a1", project="p1", free_from=date(2026, 3, 18))
    team = state_of(TEAM, FULL, COMMITTED, wednesday)
    assert hours(team, "2026-W11") == (40, 30, 0)
    assert hours(team, "2026-W12") == (40, 12, 0)
    all_of_it = state_of(TEAM, FULL, COMMITTED, CapacityReleased(allocation="a1", project="p1", free_from=MONDAY))
    assert not all_of_it.plan.commitments


def test_weeks_are_those_of_iso_8601_to_the_ends_of_the_calendar() -> None:
    plan = Plan()
    assert [week_of(plan, each).name for each in mondays(date(2026, 12, 30), date(2027, 1, 4))] == [
        "2026-W53",
        "2027-W01",
    ]
    assert [week_of(plan, each).name for each in mondays(date.max, date.max)] == ["9999-W52"]
    assert [week_of(plan, each).name for each in mondays(date.min, date.min)] == ["0001-W01"]
    for no_week in ("2026-W54", "0000-W01", "2026-W1", "2026-W10\n", "٢٠٢٦-W10"):
        with pytest.raises(ValueError, match=r"."):
            week_named(no_week)


def _taken(**more: Any) -> dict[str, Any]:
    hours = more.pop("hours", "40")
    return {"allocation": "a1", "project": "p1", **TWO_WEEKS, "hours_per_week": hours, **more}


def test_a_command_of_another_chapter_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="not decided here"):
        decide(state_of(TEAM), object(), None)  # type: ignore[arg-type]
