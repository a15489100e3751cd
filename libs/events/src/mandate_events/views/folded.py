"""Lists of things as they are: a row holds a thing's state, and each of its events lets that follow.

So a list needs no function of its own: what an event means, `evolve` says, and what is told of a thing, its page. The
row keeps the state as JSON, and beside it the members that the list is sorted and filtered by; it is told when asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import immutables
import msgspec
import orjson
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Text

from mandate_events.deciding import Aggregate
from mandate_events.document.canonical import digest
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change, Gone, Row
from mandate_events.views.view import View, table

Told: TypeAlias = Callable[[str, Any], Mapping[str, Any]]
"""(id, state) -> the thing as it is told: its page."""

STATE: Final = "state"
RECORDED_AT: Final = "recorded_at"
"""When the first of its events was recorded."""
CHANGED_AT: Final = "changed_at"
"""When the last one was."""

_COLUMNS: Final[Mapping[Any, Any]] = {
    str: Text,
    bool: Boolean,
    int: BigInteger,
    date: Date,
    datetime: DateTime(timezone=True),
}


def _plain(value: Any) -> Any:
    if isinstance(value, immutables.Map):
        return dict(value)
    raise NotImplementedError


def _mapped(kind: Any, value: Any) -> Any:
    typed: dict[Any, Any] = msgspec.convert(value, dict[get_args(kind)], strict=False, dec_hook=_mapped)  # type: ignore[misc]
    return immutables.Map(typed)


def state_of(aggregate: Aggregate[Any]) -> Any:
    """The type of what an aggregate's events become."""
    return aggregate.state or get_type_hints(aggregate.evolve)["return"]


@dataclass(frozen=True, slots=True)
class Folded(Change):
    """What an event changes in the row of its thing."""

    record: Recorded[Any] = field(kw_only=True)
    listing: "Listing" = field(kw_only=True)

    def after(self, row: Row) -> dict[str, Any]:
        return self.listing.after(row, self.record)


class Listing:
    """How the things of one kind are listed."""

    def __init__(self, aggregate: Aggregate[Any], told: Told, columns: Mapping[str, Any]) -> None:
        kind = state_of(aggregate)
        self.aggregate = aggregate
        self._told = told
        self._columns = tuple(each for each in columns if each not in BESIDES)
        self._encode = msgspec.json.Encoder(enc_hook=_plain).encode
        self._decode = msgspec.json.Decoder(kind, dec_hook=_mapped).decode
        self._schema = msgspec.json.schema(kind, schema_hook=_schema)

    def change(self, record: Recorded[Any]) -> Sequence[Change | Gone]:
        mine = record.subject.partition("/")[0] == self.aggregate.name  # other things share the event
        return [Folded(record.thing, record=record, listing=self)] if mine else []

    def after(self, row: Row, record: Recorded[Any]) -> dict[str, Any]:
        before = None if row[STATE] is None else self._decode(row[STATE])
        state = self.aggregate.evolve(before, record.data, record)
        page = self._told(record.thing, state)
        says = {name: page.get(name) for name in self._columns}
        project = self.aggregate.project(record.thing, state)
        return {
            "id": record.thing,
            **says,
            "project": project,
            RECORDED_AT: row[RECORDED_AT] or record.time,
            CHANGED_AT: record.time,
            STATE: self._encode(state).decode(),
        }

    def tell(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The thing of a row, as its page tells it."""
        return dict(self._told(row["id"], self._decode(row[STATE])))

    @property
    def shape(self) -> int:
        """Another one for another type of state: rows that hold the old one are built anew."""
        return int(digest(orjson.dumps(self._schema, option=orjson.OPT_SORT_KEYS)).hex()[:7], 16)


def folded(name: str, listing: Listing, columns: Mapping[str, Any], version: int = 1) -> View:
    """The list of all things of one kind: `columns` are members of their page, and what these hold.

    Raise `version` when `evolve` comes to mean something else.
    """
    typed = [Column(each, column_of(kind)) for each, kind in columns.items() if each not in BESIDES]
    return View(
        table(
            name,
            Column("id", Text, primary_key=True),
            Column("project", Text, index=True),
            *typed,
            Column(RECORDED_AT, DateTime(timezone=True), nullable=False, index=True),
            Column(CHANGED_AT, DateTime(timezone=True), nullable=False),
            Column(STATE, Text, nullable=False),
        ),
        listing.aggregate.events,
        listing.change,
        version=listing.shape + version,
    )


BESIDES: Final = frozenset({"id", "project", RECORDED_AT, CHANGED_AT})
"""Columns that every such list has."""


def sortable(name: str, kind: Any) -> bool:
    """Whether a list is sorted by a member without a word: days, instants, numbers, words of a few, and titles."""
    try:
        column = column_of(kind)
    except TypeError:
        return False
    if column is Boolean:
        return False
    return column is not Text or name in TITLES or name.endswith("_at") or _is_choice(kind)


TITLES: Final = ("title", "name", "reference")


def _is_choice(kind: Any) -> bool:
    return any(get_origin(each) is Literal for each in (kind, *get_args(kind)))


def column_of(kind: Any) -> Any:
    """The column that holds values of a type, or nothing. Raises `TypeError` where there is none."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = [each for each in get_args(kind) if each is not NoneType][:1]
        return column_of(kind)
    if get_origin(kind) is Literal:
        return Text
    if kind not in _COLUMNS:
        raise TypeError(f"no list is sorted or filtered by what holds {kind}")
    return _COLUMNS[kind]


def _schema(kind: Any) -> dict[str, Any]:
    return {"title": str(kind)}
