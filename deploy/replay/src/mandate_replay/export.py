"""An export, read back: documents one a line, checked as they pass.

Every document names its place in its ledger and the hash of the one before it in its stream. So an export shows by
itself where it was altered, and where it is not the whole.
"""

import gzip
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from mandate_events.document.canonical import digest
from mandate_events.document.event import GENESIS

STDIN: Final = Path("-")


class Altered(ValueError):
    """The export contradicts itself: a document was changed, left out of its stream, or put elsewhere."""


class Incomplete(ValueError):
    """What was asked for needs documents that the export does not hold."""


class Heading(msgspec.Struct, frozen=True, gc=False):
    """What is checked of every document, whatever its type."""

    source: str
    type: str
    subject: str
    sequence: str
    streamversion: int
    previous: str
    time: datetime

    @property
    def service(self) -> str:
        return self.source.rpartition("/")[2]


_read_heading = msgspec.json.Decoder(Heading).decode


@dataclass(slots=True)
class Checked:
    """What has passed of an export, and how whole it is."""

    last: dict[str, int] = field(default_factory=dict)
    """The last sequence by service."""
    whole: dict[str, bool] = field(default_factory=dict)
    """By service: whether it is there from its first document on, without gaps."""
    _streams: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    broken: set[tuple[str, str]] = field(default_factory=set)
    """Streams (service, name) that are not there from their first event on, without gaps."""

    def check(self, heading: Heading, document: bytes, where: str) -> None:
        """Take in the next document. Raises `Altered`."""
        service, sequence = heading.service, int(heading.sequence)
        last = self.last.get(service, 0)
        stream = (service, heading.subject)
        version, hashed = self._streams.get(stream, (0, GENESIS))
        if sequence <= last:
            raise Altered(f"{where}: {service}:{sequence} stands after {service}:{last}; an export is in order")
        self.whole[service] = self.whole.get(service, True) and sequence == last + 1
        self.last[service] = sequence
        if heading.streamversion == version + 1:
            if heading.previous != hashed:
                raise Altered(
                    f"{where}: {heading.subject}@{heading.streamversion} does not follow"
                    f" {heading.subject}@{version} as it stands here: one of them was altered"
                )
        elif heading.streamversion <= version:
            raise Altered(f"{where}: {heading.subject}@{heading.streamversion} stands after version {version}")
        else:
            self.broken.add(stream)
        self._streams[stream] = (heading.streamversion, digest(document).hex())


def documents(
    paths: Sequence[Path], checked: Checked, until: datetime | None, advance: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[Heading, bytes]]:
    """The documents that had been recorded by `until`, in order, each checked; `advance` is told the bytes read.

    All of the export is checked, also what was recorded later. Raises `Altered`.
    """
    for path in paths:
        with _opened(path) as lines:
            for number, line in enumerate(lines, 1):
                advance(len(line))
                document = line.rstrip(b"\r\n")
                if not document:
                    continue
                where = f"{path} line {number}"
                heading = _heading(document, where)
                checked.check(heading, document, where)
                if until is None or heading.time <= until:
                    yield heading, document


def _heading(document: bytes, where: str) -> Heading:
    try:
        heading = _read_heading(document)
    except ValueError as error:  # msgspec.DecodeError is one
        raise Altered(f"{where}: not a document ({error})") from error
    if not heading.sequence.isdecimal():
        raise Altered(f"{where}: not a document (its sequence is no number)")
    return heading


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    with path.open("rb") as raw:
        if path.suffix == ".gz":
            with gzip.open(raw) as unpacked:
                yield unpacked  # type: ignore[misc]  # it reads lines of bytes like any file
        else:
            yield raw


def size(paths: Sequence[Path]) -> int | None:
    """Bytes to read, where that is known before."""
    if any(path == STDIN or path.suffix == ".gz" for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)
