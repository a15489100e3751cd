"""The adoption of a table of rights: on record in parts, for it may be larger than a document."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from mandate_events.deciding.aggregate import Aggregate, Context, Decided, State
from mandate_events.deciding.command import SystemCommand
from mandate_events.document.canonical import encode
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Sha256

PART: Final = 32 * 1024
"""Bytes of rows in one document, at most (or one row): far below the limit of a document."""

Table = list[dict[str, Any]]


class RightsRowsAdopted(Event, frozen=True, kw_only=True):
    """Some rows of a table of rights that is adopted with these events: the next `RightsAdopted` closes it."""

    hash: Sha256
    """Of the whole table: the SHA-256 of its canonical form, one list of all rows in order."""
    first: int
    """The number of the first of these rows in the table, from 1."""
    rows: Table


class RightsAdopted(Event, frozen=True, kw_only=True):
    """From here on the service judges by this table of rights: its rows are those of the parts just before."""

    hash: Sha256
    rows: int = 0
    """How many there are in the parts; 0 where the table stands here."""
    table: Table = msgspec.field(default_factory=list)
    """The whole table, where it was adopted before tables were told in parts."""


class AdoptRights(SystemCommand, frozen=True, kw_only=True):
    """Put the table of rights that the service judges by on record, if it is another one."""

    hash: str
    table: Table


class Adopted(State, frozen=True, kw_only=True):
    """The table in force, and the rows so far of one that is being told."""

    hash: str | None = None
    table: Table = msgspec.field(default_factory=list)
    rows: tuple[dict[str, Any], ...] = ()


def _decide(adopted: Adopted | None, command: AdoptRights, _context: Context) -> Decided:
    if adopted and adopted.hash == command.hash:
        return []
    return [*_parts(command.hash, command.table), RightsAdopted(hash=command.hash, rows=len(command.table))]


def _parts(hash_: str, table: Sequence[dict[str, Any]]) -> Iterator[RightsRowsAdopted]:
    rows: Table = []
    first, size = 1, 0
    for row in table:
        more = len(encode(row)) + 1
        if rows and size + more > PART:
            yield RightsRowsAdopted(hash=hash_, first=first, rows=rows)
            first, size, rows = first + len(rows), 0, []
        rows.append(row)
        size += more
    if rows:
        yield RightsRowsAdopted(hash=hash_, first=first, rows=rows)


def _evolve(adopted: Adopted | None, event: RightsRowsAdopted | RightsAdopted, _record: Recorded[Any]) -> Adopted:
    before = adopted or Adopted()
    match event:
        case RightsRowsAdopted():
            return Adopted(hash=before.hash, table=before.table, rows=(*before.rows, *event.rows))
        case RightsAdopted():
            return Adopted(hash=event.hash, table=event.table or list(before.rows))


RIGHTS_TABLE: Aggregate[Adopted] = Aggregate(
    "rights-table",
    _decide,
    _evolve,
    events=(RightsRowsAdopted, RightsAdopted),
    records={AdoptRights: (RightsRowsAdopted, RightsAdopted)},
    opened_by=frozenset({AdoptRights}),
)
