"""Where something recognised comes from: the event of another ledger, named so that it can be proven."""

from typing import Annotated

import msgspec

from mandate_events.document.canonical import MAX_INTEGER
from mandate_events.document.event import Event
from mandate_events.document.formats import Sha256


class Origin(Event, frozen=True, kw_only=True):
    """Which event of which ledger a recognition rests on: `hash` is the SHA-256 of its document."""

    source: str
    sequence: Annotated[int, msgspec.Meta(ge=1, le=MAX_INTEGER)]
    hash: Sha256

    @property
    def reference(self) -> str:
        return f"{self.source}:{self.sequence}"
