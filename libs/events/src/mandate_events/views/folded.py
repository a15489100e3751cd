"""Lists of things as they are: a row holds a thing's state, and each of its events lets that follow.

So a list needs no function of its own: what an event means, `evolve` says, and what is told of a thing, its page. The
row keeps the state and the page as JSON, and beside them the members that the list is sorted and filtered by.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, TypeAlias, get_args, get_type_hints

import immutables
import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Text

from mandate_events.deciding import Aggregate
from mandate_events.document.canonical import digest
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change, Gone, Row
from mandate_events.views.view import View, table

Told: TypeAlias = Callable[[str, Any], Mapping[str, Any]]
"""(id, state) -> the thing as it is told: its page."""

STATE: Final = "state"
PAGE: Final = "page"

_COLUMNS: Final[Mapping[Any, Any]] = {str: Text, bool: Boolean, int: BigInteger, date: Date}


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
        self._columns = tuple(columns)
        self._encode = msgspec.json.Encoder(enc_hook=_plain).encode
        self._decode = msgspec.json.Decoder(kind, dec_hook=_mapped).decode
        self._shape = digest(repr(msgspec.inspect.type_info(kind)).encode()).hex()

    def change(self, record: Recorded[Any]) -> Change | Gone:
        if record.subject.partition("/")[0] != self.aggregate.name:  # other things share the event
            return Gone(record.thing)
        return Folded(record.thing, record=record, listing=self)

    def after(self, row: Row, record: Recorded[Any]) -> dict[str, Any]:
        before = None if row[STATE] is None else self._decode(row[STATE])
        state = self.aggregate.evolve(before, record.data, record)
        page = self._told(record.thing, state)
        says = {name: page.get(name) for name in self._columns}
        project = self.aggregate.project(record.thing, state)
        encoded = msgspec.json.encode(page).decode()
        return {"id": record.thing, **says, "project": project, STATE: self._encode(state).decode(), PAGE: encoded}

    @property
    def shape(self) -> int:
        """Another one for another type of state: rows that hold the old one are built anew."""
        return int(self._shape[:7], 16)


def folded(name: str, aggregate: Aggregate[Any], told: Told, columns: Mapping[str, Any]) -> View:
    """The list of all things of one kind: `columns` are members of their page, and what these hold."""
    listing = Listing(aggregate, told, columns)
    typed = [Column(each, _column(kind), index=True) for each, kind in columns.items() if each not in {"id", "project"}]
    return View(
        table(
            name,
            Column("id", Text, primary_key=True),
            Column("project", Text, index=True),
            *typed,
            Column(STATE, Text, nullable=False),
            Column(PAGE, Text, nullable=False),
        ),
        aggregate.events,
        listing.change,
        version=listing.shape,
    )


def _column(kind: Any) -> Any:
    if kind is datetime:
        return DateTime(timezone=True)
    return _COLUMNS.get(kind, Text)
