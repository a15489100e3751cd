"""The rule of versions: once published, a version of an event only gains fields that have defaults."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

import generated
from mandate_events.published.compatibility import Schema, violations, whole
from mandate_events.published.contracts import envelope_of
from tests.contract.rehearsal import ROOT

FIRST = {"title": str, "cost": int, "outcome": Literal["go", "hold"], "due": date | None}


class Part(msgspec.Struct):
    name: str


class PartRenamed(msgspec.Struct):
    label: str


class Tree(msgspec.Struct):
    name: str
    branches: list["Tree"] = msgspec.field(default_factory=list)


def schema(*more: tuple[Any, ...], without: str = "", **fields: Any) -> Schema:
    """Of an event with the fields of `FIRST`, some of them changed, and others."""
    kept = {name: kind for name, kind in {**FIRST, **fields}.items() if name != without}
    return msgspec.json.schema(msgspec.defstruct("Decided", [*kept.items(), *more], kw_only=True))


ALLOWED = {
    "nothing": schema(),
    "a field with a default": schema(("note", str | None, None)),
    "a field with a list by default": schema(("parts", list[Part], msgspec.field(default_factory=list))),
    "a field with a default that no schema can tell": schema(
        ("part", Part, msgspec.field(default_factory=lambda: Part("")))
    ),
}


@pytest.mark.parametrize("new", ALLOWED.values(), ids=ALLOWED.keys())
def test_more_that_has_defaults_is_fine(new: Schema) -> None:
    assert violations(schema(), new) == []


REFUSED: dict[str, tuple[Schema, str]] = {
    "a field without a default": (schema(note=str), "/note: added without a default"),
    "a field less": (schema(without="cost"), "/cost: removed"),
    "another name": (schema(without="cost", price=int), "/cost: removed"),
    "another type": (schema(cost=str), "/cost: type was 'integer', is 'string'"),
    "a format": (schema(title=date), "/title: format was None, is 'date'"),
    "a narrower enum": (schema(outcome=Literal["go"]), "/outcome: no longer 'hold'"),
    "a wider enum": (schema(outcome=Literal["go", "hold", "kill"]), "/outcome: now also 'kill'"),
    "text where there was an enum": (schema(outcome=str), "/outcome: enum was ['go', 'hold'], is None"),
    "no null any more": (schema(due=date), "/due: 2 alternatives, now 0"),
    "null": (schema(cost=int | None), "/cost: 0 alternatives, now 2"),
    "a limit": (schema(cost=Annotated[int, msgspec.Meta(ge=1)]), "/cost: minimum was None, is 1"),
    "a default where it was required": (schema(("cost", int, 0), without="cost"), "/cost: no longer required"),
}


@pytest.mark.parametrize(("new", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_anything_else_is_another_version(new: Schema, said: str) -> None:
    assert said in violations(schema(), new)


def test_a_default_stays() -> None:
    old = schema(("count", int, 1))
    assert violations(old, schema(("count", int, 2))) == ["/count: default was 1, is 2"]
    assert violations(old, schema(count=int)) == [
        "/count: now required",
        "/count: default was 1, is None",
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Part, PartRenamed, ["/parts/name: removed", "/parts/label: added without a default"]),
        (list[Part], list[PartRenamed], ["/parts/*/name: removed", "/parts/*/label: added without a default"]),
        (Part | None, PartRenamed | None, ["/parts/name: removed", "/parts/label: added without a default"]),
        (dict[str, str], dict[str, int], ["/parts/*: type was 'string', is 'integer'"]),
        (list[str], list[int], ["/parts/*: type was 'string', is 'integer'"]),
        (
            list[dict[str, Any]],
            list[dict[str, str]],
            ["/parts/*: additionalProperties was None, is {'type': 'string'}"],
        ),
    ],
)
def test_it_looks_within(before: Any, after: Any, said: list[str]) -> None:
    assert violations(schema(parts=before), schema(parts=after)) == said


def test_what_holds_itself_is_looked_at_once() -> None:
    old, new = msgspec.json.schema(Tree), msgspec.json.schema(Tree)
    assert violations(old, new) == []
    new["$defs"]["Tree"]["properties"]["name"]["type"] = "integer"
    assert violations(old, new) == ["/name: type was 'string', is 'integer'"]


def test_prose_may_change() -> None:
    new = schema()
    new["description"] = "Said better"
    new["$defs"]["Decided"]["properties"]["title"]["description"] = "How it is called"
    assert violations(schema(), new) == []


# --- schemas that stand on another ---

EVENT = {
    "$id": "decided",
    "allOf": [{"$ref": "envelope"}],
    "properties": {"subject": {"pattern": "^gate/.+$"}, "data": {"$ref": "#/$defs/Decided"}},
    "$defs": {"Decided": {"type": "object", "properties": {"gate": {"type": "string"}}, "required": ["gate"]}},
}
ENVELOPE = {
    "$id": "envelope",
    "type": "object",
    "properties": {
        "subject": {"type": "string", "pattern": "^[a-z]+/.+$"},
        "actor": {"type": "string"},
        "data": {"type": "object"},
    },
    "required": ["subject", "actor", "data"],
}


def standing(event: Schema, on: Schema) -> Schema:
    return whole(event, {"envelope": on})


def changed(schema: Schema, change: Callable[[Schema], object]) -> Schema:
    copy: Schema = json.loads(json.dumps(schema))
    change(copy)
    return copy


def test_a_schema_in_one_piece_and_in_two_are_the_same() -> None:
    """What every document has was said in each schema, once."""
    inline = standing(EVENT, ENVELOPE)
    assert "allOf" not in inline
    assert violations(inline, standing(EVENT, ENVELOPE)) == []
    assert violations(whole(inline, {}), standing(EVENT, ENVELOPE)) == []


def _note(schema: Schema) -> None:
    schema["properties"]["note"] = {"type": "string"}


def _demand_a_note(schema: Schema) -> None:
    _note(schema)
    schema["required"].append("note")


def test_the_envelope_may_gain_what_may_be_absent() -> None:
    assert violations(standing(EVENT, ENVELOPE), standing(EVENT, changed(ENVELOPE, _note))) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda it: it["properties"].pop("actor"), "/actor: removed"),
        (lambda it: it["required"].remove("actor"), "/actor: no longer required"),
        (lambda it: it["properties"]["actor"].update(type="integer"), "/actor: type was 'string', is 'integer'"),
        (lambda it: it["properties"]["actor"].update(minLength=1), "/actor: minLength was None, is 1"),
        (_demand_a_note, "/note: added without a default"),
        (lambda it: it.pop("type"), "/: type was 'object', is None"),
    ],
)
def test_a_break_in_the_envelope_is_one_of_each_that_stands_on_it(
    change: Callable[[Schema], object], said: str
) -> None:
    assert said in violations(standing(EVENT, ENVELOPE), standing(EVENT, changed(ENVELOPE, change)))


def test_an_event_may_not_narrow_what_the_envelope_says() -> None:
    narrowed = changed(EVENT, lambda it: it["properties"].update(actor={"const": "me"}))
    assert violations(standing(EVENT, ENVELOPE), standing(narrowed, ENVELOPE)) == ["/actor: const was None, is 'me'"]
    freed = changed(EVENT, lambda it: it.pop("allOf"))
    assert "/actor: removed" in violations(standing(EVENT, ENVELOPE), whole(freed, {}))


def test_it_looks_within_also_then() -> None:
    other = changed(EVENT, lambda it: it["$defs"]["Decided"]["properties"]["gate"].update(type="integer"))
    assert violations(standing(EVENT, ENVELOPE), standing(other, ENVELOPE)) == [
        "/data/gate: type was 'string', is 'integer'"
    ]


# --- make docs, make check ---


PARTS = (generated.CONTRACTS,)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with everything that is published of this one, in release 0.1.0."""
    for samples in ROOT.glob("services/*/contracts/samples"):
        shutil.copytree(samples, tmp_path / samples.relative_to(ROOT))
    release(tmp_path, "0.1.0")
    assert generated.write(tmp_path, PARTS) == []
    return tmp_path


