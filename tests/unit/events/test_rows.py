"""What events say about the rows of a list, and what follows of it: pure."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Column, DateTime, Integer, Text

from mandate_events.document.canonical import encode
from mandate_events.document.event import Catalogue, Event, Recorded
from mandate_events.transport.port import understood
from mandate_events.views.past import Folding
from mandate_events.views.recordset import encoded
from mandate_events.views.rows import Change, Gone, Key, Row
from mandate_events.views.view import RowIncomplete, View, fingerprint, table
from tests.services import GOVERNANCE_LISTS as GOVERNANCE
from tests.services import REPORTING_LISTS as REPORTING

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Painted(Event, frozen=True, kw_only=True):
    colour: str


class Sold(Event, frozen=True, kw_only=True):
    pass


HOUSES = table(
    "houses",
    Column("id", Text, primary_key=True),
    Column("colour", Text, nullable=False),
    Column("times", Integer),
    Column("at", DateTime(timezone=True)),
)


def change(record: Recorded[Any]) -> Change | Gone:
    match record.data:
        case Painted(colour=colour):
            return Change(record.thing, {"colour": colour}, raises={"at": record.time})
        case _:
            return Gone(record.thing)


VIEW = View(HOUSES, (Painted, Sold), change, lambda row: {"times": (row["times"] or 0) + 1})


def folded(*changes: Change | Gone) -> dict[Key, Row]:
    rows: dict[Key, Row] = {}
    VIEW.fold(rows, changes)
    return rows


def test_a_row_begins_with_its_first_change_and_follows_the_others() -> None:
    rows = folded(Change("a", {"colour": "red"}), Change("b", {"colour": "blue"}), Change("a", {"colour": "green"}))
    assert rows == {
        "a": {"id": "a", "colour": "green", "times": 2, "at": None},
        "b": {"id": "b", "colour": "blue", "times": 1, "at": None},
    }


def test_a_row_that_is_gone_begins_anew() -> None:
    assert folded(Change("a", {"colour": "red"}), Gone("a")) == {}
    assert folded(Gone("a")) == {}
    assert folded(Change("a", {"colour": "red"}), Gone("a"), Change("a", {"colour": "blue"}))["a"]["times"] == 1


def test_what_is_repeated_stands_only_where_nothing_does() -> None:
    row: Row = {"title": None, "budget": "1"}
    assert Change("a", repeats={"title": "new", "budget": "2"}).after(row) == {"title": "new", "budget": "1"}


def test_what_rises_never_falls() -> None:
    for stands, said, then in ((None, 3, 3), (2, 3, 3), (3, 2, 3)):
        assert Change("a", raises={"at": said}).after({"at": stands}) == {"at": then}


def test_a_row_without_what_it_must_have_is_refused_and_others_are_as_they_were() -> None:
    rows = folded(Change("a", {"colour": "red"}))
    with pytest.raises(RowIncomplete, match="houses b: no colour"):
        VIEW.fold(rows, [Change("b")])
    with pytest.raises(RowIncomplete):
        VIEW.fold(rows, [Change("a", {"colour": None})])
    assert rows == folded(Change("a", {"colour": "red"}))


def test_several_columns_can_be_the_key() -> None:
    pairs = View(
        table("pairs", Column("one", Text, primary_key=True), Column("two", Text, primary_key=True)), (), change
    )
    assert pairs.named(("a", "b")) == {"one": "a", "two": "b"}
    assert pairs.key({"one": "a", "two": "b"}) == ("a", "b")
    assert (VIEW.named("a"), VIEW.key({"id": "a"})) == ({"id": "a"}, "a")
    with pytest.raises(ValueError, match="zip"):
        pairs.named("a")


def test_rows_are_encoded_with_all_their_types() -> None:
    assert encoded([{"a": Decimal("1.50"), "b": NOON, "c": None, "d": 1}]) == (
        '[{"a":"1.50","b":"2026-03-02T12:00:00+00:00","c":null,"d":1}]'
    )


# --- the past ---

CATALOGUE = Catalogue("houses", (Painted, Sold))


def document(type_: str, subject: str, data: dict[str, Any]) -> bytes:
    head = {"specversion": "1.0", "datacontenttype": "application/json", "source": "/mandate/houses"}
    times = dict.fromkeys(("time", "occurredat"), "2026-03-02T12:00:00.000001Z")
    others = dict.fromkeys(("id", "correlationid", "causationid", "actor", "actingas", "authority", "policy"), "x")
    numbers = {"sequence": "1", "streamversion": 1, "previous": "0" * 64}
    type_ = f"mandate.houses.{type_}"
    return encode({**head, **times, **others, **numbers, "type": type_, "subject": subject, "data": data})


def told(*documents: bytes) -> Folding:
    folding = Folding(VIEW)
    for each in documents:
        folding.apply("houses", understood(CATALOGUE, each))
    return folding


def test_what_cannot_be_read_holds_up_its_key_and_no_other() -> None:
    """As it does live, where such an event is parked."""
    red = document("painted.v1", "house/a", {"colour": "red"})
    newer = document("painted.v2", "house/a", {"shade": 7})
    sold = document("sold.v1", "house/a", {})
    other = document("painted.v1", "house/b", {"colour": "blue"})
    unknown = document("haunted.v1", "house/b", {})
    colours = {key: row["colour"] for key, row in told(red, newer, sold, other, unknown).rows.items()}
    assert colours == {"a": "red", "b": "blue"}


def test_what_cannot_be_applied_holds_up_its_key() -> None:
    def fails(_: Recorded[Any]) -> Change:
        raise ValueError("poison")

    folding = Folding(View(HOUSES, (Painted,), fails))
    folding.apply("houses", understood(CATALOGUE, document("painted.v1", "house/a", {"colour": "x"})))
    assert folding.rows == {}


# --- what a schema of views is known by ---


def test_the_fingerprint_tells_tables_and_versions_apart() -> None:
    again = View(HOUSES, (Painted, Sold), change)
    other = View(table("houses", Column("id", Text, primary_key=True), Column("colour", Text, index=True)), (), change)
    assert fingerprint([VIEW]) == fingerprint([again])
    assert len({fingerprint(views) for views in ([], [VIEW], [other], [View(HOUSES, (), change, version=2)])}) == 4
    assert fingerprint([VIEW, other]) == fingerprint([other, VIEW])


@pytest.mark.parametrize("lists", [GOVERNANCE, REPORTING], ids=lambda lists: lists.service)
def test_each_view_knows_what_changes_it(lists: Any) -> None:
    """Each event that a view names is one that the service understands."""
    known = {event: catalogue for catalogue in lists.catalogues.values() for event in catalogue.types}
    names = [view.name for view in lists.views]
    assert len(set(names)) == len(names)
    for view in lists.views:
        assert view.events
        assert set(view.events) <= known.keys()
        assert view.key_columns
