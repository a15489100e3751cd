"""The archive: every document of every service, byte for byte, in the order in which it arrived."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, Table, Text, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.event import Heading
from mandate_events.rebuild import Kept

ARCHIVE: Final = Table(
    "documents",
    MetaData(schema="archive"),
    Column("entry", BigInteger, primary_key=True),
    Column("source", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
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


_read_envelope = msgspec.json.Decoder(Envelope).decode


def name_of(type_: str) -> str:
    """`mandate.governance.project-authorised.v1` is named `project-authorised`."""
    return (type_.rpartition(".v")[0] or type_).rpartition(".")[2]


async def keep(connection: AsyncConnection, source: str, documents: Sequence[tuple[Heading, bytes]]) -> None:
    """Archive documents that follow one another. Nobody else numbers entries now: the consumer has its turn."""
    if not documents:
        return
    last = (await connection.execute(select(func.coalesce(func.max(ARCHIVE.c.entry), 0)))).scalar_one()
    rows = [_row(heading, document) for heading, document in documents]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    entries = list(range(last + 1, last + 1 + len(rows)))
    await connection.execute(text(_KEEP), {**columns, "entry": entries, "source": source})


def _row(heading: Heading, document: bytes) -> dict[str, Any]:
    envelope = _read_envelope(document)
    return {
        "sequence": heading.position,
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
        "document": document,
    }


async def read_kept(connection: AsyncConnection, after: int, limit: int) -> Sequence[Kept]:
    """Archived documents in order of entry, for a rebuild."""
    wanted = select(ARCHIVE.c.entry, ARCHIVE.c.source, ARCHIVE.c.document).where(ARCHIVE.c.entry > after)
    rows = await connection.execute(wanted.order_by(ARCHIVE.c.entry).limit(limit))
    return [(row.entry, row.source, row.document) for row in rows]


_KEEP: Final = """
insert into archive.documents (entry, source, sequence, type, name, subject, project, recorded_at, actor, role,
    authority, reason, policy, standard, correlation, causation, document)
select entry, :source, sequence, type, name, subject, project, recorded_at, actor, role,
    authority, reason, policy, standard, correlation, causation, document
from unnest(cast(:entry as bigint[]), cast(:sequence as bigint[]), cast(:type as text[]), cast(:name as text[]),
    cast(:subject as text[]), cast(:project as text[]), cast(:recorded_at as timestamptz[]), cast(:actor as text[]),
    cast(:role as text[]), cast(:authority as text[]), cast(:reason as text[]), cast(:policy as text[]),
    cast(:standard as text[]), cast(:correlation as text[]), cast(:causation as text[]), cast(:document as bytea[]))
    as row (entry, sequence, type, name, subject, project, recorded_at, actor, role,
        authority, reason, policy, standard, correlation, causation, document)
"""
