"""Which documents of the archive are asked for."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Query
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.deciding import Text
from mandate_web.problems.problem import invalid
from mandate_web.routes.moment import Instant
from reporting.history.archive import ARCHIVE, SOURCES

Reference: TypeAlias = Annotated[str, Query(pattern=r"^[a-z]+:[0-9]{1,18}$", examples=["governance:17"])]
"""A document by its place in its own ledger."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the documents say; a person's visibility is added to it."""

    project: Annotated[Text | None, Query(max_length=64, description="Id of a project")] = None
    actor: Annotated[Text | None, Query(max_length=200, description="Who decided: person id, or system/<policy>")] = (
        None
    )
    role: Annotated[Text | None, Query(max_length=64, description="In which role", examples=["pmo"])] = None
    type: Annotated[
        Text | None, Query(max_length=200, description="What happened", examples=["project-authorised"])
    ] = None
    source: Annotated[Text | None, Query(max_length=64, description=f"Which ledger: {', '.join(SOURCES)}")] = None
    correlation: Annotated[Text | None, Query(max_length=200, description="The whole story of one request")] = None
    causation: Annotated[
        Text | None, Query(max_length=255, description="What followed from this: an event's id, or a command's key")
    ] = None
    authority: Annotated[
        Text | None,
        Query(
            max_length=200,
            description="On whose authority: the event that a mandate rests on, stream@version",
            examples=["mandate/ce25ad4a-5edf-59aa-983a-c33342cd72ca@1"],
        ),
    ] = None
    rule: Annotated[
        Text | None, Query(max_length=200, description="By which rule refused", examples=["authoriser-is-proposer"])
    ] = None
    since: Annotated[Instant | None, Query(description="Recorded at or after this instant")] = None
    until: Annotated[Instant | None, Query(description="Recorded before this instant")] = None

    def conditions(self) -> list[ColumnElement[bool]]:
        column = ARCHIVE.c
        equal = {
            column.project: self.project,
            column.actor: self.actor,
            column.role: self.role,
            column.name: self.type,
            column.source: self.source,
            column.correlation: self.correlation,
            column.causation: self.causation,
            column.authority: self.authority,
            column.rule: self.rule,
        }
        found: list[ColumnElement[bool]] = [each == value for each, value in equal.items() if value is not None]
        if self.since is not None:
            found.append(column.recorded_at >= self.since)
        if self.until is not None:
            found.append(column.recorded_at < self.until)
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """Where to begin and to end in the order of arrival: an export that broke off goes on to the same end."""

    after: Annotated[Reference | None, Query(description="Only what arrived after this document")] = None
    last: Annotated[Reference | None, Query(description="Nothing that arrived after this document")] = None

    async def conditions(self, connection: AsyncConnection) -> list[ColumnElement[bool]]:
        found = []
        if self.after is not None:
            found.append(ARCHIVE.c.entry > await _entry_of(connection, "?after", self.after))
        if self.last is not None:
            found.append(ARCHIVE.c.entry <= await _entry_of(connection, "?last", self.last))
        return found


async def _entry_of(connection: AsyncConnection, pointer: str, reference: str) -> int:
    source, _, sequence = reference.partition(":")
    wanted = select(ARCHIVE.c.entry).where(ARCHIVE.c.source == source, ARCHIVE.c.sequence == int(sequence))
    entry: int | None = (await connection.execute(wanted)).scalar()
    if entry is None:
        raise invalid(pointer, "not-archived", document=reference)
    return entry
