"""Where a ledger lives, and whether it may take commands there: a restored one must not use its positions again.

A ledger remembers the database in which it was last seen to hold all that its topic holds. In any other one (a dump
that was restored, a recovery to a point in time) it is compared with its topic before it takes a command. One that is
behind is closed in the database itself, for every process, until `mandate-<service> recover` (docs/adr/0016).
"""

import logging
from dataclasses import dataclass
from typing import Any

import asyncpg

from mandate_events.deciding.outcome import LedgerBehind
from mandate_events.document.event import read_heading
from mandate_events.ledger.statements import SETTLE, STANDING

log = logging.getLogger(__name__)


class LedgerBehindTopic(RuntimeError):
    """The topic holds what the ledger does not, or other bytes under the same number: the database was restored."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a ledger says of itself: where it was at home, where it is, and why it takes no commands (None: it does)."""

    place: str | None
    here: str
    behind: str | None

    @property
    def at_home(self) -> bool:
        return self.place == self.here

    @property
    def uncompared(self) -> bool:
        """Whether nobody knows whether it is behind."""
        return self.behind is None and not self.at_home

    @property
    def refusal(self) -> LedgerBehind | None:
        """Why nothing may be decided here now."""
        if self.behind is not None:
            return LedgerBehind(self.behind)
        if self.uncompared:
            return LedgerBehind("this database is not where the ledger was; it has yet to be compared with its topic")
        return None


async def standing(connection: "asyncpg.Connection[Any]") -> Standing:
    row = await connection.fetchrow(STANDING)
    assert row is not None
    return Standing(*row)


async def settle(connection: "asyncpg.Connection[Any]", service: str) -> None:
    """From now on the ledger is at home here."""
    if place := await connection.fetchval(SETTLE):
        log.info("the ledger of %s is at home in %s", service, place)


async def refuse_commands(connection: "asyncpg.Connection[Any]", why: str) -> None:
    """Close the ledger. What is being written is waited for; nothing is written afterwards, by any process."""
    await connection.execute("select ledger.refuse_commands($1)", why)


async def accept_commands(connection: "asyncpg.Connection[Any]") -> None:
    """Open it again; it is at home here."""
    await connection.execute("select ledger.accept_commands()")


async def compare(connection: "asyncpg.Connection[Any]", service: str, last: bytes | None) -> int:
    """Prove that the topic's last document is in the ledger, byte for byte; returns its position, 0 where there is
    none. Read the topic before: then what is relayed meanwhile is in the ledger already.

    Raises `LedgerBehindTopic`, after closing the ledger.
    """
    try:
        return await _position_of(connection, service, last)
    except LedgerBehindTopic as behind:
        log.critical("the ledger of %s takes no commands: %s; run mandate-%s recover", service, behind, service)
        await refuse_commands(connection, str(behind))
        raise


async def _position_of(connection: "asyncpg.Connection[Any]", service: str, last: bytes | None) -> int:
    if last is None:
        return 0
    try:
        position = read_heading(last).position
    except ValueError as error:
        raise LedgerBehindTopic(f"the topic of {service} ends with what is no document") from error
    ours = await connection.fetchval("select document from ledger.events where position = $1", position)
    if ours != last:
        state = "is not" if ours is None else "is another"
        raise LedgerBehindTopic(f"the topic ends with {service}:{position}, which {state} in the ledger")
    return position
