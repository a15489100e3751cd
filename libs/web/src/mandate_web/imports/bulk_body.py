"""Bulk bodies: many commands in one request, one a line, as NDJSON or as CSV with a header.

What is wrong with one line is the fault of that line alone: it gets its problem, and the others go on. Line numbers
are those that an editor shows.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from mandate_web.problems.problem import Finding, Problem

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"

MAX_BULK: Final = 32 * 1024 * 1024
MAX_LINE: Final = 64 * 1024
MAX_COLUMNS: Final = 200
MAX_PARTS: Final = 8
"""Of a column's name: `forecast_cost.amount` has two."""
MAX_LINES: Final = 100_000
RECORD_LINES: Final = 20
"""Lines that one quoted record of CSV may run over; what a quote that is never closed costs at most."""

MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its content as JSON, or why it cannot be read."""

    line: int
    content: bytes | Problem


def entries(media_type: str, body: bytes) -> list[Entry]:
    """The lines of a body; blank ones are passed over. Raises the problem of a body that is wrong as a whole."""
    lines = body.removeprefix(MARK).split(b"\n", MAX_LINES + 1)
    if len(lines) > MAX_LINES + 1:
        raise Problem("body-too-large", "lines-limit", {"limit": MAX_LINES})
    lines = [line.removesuffix(b"\r") for line in lines]
    found = list(_of_csv(lines) if media_type == CSV else _of_ndjson(lines))
    if not found:
        raise _wrong("no-lines")
    return found


def _of_ndjson(lines: Sequence[bytes]) -> Iterator[Entry]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield Entry(number, _too_long() if len(line) > MAX_LINE else line)


def _of_csv(lines: Sequence[bytes]) -> Iterator[Entry]:
    texts = [_text(line) for line in lines]
    header: list[str] | None = None
    at = 0
    while at < len(texts):
        number, text = at + 1, texts[at]
        if isinstance(text, str) and not text.strip():
            at += 1
            continue
        cells, at = _record(texts, at)
        if header is None:
            header = _header(cells)
        elif isinstance(cells, Problem):
            yield Entry(number, cells)
        elif len(cells) != len(header):
            yield Entry(number, _wrong("other-width", found=len(cells), wanted=len(header)))
        else:
            yield Entry(number, _as_json(header, cells))


def _text(line: bytes) -> str | Problem:
    if len(line) > MAX_LINE:
        return _too_long()
    try:
        return line.decode()
    except UnicodeDecodeError:
        return _wrong("not-utf-8")


def _record(texts: Sequence[str | Problem], at: int) -> tuple[list[str] | Problem, int]:
    """The record that begins here, and where the next one does. After a faulty one that is the very next line."""
    first = texts[at]
    if isinstance(first, Problem):
        return first, at + 1
    reader = csv.reader(_fed(texts[at : at + RECORD_LINES]), strict=True)
    try:
        return next(reader), at + reader.line_num
    except csv.Error as error:
        return _wrong("not-csv", why=str(error)), at + 1


def _fed(texts: Sequence[str | Problem]) -> Iterator[str]:
    """The lines that a record may take: it ends where its quotes come in pairs.

    The reader that is denied a line inside of a quote says that it is not closed.
    """
    size = quotes = 0
    for text in texts:
        if isinstance(text, Problem) or (size := size + len(text)) > MAX_LINE:
            return
        yield f"{text}\n"
        quotes += text.count('"')
        if quotes % 2 == 0:
            return


def _header(cells: list[str] | Problem) -> list[str]:
    if isinstance(cells, Problem):
        raise cells
    names = [cell.strip() for cell in cells]
    if not all(names):
        raise _wrong("column-without-name")
    if len(names) > MAX_COLUMNS or any(name.count(".") >= MAX_PARTS for name in names):
        raise _wrong("columns-limit", limit=MAX_COLUMNS, parts=MAX_PARTS)
    for name in names:
        if names.count(name) > 1:
            raise _wrong("column-twice", column=name)
        if any(other.startswith(f"{name}.") for other in names):
            raise _wrong("column-within", column=name)
    return names


def _as_json(names: Sequence[str], cells: Sequence[str]) -> bytes | Problem:
    """The row as an object: `forecast_cost.amount` is a member of a member; an empty cell says nothing."""
    value: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        if cell:
            *path, last = name.split(".")
            inner = value
            for part in path:
                inner = inner.setdefault(part, {})
            inner[last] = cell
    content = orjson.dumps(value)
    return _too_long() if len(content) > MAX_LINE else content


def _too_long() -> Problem:
    return _wrong("line-limit", limit=MAX_LINE)


def _wrong(sentence: str, **facts: Any) -> Problem:
    return Problem("invalid", sentence, findings=[Finding("", sentence, facts)])