def release(tree: Path, version: str) -> None:
    (tree / "pyproject.toml").write_text(f'[project]\nname = "mandate"\nversion = "{version}"\n')


def edit(path: Path, change: Callable[[Schema], object]) -> None:
    path.write_text(json.dumps(changed(json.loads(path.read_text()), change)))


def had_a_chair(decided: Schema) -> None:
    decided["$defs"]["GateDecided"]["properties"]["chair"] = {"type": "string"}


DECIDED = Path("services/governance/contracts/gate-decided.v1.json")
COMMON = Path("services/governance/contracts/mandate.governance.envelope.json")


def test_what_is_committed_is_what_the_code_says() -> None:
    assert generated.check(ROOT, PARTS) == []


def test_what_is_stale_is_named_and_written(tree: Path) -> None:
    expected = (tree / DECIDED).read_text()
    (tree / DECIDED).unlink()
    (tree / "docs/events.md").write_text("old")
    gone = tree / "services/governance/contracts/never-published.v1.json"
    gone.write_text("{}")
    assert generated.check(tree, PARTS) == [
        f"stale: docs/events.md, {DECIDED}, {gone.relative_to(tree)} (run `make docs`)"
    ]
    assert generated.write(tree, PARTS) == []
    assert generated.check(tree, PARTS) == []
    assert (tree / DECIDED).read_text() == expected
    assert not gone.exists()


