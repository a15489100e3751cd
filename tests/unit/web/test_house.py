"""What a service is follows from its chapters; and what these do not say is told at once, all of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mandate_events.deciding import Aggregate, Command, Context, Decided, Mandate, Streams
from mandate_events.deciding.completeness import Incomplete
from mandate_events.deciding.looking import Looked
from mandate_events.deciding.rights import KeptFrom, Right, allow
from mandate_events.deciding.submission import Submission
from mandate_events.document.event import Event, Recorded
from mandate_web.chapters.chapter import Chapter, Served, Things
from mandate_web.chapters.house import House


class Planned(Event, frozen=True, kw_only=True):
    pass


class Plan(Command):
    pass


class PlanPage(BaseModel):
    id: str


def decide(_state: Any, _command: Any, _context: Context) -> Decided:
    return [Planned()]


def evolve(_state: Any, _event: Event, _record: Recorded[Any]) -> tuple[Mandate, ...]:
    return ()


PLAN: Aggregate[Any] = Aggregate("plan", decide, evolve, events=(Planned,), records={Plan: (Planned,)})


def chapter(*, rights: Sequence[Right] = (), **more: Any) -> Chapter:
    given = [allow("read-plans", "manager"), *rights]
    return Chapter(
        name="planning", says="Plans", folder=Path(__file__).parent, reads="read-plans", rights=given, **more
    )


def read(streams: Streams) -> list[str]:
    return [aggregate.stream(id_) for aggregate, id_ in streams]


def test_what_chapters_do_not_say_is_told_with_what_their_domain_lacks() -> None:
    with pytest.raises(Incomplete) as told:
        House("shop", [chapter(served=[Served(PLAN, PlanPage, at="/v1/plans/{id}")])])
    assert str(told.value).startswith("shop cannot start:")
    untagged, ungiven = told.value.faults
    assert untagged.startswith("the chapter planning has pages or lists and no tag")
    assert ungiven.startswith("nobody may give Plan, which plan takes")


def test_a_role_is_kept_from_what_is_for_another_alone() -> None:
    rights = [allow(Plan, "manager")]
    house = House(
        "shop",
        [chapter(aggregates=[PLAN], rights=rights)],
        kept_from=[KeptFrom("office", alone=("manager",), rule="office-plans-nothing")],
    )
    denied = [row for row in house.domain.rights.rows_for("Plan") if row.effect == "deny"]
    assert [(row.roles, row.rule) for row in denied] == [(("office",), "office-plans-nothing")]


def test_mandates_are_read_from_the_stream_of_who_acts() -> None:
    submission = Submission(PLAN, "1", Plan(reason="because"), actor="ann", route="test", key="1")
    looking = Looked(submission, lambda _stream: None)
    chapters = [chapter(aggregates=[PLAN], rights=[allow(Plan, "manager")])]
    assert read(House("shop", chapters, mandates=PLAN).domain.mandates_read(looking)) == ["plan/ann"]
    assert read(House("shop", chapters).domain.mandates_read(looking)) == []


class Listing(BaseModel):
    id: str
    colour: str


def test_what_is_said_of_what_is_not_there_is_told() -> None:
    class Unplan(Command):
        """Nobody takes it."""

    served = Served(
        PLAN,
        Listing,
        at="/v1/plans/{id}",
        opens={"/v1/plans": Plan},
        takes={"/v1/plans/{id}/ends": Unplan},
        listed=Things(at="/v1/plans", sort=("-due_on",), filters={"status": str}),
    )
    twice = chapter(served=[served], aggregates=[PLAN], rights=[allow(Plan, "manager")], tags={"plans": "Plans"})
    with pytest.raises(Incomplete) as told:
        House("shop", [twice])
    beginnings = [fault.partition(",")[0].partition(":")[0] for fault in told.value.faults]
    assert beginnings == [
        "Listing tells `colour`",
        f"Unplan is posted at /v1/plans/{{id}}/ends in {Path(__file__).parent / 'chapter.py'}",
        "Plan is posted at /v1/plans and begins no plan",
        "the list at /v1/plans goes by `due_on`",
        "the list at /v1/plans goes by `status`",
        "plan stands in two places",
    ]
