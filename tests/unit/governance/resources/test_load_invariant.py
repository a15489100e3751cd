"""Whatever is decided in whatever order: no week has more committed than its capacity, unless that was accepted."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.main import GOVERNANCE
from governance.office.events import FounderNamed, OfficeChartered
from governance.office.office import OFFICE, THE_OFFICE
from governance.requests.allocation import (
    ALLOCATION,
    AllocationRequestReceived,
    DecideAllocation,
    NoteRelease,
    WithdrawAllocation,
)
from governance.requests.request import NoteAnswer
from governance.resources.events import (
    CapacityCommitted,
    CapacityReleased,
    CapacitySet,
    LeaveRecorded,
    OverallocationAccepted,
)
from governance.resources.load import mondays, week_of
from governance.resources.resource import RESOURCE, RecordLeave, RegisterResource, Resource, RetireResource, SetCapacity
from mandate_events.deciding import Aggregate, Instruction
from mandate_events.document.event import Event
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.testing import Scenario
from tests.unit.governance.conftest import BEN, FAY, mandate

SYSTEM = "system/recognition"
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)
TEAM = RegisterResource(title="Modellers")
FIRST = date(2026, 3, 2)
DAYS = st.integers(0, 27).map(lambda number: FIRST + timedelta(days=number))
PERIODS = st.tuples(DAYS, DAYS).map(lambda days: {"starts_on": min(days), "until": max(days)})
HOURS = st.sampled_from(["0.01", "8", "12.5", "20", "40"])
ALLOCATIONS = st.sampled_from(["a1", "a2", "a3", "a4"])
REASONS = st.sampled_from([{}, {}, {"overallocation_reason": "It cannot wait"}])
WHY = {"reason": "Weighed"}

Act = tuple[Aggregate[Any], str, Instruction, str]


def _request(id_: str, period: dict[str, date], hours: str) -> tuple[str, AllocationRequestReceived]:
    return id_, AllocationRequestReceived(
        project=f"project-of-{id_}",
        standard="capital@1",
        requested_by=derived("pat"),
        origin=ORIGIN,
        resource=TEAM.id,
        role="Models",
        starts_on=period["starts_on"],
        until=period["until"],
        hours_per_week=hours,
    )


def _of_the_pool(command: Instruction) -> Act:
    return RESOURCE, TEAM.id, command, BEN


REQUESTS = st.builds(_request, ALLOCATIONS, PERIODS, HOURS)
ACTS = st.one_of(
    st.builds(
        lambda period, hours, why: _of_the_pool(SetCapacity.model_validate({**period, "hours_per_week": hours, **why})),
        PERIODS,
        HOURS,
        REASONS,
    ),
    st.builds(lambda period, why: _of_the_pool(RecordLeave.model_validate({**period, **why})), PERIODS, REASONS),
    st.sampled_from([_of_the_pool(RetireResource(reason="Left")), _of_the_pool(TEAM)]),
    st.builds(
        lambda id_, why: (ALLOCATION, id_, DecideAllocation.model_validate({"outcome": "approved", **WHY, **why}), BEN),
        ALLOCATIONS,
        REASONS,
    ),
    st.builds(lambda id_, day: (ALLOCATION, id_, WithdrawAllocation(free_from=day, **WHY), BEN), ALLOCATIONS, DAYS),
    st.builds(lambda id_, day: (ALLOCATION, id_, NoteRelease(free_from=day, origin=ORIGIN), SYSTEM), ALLOCATIONS, DAYS),
    st.builds(
        lambda id_, applied: (ALLOCATION, id_, NoteAnswer(applied=applied, rule="r", origin=ORIGIN), SYSTEM),
        ALLOCATIONS,
        st.booleans(),
    ),
)


def _office() -> Scenario:
    chartered = OfficeChartered(name="PMO", time_zone="UTC", currency="AUD")
    scenario = Scenario(GOVERNANCE).given(OFFICE, THE_OFFICE, FounderNamed(person=FAY), chartered)
    mandate(scenario, BEN, "pmo")
    return scenario


class Counted:
    """What the events say, counted day by day without the arithmetic that the decisions use."""

    def __init__(self) -> None:
        self.capacity: dict[date, Fraction] = defaultdict(Fraction)
        self.away: set[date] = set()
        self.taken: dict[str, dict[date, Fraction]] = {}
        self.accepted: dict[str, Fraction] = {}

    def hear(self, event: Event) -> None:
        match event:
            case CapacitySet():
                self.capacity |= dict.fromkeys(_days(event), Fraction(event.hours_per_week) / 5)
            case LeaveRecorded():
                self.away |= set(_days(event))
            case CapacityCommitted():
                self.taken[event.allocation] = dict.fromkeys(_days(event), Fraction(event.hours_per_week) / 5)
            case CapacityReleased():
                before = self.taken[event.allocation]
                self.taken[event.allocation] = {day: h for day, h in before.items() if day < event.free_from}
            case OverallocationAccepted():
                self.accepted |= {week.week: Fraction(week.hours) for week in event.weeks}

    def week(self, monday: date) -> tuple[Fraction, Fraction]:
        days = [monday + timedelta(days=number) for number in range(5)]
        capacity = sum((self.capacity[day] for day in days if day not in self.away), Fraction())
        taken = sum((hours.get(day, Fraction()) for hours in self.taken.values() for day in days), Fraction())
        return capacity, taken


def _days(period: CapacitySet | LeaveRecorded | CapacityCommitted) -> list[date]:
    return [period.starts_on + timedelta(days=n) for n in range((period.until - period.starts_on).days + 1)]


@settings(deadline=None, max_examples=150)
@given(requests=st.lists(REQUESTS, max_size=4, unique_by=lambda each: each[0]), acts=st.lists(ACTS, max_size=25))
def test_no_week_is_overloaded_unless_that_was_accepted(
    requests: list[tuple[str, AllocationRequestReceived]], acts: list[Act]
) -> None:
    scenario, counted = _office(), Counted()
    resource: Resource | None = None
    for id_, request in requests:
        scenario.given(ALLOCATION, id_, request)
    for aggregate, id_, command, by in [_of_the_pool(TEAM), *acts]:
        for record in scenario.when(aggregate, id_, command, by=by).records:
            kind, _, thing = record.subject.partition("/")
            scenario.given(GOVERNANCE.aggregates[kind], thing, record.data, by=record.actor)
            counted.hear(record.data)
            if kind == RESOURCE.name:
                resource = RESOURCE.evolve(resource, record.data, record)
        assert resource is not None
        for monday in mondays(FIRST, FIRST + timedelta(days=27)):
            week = week_of(resource.plan, monday)
            capacity, taken = counted.week(date.fromordinal(monday))
            assert (Fraction(week.capacity), Fraction(week.committed)) == (capacity, taken)
            assert taken - capacity <= counted.accepted.get(week.name, 0), f"{week.name} after {command}"
