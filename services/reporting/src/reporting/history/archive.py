"""The archive: every document of every service, byte for byte, in the order in which it arrived."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, Table, Text, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.document.event import Heading, name_of

SOURCES: Final = ("governance", "projects", "reporting")
"""Every ledger that is archived, its own included."""

ARCHIVE: Final = Table(
    "documents",
    MetaData(schema="archive"),
    Column("entry", BigInteger, primary_key=True),
    Column("source", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("event", Text, nullable=False, comment="The id that the document gives itself"),
    Column("type", Text, nullable=False),
    Column("name", Text, nullable=False, comment="The type without service and version: project-authorised"),
    Column("subject", Text, nullable=False),
    Column("project", Text),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("reason", Text),
    Column("policy", Text, nullable=False),
    Column("standard", Text),
    Column("correlation", Text, nullable=False),
    Column("causation", Text, nullable=False),
    Column("rule", Text, comment="The rule that refused, in CommandDenied and ...NotApplied"),
    Column("document", LargeBinary, nullable=False),
)


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What any document says of itself. Nothing is required: what was heard is archived, whatever it lacks."""

    time: datetime
    actor: str = ""
    actingas: str = ""
    authority: str = ""
    policy: str = ""
    correlationid: str = ""
    causationid: str = ""
    reason: str | None = None
    standard: str | None = None
    partitionkey: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Ruled(msgspec.Struct, frozen=True, gc=False):
    """The rule that data names, whatever else it holds."""

    rule: Any = None


_read_envelope = msgspec.json.Decoder(Envelope).decode
_read_ruled = msgspec.json.Decoder(Ruled).decode

MAX_RULE: Final = 200


def _rule(data: msgspec.Raw) -> str | None:
    try:
        rule = _read_ruled(data).rule
    except msgspec.ValidationError:  # data that is no object
        return None
    return rule if isinstance(rule, str) and len(rule) <= MAX_RULE and "\0" not in rule else None


async def keep(connection: AsyncConnection, source: str, documents: Sequence[tuple[Heading, bytes]]) -> None:
    """Archive documents that follow one another, and tell who follows the archive.

    Nobody else numbers entries now: the consumer has its turn.
    """
    if not documents:
        return
    last = (await connection.execute(select(func.coalesce(func.max(ARCHIVE.c.entry), 0)))).scalar_one()
    rows = [_row(heading, document) for heading, document in documents]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    entries = list(range(last + 1, last + 1 + len(rows)))
    await connection.execute(text(_KEEP), {**columns, "entry": entries, "source": source})
    await connection.execute(text("select pg_notify('ledger', '')"))


def _row(heading: Heading, document: bytes) -> dict[str, Any]:
    envelope = _read_envelope(document)
    return {
        "sequence": heading.position,
        "event": heading.id,
        "type": heading.type,
        "name": name_of(heading.type),
        "subject": heading.subject,
        "project": envelope.partitionkey,
        "recorded_at": envelope.time,
        "actor": envelope.actor,
        "role": envelope.actingas,
        "authority": envelope.authority,
        "reason": envelope.reason,
        "policy": envelope.policy,
        "standard": envelope.standard,
        "correlation": envelope.correlationid,
        "causation": envelope.causationid,
        "rule": _rule(envelope.data),
        "document": document,
    }


async def cuts(
    connection: AsyncConnection, *, entry: int | None = None, known_at: datetime | None = None
) -> dict[str, int]:
    """How much of each ledger there is: in all, up to an entry, or recorded by an instant."""
    column = ARCHIVE.c
    limits = [] if entry is None else [column.entry <= entry]
    limits += [] if known_at is None else [column.recorded_at <= known_at]
    found = {}
    for source in SOURCES:
        last = select(column.sequence).where(column.source == source, *limits).order_by(column.sequence.desc())
        found[source] = (await connection.execute(last.limit(1))).scalar() or 0
    return found


_COLUMNS: Final = {
    "sequence": "bigint",
    **dict.fromkeys(("event", "type", "name", "subject", "project"), "text"),
    "recorded_at": "timestamptz",
    **dict.fromkeys(
        ("actor", "role", "authority", "reason", "policy", "standard", "correlation", "causation", "rule"), "text"
    ),
    "document": "bytea",
}
_NAMES: Final = ", ".join(_COLUMNS)
_ARRAYS: Final = ", ".join(f"cast(:{name} as {kind}[])" for name, kind in _COLUMNS.items())

_KEEP: Final = f"""
insert into archive.documents (entry, source, {_NAMES})
select entry, :source, {_NAMES} from unnest(cast(:entry as bigint[]), {_ARRAYS}) as row (entry, {_NAMES})
"""  # noqa: S608 - names of ours only
