"""A page copies what its state bears by the same name; what it cannot find is told at the start."""

from datetime import UTC, date, datetime
from typing import Any

import immutables
import msgspec
import pytest
from pydantic import BaseModel

from mandate_events.deciding import State
from mandate_events.document.event import Event
from mandate_events.values.money import Money
from mandate_web.chapters.pages import Untold, copied, copies, plain


class Planned(Event, frozen=True, kw_only=True):
    title: str
    due_on: date
    by: str = "planner"


class Confirmed(Event, frozen=True, kw_only=True):
    measured: str
    by: str = "sponsor"


class Benefit(State, frozen=True, kw_only=True):
    planned: Planned
    confirmed: Confirmed | None = None
    tags: frozenset[str] = frozenset()

    @property
    def status(self) -> str:
        return "confirmed" if self.confirmed else "planned"


class BenefitPage(BaseModel):
    id: str
    title: str
    due_on: date
    status: str
    measured: str | None
    tags: list[str]


PLANNED = Planned(title="Dry streets", due_on=date(2027, 6, 30))


def test_members_attributes_and_what_the_kept_events_say_are_copied() -> None:
    assert copies(BenefitPage, {})("b1", Benefit(planned=PLANNED, tags=frozenset({"z", "a"}))) == {
        "id": "b1",
        "title": "Dry streets",
        "due_on": "2027-06-30",
        "status": "planned",
        "measured": None,
        "tags": ["a", "z"],
    }


def test_what_another_event_says_is_told_once_it_is_kept() -> None:
    told = copied(BenefitPage, "b1", Benefit(planned=PLANNED, confirmed=Confirmed(measured="3")))
    assert (told["measured"], told["status"]) == ("3", "confirmed")


class DoublePage(BenefitPage):
    by: str


def test_what_two_kept_events_say_is_a_fault() -> None:
    with pytest.raises(Untold, match="which Benefit holds in planned and in confirmed: give the state"):
        copied(DoublePage, "b1", Benefit(planned=PLANNED))


def test_what_is_given_as_its_own_is_told_instead() -> None:
    assert copied(BenefitPage, "b1", Benefit(planned=PLANNED), title="Other")["title"] == "Other"


class StrangePage(BenefitPage):
    colour: str


def test_what_the_state_does_not_hold_is_a_fault_that_says_what_to_do() -> None:
    with pytest.raises(Untold, match=r"StrangePage tells `colour`, which Benefit does not hold: give the state"):
        copied(StrangePage, "b1", Benefit(planned=PLANNED))


class Part(msgspec.Struct, frozen=True):
    day: date
    much: Money


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), "2026-03-02T12:00:00.000000Z"),
        (
            Part(date(2026, 3, 2), Money("9.00", "AUD")),
            {"day": "2026-03-02", "much": {"amount": "9.00", "currency": "AUD"}},
        ),
        (immutables.Map({1: ("a",)}), {"1": ["a"]}),
        ((date(2026, 3, 2),), ["2026-03-02"]),
    ],
)
def test_values_are_told_as_json_has_them(value: Any, told: Any) -> None:
    assert plain(value) == told
