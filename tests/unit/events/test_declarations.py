"""What an aggregate declares: enforced when it decides, checked when the domain is put together, published."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Instruction,
    Looking,
    Mandate,
    On,
    Refused,
    Streams,
    SystemCommand,
    TooLarge,
)
from mandate_events.deciding import batch as batches
from mandate_events.deciding.aggregate import UNSAID
from mandate_events.deciding.batch import Batch, Deciding, Fold, Full, NotLoaded, Submission, Undeclared
from mandate_events.deciding.completeness import Incomplete
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.looking import missing
from mandate_events.deciding.rights import KeptFrom, Right, allow, deny
from mandate_events.deciding.separation import predicate, recorded
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import uuid7
from mandate_events.testing import Scenario

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Planned(Event, frozen=True, kw_only=True):
    title: str


class Linked(Event, frozen=True, kw_only=True):
    to: str


class Stray(Event, frozen=True, kw_only=True):
    pass


class Plan(Command):
    title: str = "A"
    times: int = 1


class Link(Command):
    to: str


class Stray_(Command):  # noqa: N801 - it records what nobody declares
    elsewhere: bool = False


class Tick(SystemCommand, frozen=True, kw_only=True):
    pass


class Other(Command):
    pass


def decide(_state: str | None, command: Any, context: Context) -> Decided:
    match command:
        case Plan():
            return [Planned(title=command.title)] * command.times
        case Link():
            context.read(MANDATE, "unasked") if command.to == "secret" else None
            if (target := context.read(TASK, command.to)) is not None:
                context.read(TASK, target)
            return [On(TASK, command.to, Linked(to=context.subject))]
        case Stray_(elsewhere=True):
            return [On(TASK, "2", Stray())]
        case _:
            return [Stray()]


def evolve(state: str | None, event: Event, _record: Recorded[Any]) -> str:
    match event:
        case Planned(title=title):
            return title
        case _:
            return state or ""


def reads(_state: str | None, command: Any, looking: Looking) -> Streams:
    if isinstance(command, Link):
        yield TASK, command.to
        if (target := looking.read(TASK, command.to)) is not None:
            yield TASK, target


TASK: Aggregate[str] = Aggregate(
    "task",
    decide,
    evolve,
    events=(Planned, Linked),
    records={Plan: (Planned,), Link: (Linked,), Stray_: ()},
    reads=reads,
    opened_by=frozenset({Plan, Link, Stray_, Other}),
)
MANDATE: Aggregate[Any] = Aggregate("mandate", decide, lambda *_: 1, events=(Planned,), records={})


def find_mandates(context: Context) -> list[Mandate]:
    context.read(MANDATE, context.actor)
    return [Mandate("clerk", "x@1")]


def mandates_read(looking: Looking) -> Streams:
    yield MANDATE, looking.actor


RIGHTS = tuple(allow(command, "clerk") for command in (Plan, Link, Stray_))


def domain(aggregate: Aggregate[Any], rights: Iterable[Right] = RIGHTS, **more: Any) -> Domain:
    settings = {"find_mandates": find_mandates, "mandates_read": mandates_read, **more}
    return Domain("shop", aggregates=[aggregate, MANDATE], rights=rights, **settings)


def lenient(**changes: Any) -> Aggregate[str]:
    """The task, put together without what it would be told at once."""
    declared = {"events": TASK.events, "records": TASK.records, "reads": reads, "opened_by": frozenset({Plan, Link})}
    return Aggregate("task", decide, evolve, **{**declared, **changes})


DOMAIN = domain(lenient(opened_by=frozenset({Plan, Link, Stray_})))
OPEN: Aggregate[str] = DOMAIN.aggregates["task"]


def submission(command: Instruction, id_: str = "1", aggregate: Aggregate[Any] = OPEN) -> Submission:
    return Submission(aggregate, id_, command, actor="ann", route="test", key=uuid7())


def running(of: Domain = DOMAIN, ids: Iterable[str] = ("1", "2")) -> Batch:
    folds = {f"task/{id_}": Fold(of.aggregates["task"]) for id_ in ids} | {"mandate/ann": Fold(MANDATE)}
    return Batch(of, folds, 0, NOW)


# --- while deciding ---


def test_what_is_recorded_is_declared() -> None:
    assert running().decide(submission(Plan())).rows
    assert running().decide(submission(Link(to="2"))).rows
    for command in (Stray_(), Stray_(elsewhere=True)):
        with pytest.raises(Undeclared, match=r"Stray_ records Stray.*`records` of task in .*test_declarations\.py"):
            running().decide(submission(command))
    with pytest.raises(Undeclared, match=r"task is given Other.*`records` of task in .*test_declarations\.py"):
        running().decide(submission(Other()))


def test_a_denial_needs_no_declaration() -> None:
    batch = Batch(DOMAIN, {**running()._folds, "denial/ann": Fold(DOMAIN.aggregates["denial"])}, 0, NOW)
    assert isinstance(batch.deny(submission(Plan()), Refused("no-right", authority=True)), Deciding)


def test_an_event_that_nobody_knows_is_told_and_not_a_missing_key() -> None:
    silent = lenient(records=UNSAID, opened_by=frozenset({Stray_}))
    with pytest.raises(Undeclared, match=r"Stray \(.*test_declarations\.py\) is recorded on task/1.*`events` of task"):
        running(domain(silent)).decide(submission(Stray_(), aggregate=silent))


def test_many_streams_are_asked_for_at_once() -> None:
    def many(_state: Any, _command: Any, context: Context) -> Decided:
        states = context.read_many(OPEN, ["2", "3", "4"])
        assert states == {"2": None, "3": None, "4": None}
        return [On(OPEN, id_, Planned(title="x")) for id_ in ("5", "6")]

    aggregate: Aggregate[Any] = Aggregate("task", many, evolve, events=(Planned,), opened_by=frozenset({Plan}))
    of = domain(aggregate)
    for loaded, absent in ((("1", "2"), ["task/3", "task/4"]), (("1", "2", "3", "4"), ["task/5", "task/6"])):
        with pytest.raises(NotLoaded) as raised:
            running(of, loaded).decide(submission(Plan(), aggregate=aggregate))
        assert list(raised.value.streams) == absent
    assert len(running(of, "123456").decide(submission(Plan(), aggregate=aggregate)).rows) == 2


# --- how much ---


def test_one_decision_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(running().decide(submission(Plan(times=2_000))).rows) == 2_000
    with pytest.raises(TooLarge) as refused:
        running().decide(submission(Plan(times=2_001)))
    assert (refused.value.pointer, refused.value.sentence) == ("", "not-canonical")
    assert "2001 events; the limit is 2000" in refused.value.facts["why"]
    monkeypatch.setattr(batches, "MAX_BYTES", 5_000)
    with pytest.raises(TooLarge, match="5000 bytes"):
        running().decide(submission(Plan(title="x" * 3_000, times=2)))


def test_what_does_not_fit_into_a_batch_waits_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = running()
    batch.decide(submission(Plan(times=2_000)))
    batch.decide(submission(Plan(times=2_000)))
    with pytest.raises(Full):
        batch.decide(submission(Plan()))
    assert (len(batch.rows), batch.position) == (4_000, 4_000), "and nothing of it was done"
    monkeypatch.setattr(batches, "BATCH_BYTES", 5_000)
    batch = running()
    assert batch.decide(submission(Plan(title="x" * 20_000))).rows, "what is large alone fits alone"
    with pytest.raises(Full):
        batch.decide(submission(Plan()))


# --- what is read ---


def test_what_will_be_read_is_found_level_by_level() -> None:
    folds: dict[str, Fold] = {}

    def lacking() -> list[str]:
        return list(missing(DOMAIN, submission(Link(to="2")), folds.get))

    assert lacking() == ["task/1", "mandate/ann", "task/2"]
    folds |= {"task/1": Fold(OPEN), "mandate/ann": Fold(MANDATE), "task/2": Fold(OPEN, 1, state="3")}
    assert lacking() == ["task/3"]
    folds["task/3"] = Fold(OPEN)
    assert lacking() == []


def test_a_scenario_tells_what_is_read_without_being_declared() -> None:
    Scenario(DOMAIN).given(OPEN, "2", Planned(title="3")).when(OPEN, "1", Link(to="2"), by="ann").then(Linked(to="1"))
    with pytest.raises(AssertionError, match=r"task reads or writes .*mandate/unasked.* decides Link.*`reads` of task"):
        Scenario(DOMAIN).when(OPEN, "1", Link(to="secret"), by="ann")
    other = domain(OPEN, mandates_read=lambda _: [(MANDATE, "somebody")])
    with pytest.raises(AssertionError, match=r"shop reads .*mandate/ann.* to find mandates"):
        Scenario(other).when(OPEN, "1", Plan(), by="ann")


def test_a_scenario_tells_of_a_predicate_that_reads_more_than_it_says() -> None:
    def same(_state: Any, _command: Any, context: Context) -> bool:
        return context.read(OPEN, "9") is not None

    for said in ([], [(OPEN, "9")]):
        test = predicate("same", same, says="It is the same.", reads=lambda *_, said=said: said)
        of = domain(OPEN, [allow(Plan, "clerk", unless={"is-same": test}), *RIGHTS[1:]])
        if said:
            Scenario(of).when(OPEN, "1", Plan(), by="ann").then(Planned(title="A"))
        else:
            with pytest.raises(AssertionError, match=r"judging Plan reads .*task/9"):
                Scenario(of).when(OPEN, "1", Plan(), by="ann")


# --- what is put together ---


def test_all_that_was_forgotten_is_told_at_once() -> None:
    aggregate = lenient(records={Plan: (Planned, Stray), Tick: ()}, opened_by=frozenset({Plan, Other}))
    empty: Aggregate[Any] = Aggregate("empty", decide, evolve, records={Plan: ()})
    with pytest.raises(Incomplete) as told:
        Domain(
            "shop",
            aggregates=[aggregate, empty],
            rights=[
                allow(Link, "clerk", unless={"a": recorded(Stray), "b": recorded(Planned, where="version")}),
                allow("read-tasks", "clerk"),
                deny(Plan, "clerk", rule="r"),
            ],
            find_mandates=find_mandates,
        )
    expected = [
        "nobody may give Plan, which task takes: write `allow(Plan, ...)`",
        "nobody may give Plan, which empty takes",
        "no aggregate takes Link, for which there is a right: name it in `records`",
        "the right to Link says in `unless`, a: Stray is in no aggregate's `events`",
        "the right to Link says in `unless`, b: Planned has no member `version`",
        "the right to Link says in `unless`, b: the command has no member `version`",
        "Plan records Stray, which is in no aggregate's `events`",
        "task is opened by Other, which it does not take: name it in `records`",
        "empty says not what happens to it: name its events in `events`",
    ]
    assert len(told.value.faults) == len(expected), told.value
    for fault, beginning in zip(told.value.faults, expected, strict=True):
        assert fault.startswith(beginning)
        assert "test_declarations.py" in fault
    assert str(told.value).startswith("shop cannot start:\n- nobody may give Plan")


def test_two_commands_of_one_name_are_told() -> None:
    """Rights are judged by the name of a command."""
    same = type("Plan", (Command,), {"__module__": __name__})
    other: Aggregate[Any] = Aggregate("other", decide, evolve, events=(Planned,), records={same: ()})
    with pytest.raises(Incomplete, match="two commands are named Plan"):
        Domain("shop", aggregates=[lenient(), other], rights=RIGHTS, find_mandates=find_mandates)


def test_rights_are_not_checked_against_what_is_not_said_yet() -> None:
    """As long as one aggregate does not say what it takes."""
    silent: Aggregate[Any] = Aggregate("silent", decide, evolve, events=(Planned,))
    assert domain(silent, [*RIGHTS, allow(Other, "clerk")]).rights.roles_for("Other") == ["clerk"]


# --- what follows ---


def test_the_system_gives_its_own_commands_and_a_role_is_kept_from_what_is_anothers() -> None:
    aggregate = lenient(records={**TASK.records, Tick: (), Other: ()})
    kept = KeptFrom("pmo", alone=("clerk",), rule="pmo-plans-nothing")
    of = domain(
        aggregate,
        [
            *RIGHTS[:2],
            allow(Stray_, "clerk"),
            deny(Stray_, "pmo", rule="written"),
            allow(Other, "clerk", "pmo"),
            allow("read-tasks", "clerk"),
        ],
        kept_from=[kept],
    )
    derived = [(row.command, row.effect, row.roles, row.rule) for row in of.rights.rows[-3:]]
    assert derived == [
        ("Tick", "allow", ("system",), "no-right"),
        ("Plan", "deny", ("pmo",), "pmo-plans-nothing"),
        ("Link", "deny", ("pmo",), "pmo-plans-nothing"),
    ]
    assert [row.rule for row in of.rights.rows_for("Stray_") if row.effect == "deny"] == ["written"]
    assert of.rights.roles_for("Tick") == ["system"]
    written = domain(aggregate, [*RIGHTS, allow(Other, "clerk"), allow(Tick, "system", own_project=True)])
    assert [row.relation for row in written.rights.rows_for("Tick")] == ["own-project"]


def test_the_table_says_which_command_records_what() -> None:
    table = {row["command"]: row for row in DOMAIN.rights.table}
    assert table["Plan"]["records"] == ["planned.v1"]
    assert table["AdoptRights"]["records"] == ["rights-rows-adopted.v1", "rights-adopted.v1"]
    assert table["Stray_"]["records"] == []
    assert json.dumps(DOMAIN.rights.table)
    undeclared = domain(lenient(records=UNSAID), [allow(Plan, "clerk"), allow("read-tasks", "clerk")])
    assert all("records" not in row for row in undeclared.rights.table if row["command"] in ("Plan", "read-tasks"))
