"""Projections: events become tables that answer questions. Always replayable, never a source of truth.

A projection names its tables with its version (`portfolio_v1`), so that a changed one is built beside the old one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncConnection

from mandate_events.event import Recorded

Apply: TypeAlias = Callable[[AsyncConnection, Recorded[Any], bytes], Awaitable[None]]
"""Writes what one event changes. It sees the decoded event, and the document where the bytes themselves are kept."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Tables, and what each event does to them."""

    name: str
    metadata: MetaData
    apply: Apply

    async def clear(self, connection: AsyncConnection) -> None:
        """Empty the tables, for a rebuild from zero."""
        for table in reversed(self.metadata.sorted_tables):
            await connection.execute(table.delete())
