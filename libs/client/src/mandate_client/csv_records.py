"""Records out of a stream of bytes that may be anything: bounded memory, no silent repair, true line numbers.

The standard `csv` reader does the quoting; this module decides what it is fed. A line over 64 KiB is skipped in
pieces, never held. A quoted cell may run over several lines, but a quote that is never closed must cost one row
and not the rest of the file: on a fault the reader goes on with the very next line.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LINE_LIMIT = 64 * 1024
RECORD_LINES = 50
"""Physical lines one record may take; also what bounds the work an unclosed quote can cause."""

_NOT_CSV = (
    (b"PK\x03\x04", "this is a zip archive, perhaps an .xlsx workbook: save the sheet as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "this is an .xls workbook: save the sheet as CSV UTF-8"),
    (b"%PDF", "this is a PDF document, not CSV"),
    (b"\x1f\x8b", "this file is compressed with gzip: decompress it first"),
    (b"\xff\xfe", "this text is UTF-16: save it as CSV UTF-8"),
    (b"\xfe\xff", "this text is UTF-16: save it as CSV UTF-8"),
)


class FileProblem(Exception):
    """The file as a whole cannot be read as proposals. `line` is the physical line where that showed, if any."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Record:
    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that could not be read; the ones after it can."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str | None  # None: longer than LINE_LIMIT, and not kept


class _Lines:
    """Physical lines, with the right to hand some back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._number = 0
        self._returned: deque[_Line] = deque()

    def take(self) -> _Line | None:
        if self._returned:
            return self._returned.popleft()
        piece = self._stream.readline(LINE_LIMIT + 1)
        if not piece:
            return None
        self._number += 1
        if self._number == 1:
            piece = _without_mark(piece)
        self._refuse_nul(piece)
        if len(piece) > LINE_LIMIT:
            self._skip_rest(piece)
            return _Line(self._number, None)
        try:
            return _Line(self._number, piece.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise FileProblem(
                f"not UTF-8 text (byte 0x{piece[error.start]:02x} at offset {error.start}): save it as CSV UTF-8",
                self._number,
            ) from None

    def give_back(self, lines: list[_Line]) -> None:
        self._returned.extendleft(reversed(lines))

    def _skip_rest(self, piece: bytes) -> None:
        while piece and not piece.endswith(b"\n"):
            piece = self._stream.readline(LINE_LIMIT)
            self._refuse_nul(piece)

    def _refuse_nul(self, piece: bytes) -> None:
        if b"\0" in piece:
            raise FileProblem("holds a NUL byte: this is a binary file, not CSV", self._number)


def _without_mark(first: bytes) -> bytes:
    for magic, reason in _NOT_CSV:
        if first.startswith(magic):
            raise FileProblem(reason)
    text = first.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip()[:1] in (b"{", b"["):
        raise FileProblem("this looks like JSON, not CSV", 1)
    return text


def _feed(first: str, lines: _Lines, taken: list[_Line]) -> Iterator[str]:
    """What the csv reader may have for one record. Where this ends inside a quote, the strict reader says so."""
    yield first
    size = len(first)
    while len(taken) < RECORD_LINES - 1 and (line := lines.take()) is not None:
        if line.text is None or size + len(line.text) > LINE_LIMIT:
            lines.give_back([line])
            return
        taken.append(line)
        size += len(line.text)
        yield line.text


def _explained(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said:
        return "a quote is opened and not closed"
    if "expected after" in said:
        return "a quoted value goes on after its closing quote (write a quote inside a value as two)"
    if "new-line character" in said:
        return "a bare carriage return inside a line: lines must end in LF or CR LF"
    return said


def records(stream: BinaryIO) -> Iterator[Record | Fault]:
    """Every record, the header first; blank lines are passed over. Its width is every record's width.

    Raises FileProblem when what is read cannot be CSV in UTF-8 at all.
    """
    lines = _Lines(stream)
    width: int | None = None
    while (first := lines.take()) is not None:
        if first.text is None:
            yield Fault(first.number, f"the line is longer than {LINE_LIMIT // 1024} KiB")
            continue
        taken: list[_Line] = []
        try:
            cells = tuple(next(csv.reader(_feed(first.text, lines, taken), strict=True)))
        except csv.Error as error:
            lines.give_back(taken)
            yield Fault(first.number, _explained(error))
            continue
        if width is None:
            width = len(cells)
        if len(cells) == width:
            yield Record(first.number, cells)
        elif any(cell.strip() for cell in cells):
            lines.give_back(taken)
            yield Fault(first.number, f"the row has {len(cells)} values and the header {width}")
