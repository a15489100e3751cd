"""Who the persons are, from the service that keeps the directory to those that follow it. Both are the leader's.

The keeper compares: what the topic says with what the directory says, and sends the difference. So nothing is lost by a
crash between the two, whatever the instant; and what was away, restored or made anew is brought up to date.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import asyncpg

from mandate_events.ledger.following import passes
from mandate_events.transport.names import HOUR, Entry, KafkaNamesSink, Names
from mandate_events.transport.port import Fenced, Loss

log = logging.getLogger(__name__)

WAIT: Final = 1.0
RETRY: Final = 1.0

_BEGIN: Final = "update directory.reading set times = times + 1 returning times"
_MINE: Final = "select from directory.reading where times = $1 for share"
_KEEP: Final = """
insert into directory.names (person, name) select * from unnest($1::text[], $2::text[])
on conflict (person) do update set name = excluded.name where names.name is not null
"""
"""Erased is for good: a name that comes late does not bring anybody back."""
_DROP: Final = "delete from directory.names where person = any($1) and name is not null"
_DROP_OTHERS: Final = "delete from directory.names where person <> all($1) and name is not null"

Directory: TypeAlias = Callable[[], Awaitable[Mapping[str, Entry]]]


async def follow_names(pool: "asyncpg.Pool[Any]", names: Names) -> None:
    """Keep the own table as the directory is, until cancelled."""
    await _again_and_again("the names that are followed", names.close, lambda: _follow(pool, names))


async def publish_names(directory: Directory, names: Names, sink: KafkaNamesSink, every: float = HOUR) -> None:
    """Keep the topic as the directory is, until cancelled. `every`: seconds after which a segment of it may end."""

    async def close() -> None:
        await sink.close()
        await names.close()

    await _again_and_again("the names that are published", close, lambda: _publish(directory, names, sink, every))


async def _again_and_again(
    what: str, close: Callable[[], Awaitable[None]], work: Callable[[], Awaitable[None]]
) -> None:
    """What is away is waited for. A topic that lost something is read from its beginning, as at every start."""
    waiting = False
    while True:
        try:
            await work()
        except Exception as error:
            if not passes(error) and not isinstance(error, Loss):
                raise
            log.log(logging.DEBUG if waiting else logging.WARNING, "%s wait: %r", what, error)
            waiting = True
        finally:
            await close()
        await asyncio.sleep(RETRY)


async def _follow(pool: "asyncpg.Pool[Any]", names: Names) -> None:
    times = await pool.fetchval(_BEGIN)
    await _keep(pool, times, await _read_all(names), whole=True)
    while True:
        if news := await names.receive(WAIT):
            await _keep(pool, times, news)


async def _read_all(names: Names) -> list[Entry]:
    """What the directory says, from its beginning."""
    await names.open()
    found: list[Entry] = []
    while not await names.whole():
        found += await names.receive(WAIT)
    return found


async def _keep(pool: "asyncpg.Pool[Any]", times: int, entries: Sequence[Entry], *, whole: bool = False) -> None:
    """Keep what was said; where that is the `whole`, nothing else. A process that began before another one may not."""
    erased = {entry.person for entry in entries if entry.erased}
    said = {entry.person: entry.name for entry in entries} | dict.fromkeys(erased)
    kept = {person: name for person, name in said.items() if name is not None or person in erased}
    async with pool.acquire() as connection, connection.transaction():
        if not await connection.fetch(_MINE, times):
            raise Fenced("the directory is read by another process")
        await connection.execute(_KEEP, list(kept), list(kept.values()))
        await connection.execute(_DROP, list(said.keys() - kept.keys()))
        if whole:
            await connection.execute(_DROP_OTHERS, list(said))


async def _publish(directory: Directory, names: Names, sink: KafkaNamesSink, every: float) -> None:
    said = {entry.person: entry for entry in await _read_all(names)}
    await sink.open()
    pulse = 0.0
    while True:
        wanted = await directory()
        if time.monotonic() >= pulse:
            pulse = time.monotonic() + every
            erased = [entry for entry in wanted.values() if entry.erased]
            await sink.put(erased)  # anew: a follower that begins later has to know, too
            await sink.pulse()
        if news := differences(said, wanted):
            await sink.put(news)
        said |= {entry.person: entry for entry in await names.receive(WAIT)}


def differences(said: Mapping[str, Entry], wanted: Mapping[str, Entry]) -> Sequence[Entry]:
    """What has to be said so that the topic says what the directory does."""
    gone = [Entry(person, None) for person, entry in said.items() if entry.name is not None and person not in wanted]
    return [*gone, *(entry for person, entry in wanted.items() if said.get(person) != entry)]
