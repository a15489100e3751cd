"""Separation of duties in words: each judged on real streams, and published so that another program can judge it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandate_events.deciding import Aggregate, Command, Context, Decided, Mandate, Refused
from mandate_events.deciding.batch import Batch, Fold, Submission
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.marks import Mark, asked_for, marked
from mandate_events.deciding.rights import Right, allow
from mandate_events.deciding.separation import (
    Condition,
    any_of,
    holds,
    named_by_command,
    named_in,
    not_,
    predicate,
    recorded,
    recorded_alone,
    subject_is_self,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import uuid7
from mandate_events.testing import Scenario

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Drafted(Event, frozen=True, kw_only=True):
    version: int = 1
    asked_by: str | None = None
    team: list[str] = []  # noqa: RUF012 - msgspec copies it


class Revised(Event, frozen=True, kw_only=True):
    version: int = 1


class ToldV2(Event, frozen=True, kw_only=True):
    by: str


class Told(Event, frozen=True, kw_only=True):
    whom: str


class Published(Event, frozen=True, kw_only=True):
    version: int


class Publish(Command):
    version: int = 1
    person: str = "nobody"


class Draft(Command):
    pass


def decide(_state: int | None, command: Any, _context: Context) -> Decided:
    return [Drafted()] if isinstance(command, Draft) else [Published(version=command.version)]


THING: Aggregate[int] = Aggregate(
    "thing",
    decide,
    lambda *_: 1,
    events=(Drafted, Revised, ToldV2, Published),
    opened_by=frozenset({Draft, Publish}),
    project=lambda *_: "p1",
)
UPCASTS: Mapping[Any, Any] = {Told: lambda event: ToldV2(by=event.whom)}


def domain(condition: Condition, held: Sequence[Mandate] = (), *more: Right) -> Domain:
    held = (Mandate("clerk", "x@1"), *held)
    rights = [allow(Publish, "clerk", unless={"too-close": condition}), allow(Draft, "clerk"), *more]
    return Domain("shop", aggregates=[THING], rights=rights, find_mandates=lambda _: held, upcasts=UPCASTS)


def stands(condition: Condition, *events: tuple[str, Event], command: Publish | None = None, id_: str = "1") -> bool:
    """Whether it is met by ann, where these events stand on the stream by whom."""
    scenario = Scenario(domain(condition, [Mandate("cook", "x@2", "p1"), Mandate("chief", "x@3", "p2")]))
    for by, event in events:
        scenario.given(THING, id_, event, by=by)
    outcome = scenario.when(THING, id_, command or Publish(), by="ann")
    if outcome.refusal is None:
        return False
    outcome.refused("too-close", authority=True)
    return True


def test_who_recorded() -> None:
    drafted = recorded(Drafted, Revised)
    assert not stands(drafted)
    assert stands(drafted, ("ann", Drafted()))
    assert stands(drafted, ("ben", Drafted()), ("ann", Revised()), ("ben", Revised()))
    assert not stands(drafted, ("ben", Drafted()), ("ann", Published(version=1)))


def test_who_recorded_of_this_version() -> None:
    version = recorded(Drafted, Revised, where="version")
    one, two = Publish(version=1), Publish(version=2)
    assert stands(version, ("ann", Drafted(version=1)), ("ben", Revised(version=2)), command=one)
    assert not stands(version, ("ann", Drafted(version=1)), ("ben", Revised(version=2)), command=two)


def test_who_recorded_alone() -> None:
    alone = recorded_alone(Drafted, Revised, where="version")
    assert not stands(alone)
    assert stands(alone, ("ann", Drafted()), ("ann", Drafted()))
    assert stands(alone, ("ann", Drafted()), ("ann", Revised()))
    assert stands(alone, ("ann", Drafted()), ("ben", Revised(version=2)))
    assert not stands(alone, ("ann", Drafted()), ("ben", Revised()))
    assert not stands(alone, ("ann", Drafted()), ("ben", Drafted()), ("ann", Revised()))
    assert not stands(alone, ("ben", Drafted()))


def test_whom_an_event_names() -> None:
    named = named_in(Drafted, "asked_by", "team")
    assert not stands(named, ("ann", Drafted()))
    assert stands(named, ("ben", Drafted(asked_by="ann")))
    assert stands(named, ("ben", Drafted(asked_by="eve", team=["ben", "ann"])), ("ben", Drafted()))
    assert not stands(named, ("ben", Drafted(asked_by="eve", team=["ben"])))


def test_whom_the_command_names() -> None:
    assert stands(named_by_command("person"), command=Publish(person="ann"))
    assert not stands(named_by_command("person"), command=Publish(person="ben"))


def test_ones_own_stream() -> None:
    assert stands(subject_is_self(), id_="ann")
    assert not stands(subject_is_self(), id_="ben")


def test_what_the_person_holds_here_whatever_they_act_as() -> None:
    assert stands(holds("clerk"))
    assert stands(holds("cook"))
    assert not stands(holds("chief")), "on another project"
    assert not stands(holds("king"))


def test_conditions_of_conditions() -> None:
    both = not_(any_of(not_(holds("clerk")), not_(recorded(Drafted))))
    assert stands(both, ("ann", Drafted()))
    assert not stands(both, ("ben", Drafted()))
    assert stands(any_of(holds("king"), subject_is_self()), id_="ann")


def test_what_the_words_cannot_say() -> None:
    odd = predicate("version-is-odd", lambda _, command, __: bool(command.version % 2), says="Odd ones are theirs.")
    assert stands(odd, command=Publish(version=3))
    assert not stands(odd, command=Publish(version=2))


def test_each_as_it_is_published() -> None:
    read = predicate("odd", lambda *_: True, says="It is odd.", reads=lambda *_: [(THING, "9")])
    every = any_of(
        recorded(Drafted, ToldV2),
        recorded_alone(Drafted, where="version"),
        named_in([Drafted], "asked_by", "team"),
        named_by_command("person"),
        subject_is_self(),
        not_(holds("pmo")),
        not_(read),
    )
    assert every.published() == {
        "any_of": [
            {"recorded": ["drafted.v1", "told.v2"]},
            {"recorded_alone": ["drafted.v1"], "where": "version"},
            {"named_in": ["drafted.v1"], "members": ["asked_by", "team"]},
            {"named_by_command": "person"},
            {"subject_is_self": True},
            {"not": {"holds": "pmo"}},
            {"not": {"predicate": "odd", "says": "It is odd."}},
        ]
    }
    assert list(every.reads(None, None, None)) == [(THING, "9")]  # type: ignore[arg-type]
    row = next(row for row in domain(every).rights.table if row["command"] == "Publish")
    assert row["unless"] == {"too-close": every.published()}
    assert json.dumps(row)


def test_an_older_version_counts_as_the_newest() -> None:
    of = domain(named_in(ToldV2, "by"))
    batch = Batch(of, {"thing/1": Fold(THING)}, 0, NOW)
    batch.decide(Submission(THING, "1", Draft(), actor="ben", route="r", key=uuid7()))
    document = json.loads(batch.rows[0].document)
    older = {**document, "type": "mandate.shop.told.v1", "data": {"whom": "ann"}}
    fold = Fold(THING).then(of.catalogue, older["type"], json.dumps(older).encode(), of.asked)
    asked = Submission(THING, "1", Publish(), actor="ann", route="r", key=uuid7())
    with pytest.raises(Refused, match="too-close"):
        Batch(of, {"thing/1": fold}, 1, NOW).decide(asked)


def test_what_is_done_in_a_batch_counts_for_what_comes_after_it() -> None:
    of = domain(recorded(Drafted))
    batch = Batch(of, {"thing/1": Fold(THING)}, 0, NOW)
    batch.decide(Submission(THING, "1", Draft(), actor="ann", route="r", key=uuid7()))
    with pytest.raises(Refused, match="too-close"):
        batch.decide(Submission(THING, "1", Publish(), actor="ann", route="r", key=uuid7()))


def test_nothing_is_kept_that_nobody_asks_for() -> None:
    assert domain(holds("clerk")).asked == {}
    of = domain(any_of(recorded(Drafted), recorded_alone(Drafted), named_in(Drafted, "team")))
    assert of.asked == {Drafted: (Mark(Drafted), Mark(Drafted, "team"))}
    batch = Batch(of, {"thing/1": Fold(THING)}, 0, NOW)
    batch.decide(Submission(THING, "1", Publish(), actor="ann", route="r", key=uuid7()))
    assert len(batch.changed["thing/1"].marks) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 2), st.booleans()), max_size=12))
def test_marks_tell_what_the_events_tell(events: list[tuple[str, int, bool]]) -> None:
    """Judged from the folded marks as from the events themselves."""
    scenario = Scenario(domain(recorded(Drafted)))
    records: list[Recorded[Any]] = []
    for by, version, revised in events:
        event = Revised(version=version) if revised else Drafted(version=version)
        fold = Fold(THING, len(records))
        records.append(scenario._recorded(fold, "thing/1", event, by))
    alone = recorded_alone(Drafted, Revised, where="version")
    marks = Fold(THING).marks
    for record in records:
        marks = marked(marks, asked_for(alone.asks()), record)
    for person in "abc":
        for version in (1, 2):
            people = {record.actor for record in records if record.data.version == version}
            context: Any = type("Asked", (), {"actor": person, "marks": marks})
            assert alone.met(None, Publish(version=version), context, ()) == (people == {person})
            either = recorded(Drafted, Revised, where="version")
            assert either.met(None, Publish(version=version), context, ()) == (person in people)
