"""A batch: every command decided on what the commands before it did, and nothing left of one that is refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Instruction,
    Invalid,
    Mandate,
    On,
    Refused,
    Unknown,
    VersionConflict,
    replace,
)
from mandate_events.deciding.batch import SPARE, Batch, BrokenStream, Deciding, Fold, NotLoaded, Submission
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.rights import (
    DENIAL,
    REMEMBERED,
    SYSTEM,
    AdoptRights,
    CommandDenied,
    RecordRepeats,
    RightsAdopted,
    allow,
)
from mandate_events.document.canonical import MAX_DOCUMENT_BYTES, digest, leaf_hash
from mandate_events.document.event import GENESIS, Event, Recorded
from mandate_events.document.identifiers import uuid7

NOW = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


class Counted(Event, frozen=True, kw_only=True):
    by: int
    note: str = ""


class Seen(Event, frozen=True, kw_only=True):
    pass


class Count(Command):
    by: int = 1
    note: str = ""


class Reset(Command):
    pass


class Audit(Command):
    pass


class Tell(Command):
    """Writes to its own stream and to another, attaches a document, and may then think better of it."""

    refuse: bool = False


def decide(state: int | None, command: Command, context: Context) -> Decided:
    match command:
        case Count(by=0):
            assert context.acting_as == "clerk"
            return []
        case Count():
            return [Counted(by=command.by, note=command.note)] * (2 if command.by == 2 else 1)
        case Tell():
            context.attach("text/plain", b"attached")
            if command.refuse:
                raise Refused("thought-better")
            assert context.read(COUNTER, "other") in (None, 1)
            assert context.version(COUNTER, "other") in (0, 1)
            return [Counted(by=1), On(COUNTER, "other", Counted(by=context.now.year))]
        case _:
            raise AssertionError(f"{context.actor} {context.acting_as} {context.subject} {state}")


def evolve(state: int | None, event: Event, _record: Recorded[Any]) -> int:
    match event:
        case Counted(by=by):
            return (state or 0) + by
        case _:
            return state or 0


COUNTER: Aggregate[int] = Aggregate(
    "counter",
    decide,
    evolve,
    events=(Counted, Seen),
    opened_by=frozenset({Count, Tell, Audit}),
    project=lambda id_, _: id_ if id_.startswith("p") else None,
    standard=lambda state: f"s@{state}" if state > 1 else None,
)


def find_mandates(context: Context) -> list[Mandate]:
    return [] if context.actor == "nobody" else [Mandate("clerk", f"mandate/{context.actor}@1", context.project)]


DOMAIN = Domain(
    "shop",
    aggregates=[COUNTER],
    rights=[allow(command, "clerk") for command in (Count, Tell, Reset)],
    find_mandates=find_mandates,
)


def submission(command: Instruction, id_: str = "1", actor: str = "ann", **more: Any) -> Submission:
    aggregate = more.pop("aggregate", COUNTER)
    return Submission(aggregate, id_, command, actor=actor, route="test", key=uuid7(), **more)


def batch(*streams: str, position: int = 0) -> Batch:
    folds = {
        stream: Fold(DOMAIN.aggregates[stream.partition("/")[0]])
        for stream in streams or ("counter/1", "counter/other")
    }
    return Batch(DOMAIN, folds, position, NOW)


def documents(of: Batch) -> list[dict[str, Any]]:
    return [json.loads(row.document) for row in of.rows]


def test_each_command_is_decided_on_what_the_one_before_it_did() -> None:
    running = batch(position=41)
    first = running.decide(submission(Count(by=2)))
    second = running.decide(submission(Count(by=3)))
    assert running.changed["counter/1"].state == 7
    assert (first.version_after, second.version_after) == (2, 3)
    assert [row.position for row in running.rows] == [42, 43, 44]
    assert [row.version for row in running.rows] == [1, 2, 3]
    assert running.position == 44
    one, two, three = documents(running)
    assert one["previous"] == GENESIS
    assert two["previous"] == digest(running.rows[0].document).hex()
    assert three["previous"] == digest(running.rows[1].document).hex()
    assert [row.leaf for row in running.rows] == [leaf_hash(row.document) for row in running.rows]
    assert three["sequence"] == f"{44:020d}"


def test_the_document_names_who_acted_as_what_and_why() -> None:
    running = batch("counter/p1")
    running.decide(submission(Count(by=2, reason="because"), "p1", correlation="story", causation="cause"))
    document = documents(running)[1]
    expected = {
        "source": "/mandate/shop",
        "type": "mandate.shop.counted.v1",
        "subject": "counter/p1",
        "time": "2026-03-02T12:00:00.123456Z",
        "occurredat": "2026-03-02T12:00:00.123456Z",
        "actor": "ann",
        "actingas": "clerk",
        "authority": "mandate/ann@1",
        "policy": DOMAIN.rights.hash,
        "correlationid": "story",
        "causationid": "cause",
        "partitionkey": "p1",
        "standard": "s@4",
        "reason": "because",
        "data": {"by": 2, "note": ""},
    }
    assert {name: document[name] for name in expected} == expected


def test_without_a_story_the_command_begins_one() -> None:
    running = batch()
    asked = submission(Count())
    running.decide(asked)
    document = documents(running)[0]
    assert document["correlationid"] == document["causationid"] == asked.key
    assert not {"partitionkey", "standard", "reason"} & document.keys()


def test_what_happened_earlier_says_when() -> None:
    running = batch()
    running.decide(submission(Count(), occurred_at=NOW - timedelta(days=1)))
    document = documents(running)[0]
    assert document["occurredat"] == "2026-03-01T12:00:00.123456Z"
    assert document["time"] == "2026-03-02T12:00:00.123456Z"


def test_the_system_acts_on_what_its_policy_names() -> None:
    running = batch("rights-table/shop")
    adopt = AdoptRights(hash=DOMAIN.rights.hash, table=DOMAIN.rights.table)
    by: dict[str, Any] = {"aggregate": DOMAIN.aggregates["rights-table"], "actor": "system/start"}
    running.decide(submission(adopt, "shop", **by))
    running.decide(submission(adopt, "shop", **by))
    assert len(running.rows) == 2, "the same table is adopted once: its rows, and what closes them"
    running.decide(submission(replace(adopt, hash="other"), "shop", authority="projects:7", **by))
    _, first, _, second = documents(running)
    assert (first["actingas"], first["authority"]) == (SYSTEM, "system/start")
    assert second["authority"] == "projects:7"
    assert running.changed["rights-table/shop"].state.hash == "other"
    assert DOMAIN.catalogue.types[RightsAdopted] == first["type"]


def test_events_of_one_command_may_span_streams_and_bring_documents() -> None:
    running = batch()
    told = running.decide(submission(Tell()))
    assert [row.stream for row in running.rows] == ["counter/1", "counter/other"]
    assert told.version_after == 1
    assert running.changed["counter/other"].state == NOW.year
    assert running.blobs == {digest(b"attached"): ("text/plain", b"attached")}


def test_nothing_of_a_refused_command_stays() -> None:
    running = batch()
    for refused in (
        submission(Tell(refuse=True)),
        submission(Count(note="x" * 70_000)),
        submission(Count.model_construct(note="\ud800")),
        submission(Count(), expected=3),
        submission(Count(), actor="nobody"),
    ):
        with pytest.raises((Refused, Invalid, VersionConflict)):
            running.decide(refused)
    assert (running.rows, running.changed, running.blobs, running.position) == ([], {}, {}, 0)


def test_a_command_that_is_only_tried_leaves_nothing() -> None:
    running = batch("counter/1", "counter/other", "denial/nobody")
    assert running.decide(submission(Tell()), keep=False).rows
    denied = running.deny(submission(Count(), actor="nobody"), Refused("no-right", authority=True), keep=False)
    assert isinstance(denied, Deciding)
    assert (running.rows, running.changed, running.blobs, running.position) == ([], {}, {}, 0)


@pytest.mark.parametrize(
    ("command", "pointer"),
    [
        (Count(note="x" * 70_000), ""),
        (Count.model_construct(note="a\0"), "/note"),
        (Count.model_construct(note="\ud800"), "/note"),
        (Count(by=2**53), "/by"),
        (Count.model_construct(by=0.5), "/by"),
    ],
)
def test_what_cannot_be_recorded_is_the_callers_to_correct(command: Command, pointer: str) -> None:
    with pytest.raises(Invalid) as invalid:
        batch().decide(submission(command))
    assert invalid.value.pointer == pointer


def test_what_a_person_puts_on_record_leaves_room_for_who_repeats_it() -> None:
    running, notes = batch(), "x" * (MAX_DOCUMENT_BYTES - SPARE)
    spare = len(batch().decide(submission(Count(note=""))).rows[0].document)
    assert running.decide(submission(Count(note=notes[spare:]))).rows
    with pytest.raises(Invalid):
        running.decide(submission(Count(note=notes[spare - 1 :])))
    adopted = AdoptRights(hash="0" * 64, table=[{"note": notes}])
    repeats = submission(adopted, "shop", "system/start", aggregate=DOMAIN.aggregates["rights-table"], authority="s@1")
    assert len(batch("rights-table/shop").decide(repeats).rows[0].document) > len(notes)


def test_a_command_without_consequences_is_accepted() -> None:
    running = batch()
    decided = running.decide(submission(Count(by=0)))
    assert (decided.rows, decided.version_after, running.rows) == ([], 0, [])


def test_what_is_not_loaded_is_asked_for() -> None:
    with pytest.raises(NotLoaded) as missing:
        batch("counter/1").decide(submission(Tell()))
    assert (missing.value.stream, missing.value.aggregate) == ("counter/other", COUNTER)


def test_a_key_is_one_persons_on_one_route() -> None:
    asked = submission(Count())
    assert asked.identity == ("ann", "test", asked.key)


def test_only_some_commands_make_a_thing() -> None:
    with pytest.raises(Unknown):
        batch().decide(submission(Reset()))


def test_the_version_that_was_seen_must_be_the_last() -> None:
    running = batch()
    running.decide(submission(Count(), expected=0))
    running.decide(submission(Count(), expected=1))
    for seen in (0, 1, 3):
        with pytest.raises(VersionConflict) as conflict:
            running.decide(submission(Count(), expected=seen))
        assert (conflict.value.expected, conflict.value.actual) == (seen, 2)


def test_a_stale_version_does_not_hide_an_attempt_without_authority() -> None:
    """The rights come first, as in RFC 9110 13.2.1: else a wrong If-Match would keep a denial off the record."""
    with pytest.raises(Refused) as refused:
        batch().decide(submission(Audit(), expected=99))
    assert refused.value.authority


def test_a_refusal_of_authority_is_on_record_once_a_minute() -> None:
    running = batch("counter/1", "counter/other", "denial/nobody")
    refusal = Refused("no-right", authority=True)
    assert isinstance(running.deny(submission(Count(), actor="nobody"), refusal), Deciding)
    assert isinstance(running.deny(submission(Count(), actor="nobody"), refusal), RecordRepeats)
    assert isinstance(running.deny(submission(Count(), "other", actor="nobody"), refusal), Deciding)
    other = Refused("other-rule", authority=True)
    assert isinstance(running.deny(submission(Count(), actor="nobody"), other), Deciding)
    first, *_ = documents(running)
    assert first["subject"] == "denial/nobody"
    assert (first["actingas"], first["authority"]) == ("none", "none")
    told = {"command": "Count", "on": "counter/1", "rule": "no-right", "role": "none", "count": 1}
    once = {"first_at": first["time"], "last_at": first["time"]}
    assert first["data"] == {**told, "person": "nobody", "project": None, **once}
    later = Batch(DOMAIN, running.changed | {"counter/1": Fold(COUNTER)}, 3, NOW + timedelta(minutes=1))
    assert isinstance(later.deny(submission(Count(), actor="nobody"), refusal), Deciding)
    much_later = Batch(DOMAIN, later.changed | {"counter/1": Fold(COUNTER)}, 4, NOW + timedelta(minutes=61))
    assert isinstance(much_later.deny(submission(Count(), actor="nobody"), refusal), Deciding)
    assert len(much_later.changed["denial/nobody"].state.last) == 1, "what is older than an hour is forgotten"


def test_a_refusal_to_open_a_thing_is_of_the_project_and_not_of_what_never_was() -> None:
    """Each attempt would make another id: they would not collapse, and nobody could say what they were about."""
    running = batch("counter/x", "counter/y", "denial/nobody")
    refusal = Refused("no-right", authority=True)
    running.deny(submission(Count(), "x", actor="nobody", project="p9"), refusal)
    repeat = running.deny(submission(Count(), "y", actor="nobody", project="p9"), refusal)
    assert isinstance(repeat, RecordRepeats)
    assert (repeat.on, repeat.project) == ("project/p9", "p9")
    (recorded,) = documents(running)
    assert (recorded["data"]["on"], recorded["partitionkey"]) == ("project/p9", "p9")


def test_only_the_latest_refusals_of_a_person_are_remembered() -> None:
    """What each one costs does not grow with what the person tried before."""
    names = [str(number) for number in range(REMEMBERED + 2)]
    running = batch("denial/nobody", *(f"counter/{name}" for name in names))
    refusal = Refused("no-right", authority=True)
    for name in (*names, names[-REMEMBERED]):
        running.deny(submission(Count(), name, actor="nobody"), refusal)
    assert len(running.rows) == len(names), "those that are remembered are not put down again"
    remembered = [on for _, on, _ in running.changed["denial/nobody"].state.last]
    assert remembered == [f"counter/{name}" for name in names[2:]]
    assert isinstance(running.deny(submission(Count(), names[0], actor="nobody"), refusal), Deciding)


def test_a_refused_person_is_shown_with_a_role_they_hold() -> None:
    running = batch("counter/1", "denial/ann")
    running.deny(submission(Audit()), Refused("no-right", authority=True))
    assert documents(running)[0]["data"]["role"] == "clerk"


def test_a_count_of_repeats_says_whose_they_are_and_where() -> None:
    """The service signs it; the person, the project, the role and the instants are those of the refusals."""
    refusal, moment = Refused("no-right", authority=True), timedelta(seconds=20)
    running = batch("denial/ann", "counter/1", "counter/2")
    running.deny(submission(Audit(), project="p9"), refusal)
    running.deny(submission(Audit(), "2"), refusal)
    assert [each.get("partitionkey") for each in documents(running)] == ["p9", None]
    counted = []
    for after in (1, 2):
        later = Batch(DOMAIN, running.changed, running.position, NOW + after * moment)
        repeat = later.deny(submission(Audit(), project="p9"), refusal)
        assert isinstance(repeat, RecordRepeats)
        counted.append(repeat)
    once, twice = counted
    running.decide(submission(once.and_(twice), "ann", "system/denials", aggregate=DENIAL))
    recorded = documents(running)[-1]
    assert recorded["type"] == DOMAIN.catalogue.types[CommandDenied]
    assert (recorded["actor"], recorded["subject"], recorded["partitionkey"]) == ("system/denials", "denial/ann", "p9")
    assert recorded["data"] == {
        "command": "Audit",
        "on": "project/p9",
        "rule": "no-right",
        "role": "clerk",
        "count": 2,
        "person": "ann",
        "project": "p9",
        "first_at": (NOW + moment).isoformat().replace("+00:00", "Z"),
        "last_at": (NOW + 2 * moment).isoformat().replace("+00:00", "Z"),
    }


@pytest.mark.parametrize(
    ("held", "role"),
    [
        ([Mandate("clerk", "x", "p2")], "none"),
        ([Mandate("clerk", "x", "p2"), Mandate("cook", "y", "p1")], "cook"),
        ([Mandate("clerk", "x", "p2"), Mandate("chief", "y")], "chief"),
    ],
)
def test_a_refused_person_is_not_shown_with_a_role_in_another_project(held: list[Mandate], role: str) -> None:
    domain = Domain("shop", aggregates=[COUNTER], rights=[], find_mandates=lambda _: held)
    folds = {stream: Fold(domain.aggregates[stream.partition("/")[0]]) for stream in ("counter/p1", "denial/ann")}
    running = Batch(domain, folds, 0, NOW)
    running.deny(submission(Audit(), "p1"), Refused("no-right", authority=True))
    assert documents(running)[0]["data"]["role"] == role


@pytest.mark.parametrize("damage", [{"streamversion": 3}, {"streamversion": 1}, {"previous": "f" * 64}])
def test_a_fold_takes_only_the_next_document_of_its_stream(damage: dict[str, Any]) -> None:
    running = batch()
    running.decide(submission(Count(by=2)))
    first, second = running.rows
    fold = Fold(COUNTER).after(DOMAIN.catalogue.decode(first.type, first.document), first.document)
    record = DOMAIN.catalogue.decode(second.type, second.document)
    assert fold.after(record, second.document) == running.changed["counter/1"]
    torn = DOMAIN.catalogue.decode(second.type, json.dumps({**json.loads(second.document), **damage}).encode())
    with pytest.raises(BrokenStream):
        fold.after(torn, second.document)
