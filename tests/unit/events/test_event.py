"""The event is the document: its name, its bytes, and how an older or newer program reads it."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandate_events.document.canonical import MAX_DOCUMENT_BYTES, NotCanonical, encode
from mandate_events.document.event import (
    GENESIS,
    JSON,
    Catalogue,
    Event,
    Heading,
    Recorded,
    UnknownType,
    UnknownVersion,
    document_of,
    read_any,
    read_heading,
    type_name,
)

AT = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


class Line(msgspec.Struct, frozen=True):
    text: str
    due_on: date | None = None


class RiskIdentified(Event, frozen=True, kw_only=True):
    """Nothing but text, dates and truth values: what the quick way may write."""

    title: str
    open: bool = True
    lines: list[Line] = msgspec.field(default_factory=list)


class RiskIdentifiedV2(Event, frozen=True, kw_only=True):
    title: str
    probability: int
    notes: dict[str, Any] = msgspec.field(default_factory=dict)


class RiskClosed(Event, frozen=True, kw_only=True):
    pass


CATALOGUE = Catalogue("projects", (RiskIdentified, RiskIdentifiedV2, RiskClosed))


def recorded(data: Event, **attributes: Any) -> Recorded[Any]:
    common: dict[str, Any] = {
        "id": "0190163d-8694-739b-aea5-966c26f8ad91",
        "source": CATALOGUE.source,
        "type": CATALOGUE.types[type(data)],
        "subject": "risk/1",
        "time": AT,
        "sequence": f"{7:020d}",
        "streamversion": 3,
        "correlationid": "c",
        "causationid": "c",
        "occurredat": AT,
        "actor": "p",
        "actingas": "project_manager",
        "authority": "mandate/p@1",
        "policy": "0" * 64,
        "previous": GENESIS,
        "datacontenttype": JSON,
    }
    return Recorded(**{**common, **attributes}, data=data)


def an_event(name: str) -> type[Event]:
    return cast("type[Event]", msgspec.defstruct(name, [], bases=(Event,), frozen=True))


def quickly(record: Recorded[Any]) -> bytes:
    return document_of(record, loose=type(record.data) in CATALOGUE.loose)


def test_an_event_is_named_by_its_class() -> None:
    assert type_name(RiskIdentified) == ("risk-identified", 1)
    assert type_name(RiskIdentifiedV2) == ("risk-identified", 2)
    assert CATALOGUE.types == {
        RiskIdentified: "mandate.projects.risk-identified.v1",
        RiskIdentifiedV2: "mandate.projects.risk-identified.v2",
        RiskClosed: "mandate.projects.risk-closed.v1",
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ProjectAuthorised", ("project-authorised", 1)),
        ("ProjectAuthorisedV12", ("project-authorised", 12)),
        ("Via", ("via", 1)),
        ("V2", ("v2", 1)),
        ("Phase2Started", ("phase2-started", 1)),
    ],
)
def test_names(name: str, expected: tuple[str, int]) -> None:
    assert type_name(an_event(name)) == expected


def test_two_events_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two events are named mandate\.projects\.risk-identified\.v1"):
        Catalogue("projects", (RiskIdentified, an_event("RiskIdentifiedV1")))


def test_a_type_never_heard_of_is_one_thing_and_a_version_another() -> None:
    document = quickly(recorded(RiskClosed()))
    with pytest.raises(UnknownType):
        CATALOGUE.decode("mandate.projects.risk-forgotten.v1", document)
    with pytest.raises(UnknownType):
        CATALOGUE.decode("mandate.governance.risk-identified.v1", document)
    with pytest.raises(UnknownType):
        CATALOGUE.decode("", document)
    with pytest.raises(UnknownVersion):
        CATALOGUE.decode("mandate.projects.risk-identified.v3", document)
    assert CATALOGUE.knows("mandate.projects.risk-closed.v1")
    assert not CATALOGUE.knows("mandate.projects.risk-closed.v2")


def test_a_newer_writer_is_understood() -> None:
    """Fields and attributes added since are ignored; a field added with a default is filled in."""
    document = json.loads(quickly(recorded(RiskIdentified(title="t"))))
    document["data"]["added"] = {"later": 1}
    document["extension"] = "added later"
    del document["data"]["open"]
    record = CATALOGUE.decode(document["type"], encode(document))
    assert record.data == RiskIdentified(title="t", open=True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d["data"].pop("title"),
        lambda d: d["data"].update(title=1),
        lambda d: d.pop("actor"),
        lambda d: d.update(streamversion="3"),
        lambda d: d.update(specversion="2.0"),
    ],
)
def test_a_document_that_is_not_what_it_says_is_refused(damage: Any) -> None:
    document = json.loads(quickly(recorded(RiskIdentified(title="t"))))
    damage(document)
    with pytest.raises(msgspec.ValidationError):
        CATALOGUE.decode("mandate.projects.risk-identified.v1", encode(document))


def test_a_record_reads_back_as_it_was_written() -> None:
    record = recorded(RiskIdentified(title="t", lines=[Line("a", date(2026, 3, 1))]), partitionkey="p1", reason="r")
    again = CATALOGUE.decode(record.type, quickly(record))
    assert again == record
    assert (again.position, again.reference) == (7, "risk/1@3")
    assert read_any(quickly(record)).data == {
        "title": "t",
        "open": True,
        "lines": [{"text": "a", "due_on": "2026-03-01"}],
    }


def test_the_heading_of_any_document() -> None:
    heading = read_heading(quickly(recorded(RiskClosed(), partitionkey="p1")))
    assert isinstance(heading, Heading)
    assert (heading.position, heading.key, heading.time) == (7, "p1", AT)
    assert read_heading(quickly(recorded(RiskClosed()))).key == "risk/1"


def test_the_document_is_a_cloudevent() -> None:
    """CloudEvents 1.0.2: names of attributes, their types, and the structured mode of JSON."""
    document = json.loads(quickly(recorded(RiskIdentified(title="t"), partitionkey="p", standard="s@1", reason="why")))
    assert document["specversion"] == "1.0"
    assert document["datacontenttype"] == "application/json"
    assert all(document[name] for name in ("id", "source", "type", "subject"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", document["time"])
    assert isinstance(document.pop("data"), dict)
    for name, value in document.items():
        assert re.fullmatch(r"[a-z0-9]{1,20}", name)
        assert isinstance(value, str) or (type(value) is int and -(2**31) <= value < 2**31)
        assert not isinstance(value, str) or not re.search(r"[\x00-\x1f\x7f-\x9f]", value)


def test_absent_attributes_are_left_out() -> None:
    assert not {"partitionkey", "standard", "reason"} & json.loads(quickly(recorded(RiskClosed()))).keys()


def test_defaults_of_the_data_are_written_out() -> None:
    assert json.loads(quickly(recorded(RiskIdentified(title="t"))))["data"] == {"title": "t", "open": True, "lines": []}


@given(text, text, st.booleans())
def test_the_quick_way_writes_canonical_bytes(title: str, reason: str, open_: bool) -> None:
    record = recorded(RiskIdentified(title=title, open=open_, lines=[Line(title)]), reason=reason)
    assert quickly(record) == encode(json.loads(quickly(record)))


@given(st.dictionaries(st.text(st.characters(min_codepoint=1, max_codepoint=127)), text | st.integers(-9, 9)))
def test_free_data_is_canonical_too(notes: dict[str, Any]) -> None:
    record = recorded(RiskIdentifiedV2(title="t", probability=1, notes=notes))
    assert quickly(record) == encode(json.loads(quickly(record)))


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        (RiskIdentified(title="a\0"), "/data/title"),
        (RiskIdentified(title="a\ud800"), "/data/title"),
        (RiskIdentified(title="t", lines=[Line("a\0")]), "/data/lines/0/text"),
        (RiskIdentifiedV2(title="t", probability=2**53), "/data/probability"),
        (RiskIdentifiedV2(title="t", probability=1, notes={"x": 0.5}), "/data/notes/x"),
        (RiskIdentifiedV2(title="t", probability=1, notes={"é": 1}), "/data/notes"),
        (RiskIdentifiedV2(title="t", probability=1, notes={"x": ["\ud800"]}), "/data/notes/x/0"),
    ],
)
def test_what_is_not_canonical_is_refused_where_it_stands(event: Event, pointer: str) -> None:
    with pytest.raises(NotCanonical) as refused:
        quickly(recorded(event))
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("reason", ["a\0", "a\ud800"])
def test_an_attribute_is_no_way_around_it(reason: str) -> None:
    with pytest.raises(NotCanonical):
        quickly(recorded(RiskIdentified(title="t"), reason=reason))


def test_a_backslash_before_u0000_is_just_text() -> None:
    record = recorded(RiskIdentified(title="\\u0000"))
    assert CATALOGUE.decode(record.type, quickly(record)) == record


def test_the_size_is_limited() -> None:
    spare = MAX_DOCUMENT_BYTES - len(quickly(recorded(RiskIdentified(title=""))))
    assert len(quickly(recorded(RiskIdentified(title="x" * spare)))) == MAX_DOCUMENT_BYTES
    with pytest.raises(NotCanonical, match="65537 bytes; the limit is 65536"):
        quickly(recorded(RiskIdentified(title="x" * (spare + 1))))


def test_which_events_may_be_written_without_a_look_at_every_value() -> None:
    assert {RiskIdentifiedV2} == CATALOGUE.loose
