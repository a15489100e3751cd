"""A portfolio office's spreadsheet of proposals, row by row: each a `Row`, or a `Rejection` that says why.

Pure and streaming: bytes in, an iterator out, nothing repaired in silence. The columns mean what the data owner's
dictionary says: FFC is the estimate of total value, BNI the day the project was conceived, PBC the day the first
business case was submitted, BCA the day it was approved, EPT the number of gates the project goes through.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from mandate_client.cells import BadCell, read_amount, read_date, shown
from mandate_client.csv_records import Fault, FileProblem, Record, records

REQUIRED = ("ID", "FFC", "BCA")
DATES = ("BNI", "PBC", "BCA", "Tender Closed", "Stage1", "Stage2", "Stage3")
TEXTS = ("EPT", "Delivery Program", "Owner Group", "Owner Team", "Approval body")
COLUMNS = frozenset(REQUIRED + DATES + TEXTS)
VALUE_LIMIT = 200

GATE_PATHS: Mapping[str, str] = {
    "2 Gate Major Infrastructure": "two-gate",
    "3 Gate Major Infrastructure": "three-gate",
    "4 Gate Major Infrastructure": "four-gate",
}
SLUGS = tuple(GATE_PATHS.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One proposal. `originals` has every value that was not empty, as written, under the file's column name."""

    line: int
    reference: str
    title: str
    amount: Decimal
    gate_path: str | None
    dates: Mapping[str, date]
    originals: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row not taken: its first physical line, the column at fault (empty: the row as such), and the reason."""

    line: int
    column: str
    reason: str
    reference: str = ""


class BadMap(ValueError):
    """A `--map` that does not read `EPT NAME=GATE PATH`."""


def gate_paths(maps: list[str]) -> dict[str, str]:
    """Gate paths by EPT name: the known ones, then what `--map "NAME=SLUG"` adds or replaces. Raises BadMap."""
    paths = {_folded(name): slug for name, slug in GATE_PATHS.items()}
    for written in maps:
        name, equals, slug = written.rpartition("=")
        if not equals or not name.strip():
            raise BadMap(f'{shown(written)} does not read "NAME=GATE-PATH", like "Minor Procurement=two-gate"')
        if slug.strip() not in SLUGS:
            raise BadMap(f"{shown(slug)} is not a gate path: choose one of {', '.join(SLUGS)}")
        paths[_folded(name)] = slug.strip()
    return paths


def read_proposals(stream: BinaryIO, paths: Mapping[str, str] | None = None) -> Iterator[Row | Rejection]:
    """Every row of the file in order. `paths` as `gate_paths` gives it.

    Raises FileProblem when the file is not a CSV of proposals at all. That may show only after some rows, so a
    caller that sends them on reads the file through once before.
    """
    paths = gate_paths([]) if paths is None else paths
    found = records(stream)
    header = _header(next(found, None))
    seen: dict[str, int] = {}
    empty = True
    for record in found:
        if isinstance(record, Fault):
            empty = False
            yield Rejection(record.line, "", record.reason)
        elif any(cell.strip() for cell in record.cells):
            empty = False
            yield _row(record.line, dict(zip(header, record.cells, strict=True)), paths, seen)
    if empty:
        raise FileProblem("the file has a header and no rows")


def _header(record: Record | Fault | None) -> tuple[str, ...]:
    if record is None:
        raise FileProblem("the file is empty")
    if isinstance(record, Fault):
        raise FileProblem(f"the first line is not a header: {record.reason}", record.line)
    if not any(cell.strip() for cell in record.cells):
        raise FileProblem("the first line is blank: it must name the columns", record.line)
    if len(record.cells) == 1 and (other := re.search(r"[;\t|]", record.cells[0])):
        raise FileProblem(f"the columns are parted by {other.group()!r}: save the file with commas", record.line)
    for place, name in enumerate(record.cells):
        if name not in COLUMNS:
            raise FileProblem(_unknown(name), record.line)
        if name in record.cells[:place]:
            raise FileProblem(f"the column {name} is there twice", record.line)
    if missing := [name for name in REQUIRED if name not in record.cells]:
        raise FileProblem(f"required column missing: {', '.join(missing)}", record.line)
    return record.cells


def _unknown(name: str) -> str:
    near = next((known for known in COLUMNS if _squeezed(known) == _squeezed(name)), None)
    meant = f": did you mean {near}?" if near else "."
    return f"unknown column {shown(name)}{meant} Known columns: {', '.join(sorted(COLUMNS))}"


def _row(line: int, cells: Mapping[str, str], paths: Mapping[str, str], seen: dict[str, int]) -> Row | Rejection:
    originals = {column: text for column, text in cells.items() if text.strip()}
    reference = originals.get("ID", "").strip()
    column = "ID"
    try:
        for column in cells:
            _check_text(column, cells[column])
        # A reference is taken even by a row that is then refused: which of two that claim it is right, nobody knows.
        column = "ID"
        if (first := seen.setdefault(reference, line)) != line:
            return Rejection(line, "ID", f"{shown(reference)} is already on line {first}", reference)
        column = "FFC"
        amount = read_amount(originals["FFC"])
        dates = {}
        for column in (name for name in DATES if name in originals):
            dates[column] = read_date(originals[column])
        column = "EPT"
        path = _gate_path(originals.get("EPT"), paths)
    except BadCell as bad:
        return Rejection(line, column, str(bad), reference[:VALUE_LIMIT])
    team = originals.get("Owner Team", "").strip()
    return Row(line, reference, f"{reference} {team}".strip(), amount, path, dates, originals)


def _check_text(column: str, text: str) -> None:
    if len(text) > VALUE_LIMIT:
        raise BadCell(f"{len(text)} characters: at most {VALUE_LIMIT}")
    if strange := next((c for c in text if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\t\r\n"), None):
        raise BadCell(f"holds the control character U+{ord(strange):04X}")
    if column in REQUIRED and not text.strip():
        raise BadCell("is empty, and required")


def _gate_path(name: str | None, paths: Mapping[str, str]) -> str | None:
    if name is None:
        return None
    try:
        return paths[_folded(name)]
    except KeyError:
        raise BadCell(
            f'no gate path for {shown(name.strip())}: say which with --map "{name.strip()}=two-gate"'
        ) from None


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _squeezed(name: str) -> str:
    return "".join(name.split()).casefold()
