"""How an archived document is shown: as an item of a list, or as the document itself."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from mandate_events.values.text import Actor, Hash
from mandate_events.values.told import Authority, Edition, EventType, Following, Id, Instant, Key, Stream, Word, instant
from mandate_web.live.streaming import Reading
from reporting.history.archive import ARCHIVE

Conditions: TypeAlias = Sequence[ColumnElement[bool]]

CHUNK: Final = 250
"""Documents in memory at a time while streaming: 16 MiB at their largest."""


class Entry(BaseModel):
    """What one document says about itself: who, in which role, on whose authority, when and why."""

    entry: int = Field(description="Number in the archive, in order of arrival, without gaps")
    source: Word = Field(description="The service that recorded it", examples=["governance"])
    position: int = Field(description="Its number in that service's ledger")
    recorded_at: Instant
    type: EventType
    name: Word = Field(examples=["project-authorised"])
    subject: Stream = Field(description="The stream it belongs to")
    project: Id | None
    actor: Actor
    role: Word
    authority: Authority = Field(description="The event that the mandate rests on: stream@version")
    reason: str | None = Field(max_length=500)
    policy: Hash = Field(description="Hash of the table of rights in force")
    standard: Edition | None
    correlation: Key
    causation: Key = Field(description="Id of the event that it answers, or key of the command")
    rule: Word | None = Field(description="The rule that refused, in refusals and decisions that were not applied")


class Entries(BaseModel):
    """One page of documents."""

    items: list[Entry]
    next: Following | None = Field(description="Cursor of the next page")


entries: Final[Select[Any]] = select(
    *(ARCHIVE.c["sequence" if name == "position" else name].label(name) for name in Entry.model_fields)
)
"""What the archive says of each document, as entries tell it."""


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """One document as an item of a list."""
    return {**row, "recorded_at": instant(row["recorded_at"])}


async def stream(engine: AsyncEngine, reading: Reading, wanted: Conditions, last: int) -> AsyncGenerator[bytes, None]:
    """The documents up to an entry, oldest first, one a line and byte for byte.

    Memory is bounded by `CHUNK`, and no transaction stays open while a slow client reads.
    """
    after = 0
    within = select(ARCHIVE.c.entry, ARCHIVE.c.document).where(*wanted, ARCHIVE.c.entry <= last)
    while after < last and not reading.over:
        following = within.where(ARCHIVE.c.entry > after).order_by(ARCHIVE.c.entry).limit(CHUNK)
        async with engine.connect() as connection:
            rows = (await connection.execute(following)).all()
        if not rows:
            return
        yield b"".join(row.document + b"\n" for row in rows)
        after = rows[-1].entry
