"""A view: a list that events become. It is a table and a pure function, and nothing else.

From the same description the live table is kept (`projection`), another one is built beside it (`building`), and what
stood in it at any moment of the past is told (`past`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from mandate_events.document.canonical import digest
from mandate_events.document.event import Catalogue, Event, Recorded
from mandate_events.views.rows import Change, Gone, Key, Row, Rows

SCHEMA: Final = "views"

Changes: TypeAlias = Callable[[Recorded[Any]], Change | Gone | Sequence[Change | Gone]]
"""What an event changes; nothing where it is of another thing than the list is of."""


def table(name: str, *columns: Column[Any]) -> Table:
    """The table of a view. Its primary key is what its changes name."""
    return Table(name, MetaData(schema=SCHEMA), *columns)


class RowIncomplete(ValueError):
    """An event would leave a row without a value that it must have."""


@dataclass(frozen=True)
class View:
    """A table, the events that change it, and how. Without them the rows are the same whoever asks, and whenever."""

    table: Table
    events: tuple[type[Event], ...]
    """Which events change it; no other is ever read for it."""
    change: Changes
    """What one of them changes: pure."""
    derive: Callable[[Row], Row] | None = None
    """Columns that follow from others."""
    version: int = 1
    """Raise it when the function changes; a changed table is seen without."""

    @property
    def name(self) -> str:
        return self.table.name

    @cached_property
    def blank(self) -> Row:
        return dict.fromkeys(self.table.c.keys())

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        return tuple(self.table.primary_key.columns.keys())

    @cached_property
    def _required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.table.c if not column.nullable)

    def named(self, key: Key) -> Mapping[str, str]:
        """The key columns of a row."""
        return dict(zip(self.key_columns, key if isinstance(key, tuple) else (key,), strict=True))

    def key(self, row: Row) -> Key:
        """By what a row is known."""
        values = tuple(row[name] for name in self.key_columns)
        return values if len(values) > 1 else values[0]

    def types(self, catalogue: Catalogue) -> list[str]:
        """The types of one service that change it."""
        return [type_ for event in self.events for type_ in catalogue.types_of(event)]

    def changes(self, records: Iterable[Recorded[Any]]) -> list[Change | Gone]:
        """What some events change, in their order."""
        return [change for record in records if isinstance(record.data, self.events) for change in self._of(record)]

    def _of(self, record: Recorded[Any]) -> Sequence[Change | Gone]:
        made = self.change(record)
        return [made] if isinstance(made, Change | Gone) else made

    def fold(self, rows: Rows, changes: Iterable[Change | Gone]) -> None:
        """Let rows follow. Raises `RowIncomplete`; the rows are in between then."""
        for change in changes:
            if isinstance(change, Gone):
                rows.pop(change.key, None)
                continue
            row = change.after(rows.get(change.key) or {**self.blank, **self.named(change.key)})
            if self.derive:
                row |= self.derive(row)
            lacking = [name for name in self._required if row[name] is None]
            if lacking:
                raise RowIncomplete(f"{self.name} {change.key}: no {', '.join(lacking)}")
            rows[change.key] = row

    @cached_property
    def definition(self) -> str:
        """What the table is, which events fill it, and by which version of the function."""
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        indexes = sorted(str(CreateIndex(index).compile(dialect=dialect)) for index in self.table.indexes)
        return "\n".join(
            [
                f"{self.name} {self.version} {' '.join(sorted(event.__name__ for event in self.events))}",
                str(CreateTable(self.table).compile(dialect=dialect)),
                *indexes,
            ]
        )


def fingerprint(views: Iterable[View]) -> str:
    """What a schema of views holds, in one word: two programs with the same fingerprint make the same rows."""
    definitions = sorted(view.definition for view in views)
    return digest("\n".join(definitions).encode()).hex()[:16]
