"""A stream, folded; and an event's row in the ledger."""

from typing import Any

import msgspec

from mandate_events.deciding.aggregate import Aggregate
from mandate_events.deciding.marks import NO_MARKS, NOTHING_ASKED, Asked, Marks, marked
from mandate_events.deciding.outcome import WrittenByNewer
from mandate_events.document.canonical import digest
from mandate_events.document.event import GENESIS, Catalogue, Recorded, UnknownType, UnknownVersion


class BrokenStream(RuntimeError):
    """The chain of documents of a stream is torn: a document is missing or was changed."""


class Fold(msgspec.Struct, frozen=True):
    """A stream, folded: its state, complete up to `version`, and the hash of its last document."""

    aggregate: Aggregate[Any]
    version: int = 0
    head: str = GENESIS
    state: Any = None
    correlation: str | None = None
    """That of the first event."""
    newer: str | None = None
    """The type of the first event that this program does not know. The state is that before it, and not the state."""
    marks: Marks = NO_MARKS
    """Who recorded what, and whom it names, as far as some right asks."""

    def then(self, catalogue: Catalogue, type_: str, document: bytes, asked: Asked = NOTHING_ASKED) -> "Fold":
        """The fold with one more document. One that only a newer version can read is counted, and nothing after it
        is read: during an upgrade other processes write what this one must not guess at."""
        if self.newer is None:
            try:
                return self.after(catalogue.decode(type_, document), document, asked)
            except (UnknownType, UnknownVersion):
                pass
        return msgspec.structs.replace(self, version=self.version + 1, newer=self.newer or type_)

    @property
    def known(self) -> "Fold":
        """Itself, if it is all of its stream. Raises `WrittenByNewer`."""
        if self.newer is not None:
            raise WrittenByNewer(self.newer)
        return self

    def after(self, record: Recorded[Any], document: bytes, asked: Asked = NOTHING_ASKED) -> "Fold":
        """The fold with one more event, which must be the next one."""
        if record.streamversion != self.version + 1 or record.previous != self.head:
            raise BrokenStream(f"{record.reference} does not follow version {self.version} of its stream")
        return self.grown(record, document, self.aggregate.evolve(self.state, record.data, record), asked)

    def grown(self, record: Recorded[Any], document: bytes, state: Any, asked: Asked) -> "Fold":
        """The fold with the next event, of which the state is known."""
        return Fold(
            self.aggregate,
            record.streamversion,
            digest(document).hex(),
            state,
            self.correlation or record.correlationid,
            None,
            marked(self.marks, asked, record) if asked else self.marks,
        )


class Row(msgspec.Struct, frozen=True, gc=False):
    """One event, ready to be inserted."""

    position: int
    stream: str
    version: int
    type: str
    document: bytes
    leaf: bytes