def test_a_break_is_only_told_of_before_the_first_release(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(tree / DECIDED, had_a_chair)
    assert generated.write(tree, PARTS) == []
    assert "gate-decided.v1/data/chair: removed" in capsys.readouterr().out
    assert generated.check(tree, PARTS) == []


@pytest.mark.parametrize("version", ["1.0.0", "2.1.0"])
def test_a_break_is_refused_from_then_on(tree: Path, version: str) -> None:
    release(tree, version)
    assert generated.write(tree, PARTS) == []  # the version itself is in the description of the topics
    edit(tree / DECIDED, had_a_chair)
    before = (tree / DECIDED).read_text()
    _, *refused = generated.write(tree, PARTS)
    assert refused == ["gate-decided.v1/data/chair: removed"]
    assert refused[0] in generated.check(tree, PARTS)
    assert (tree / DECIDED).read_text() == before
    (tree / "services/governance/contracts/once-published.v1.json").write_text("{}")
    assert "once-published.v1: removed" in generated.check(tree, PARTS)


def test_a_break_in_the_envelope_is_refused_and_told_once(tree: Path) -> None:
    release(tree, "1.0.0")
    assert generated.write(tree, PARTS) == []
    edit(tree / COMMON, lambda common: common["properties"]["actor"].update(pattern="^[0-9]+$"))
    _, *refused = generated.write(tree, PARTS)
    now = envelope_of("governance")["properties"]["actor"]["pattern"]
    assert refused == [f"mandate.governance.envelope/actor: pattern was '^[0-9]+$', is {now!r}"]
    (tree / COMMON).unlink()
    _, *refused = generated.write(tree, PARTS)
    assert "gate-decided.v1: stands on 'mandate.governance.envelope.json', which is not there" in refused


def test_a_new_field_is_no_break(tree: Path) -> None:
    release(tree, "1.0.0")

    def had_none(decided: Schema) -> None:
        del decided["$defs"]["GateDecided"]["properties"]["conditions"]

    edit(tree / DECIDED, had_none)
    assert generated.write(tree, PARTS) == []
    assert generated.check(tree, PARTS) == []


def test_an_event_without_a_sample_is_not_published(tree: Path) -> None:
    (tree / DECIDED.parent / "samples" / DECIDED.name).unlink()
    with pytest.raises(SystemExit, match=r"no sample of mandate\.governance\.gate-decided\.v1"):
        generated.write(tree, PARTS)
