"""Recovery: the tail that a restored ledger lacks is read from its topic and recorded again, byte for byte.

The whole topic is read twice. The first time proves that it continues this ledger and no other one; the second time
writes. Each transaction holds whole commands, so recovery can be killed at any moment and begun again.
"""

import re
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import asyncpg

from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import Accepted, Denied, stored
from mandate_events.deciding.rights import CommandDenied, Rights, is_system
from mandate_events.document.canonical import leaf_hash
from mandate_events.ledger.continuation import Continuation, Found
from mandate_events.ledger.home import LedgerBehindTopic, accept_commands, compare, standing
from mandate_events.ledger.schema import RECOVERING
from mandate_events.ledger.statements import AFTER, LAST, READMIT
from mandate_events.transport.port import Sink, Source, TransportUnavailable
from mandate_events.worker.process import take_lead

BATCH: Final = 500
WAIT: Final = 1.0
PATIENCE: Final = 30
"""So many times nothing may arrive, though the topic holds more, before Kafka counts as away."""

HASH: Final = re.compile(rb'"([A-Za-z_]+)":"([0-9a-f]{64})"')
OF_OTHER_THINGS: Final = frozenset({b"hash", b"policy", b"previous", b"sha256"})
"""Members that hold the hash of an event, of a table of rights, or of evidence kept elsewhere."""

Say = Callable[[str], None]


class AnotherLeads(RuntimeError):
    """A worker leads this ledger: it is not closed, or its worker has not noticed yet."""


@dataclass(slots=True)
class Recovered:
    """What a recovery came to."""

    before: int
    after: int
    missing: dict[str, int] = field(default_factory=dict)
    """Documents that are not in Kafka, see `missing`."""


async def recover(
    domain: Domain, connection: "asyncpg.Connection[Any]", source: Source, sink: Sink, say: Say
) -> Recovered:
    """Bring the ledger up to its topic, and open it for commands.

    Raises `Halted` (`Fork`, `Loss` or `Garbled`) where the topic does not continue the ledger: then nothing was
    written. `AnotherLeads` and `TransportUnavailable` are a matter of time.
    """
    if not await take_lead(connection):
        raise AnotherLeads(f"a worker leads {domain.service}")
    before = (await connection.fetchrow(LAST) or (0,))[0]
    if not await _is_behind(domain, connection, sink):
        await accept_commands(connection)
        return Recovered(before, before, await missing(connection))
    say(f"{domain.service} ends at {before}; comparing it with its topic")
    proven = 0
    async with aclosing(_continuing(domain, connection, source)) as tail:
        async for found in tail:
            proven += len(found)
            if found:
                say(f"{domain.service}:{found[-1].record.position} continues the ledger")
    say(f"{proven} documents to record again")
    await _record(domain, connection, source, say)
    await compare(connection, domain.service, await sink.last())
    await accept_commands(connection)
    return Recovered(before, before + proven, await missing(connection))


async def _is_behind(domain: Domain, connection: "asyncpg.Connection[Any]", sink: Sink) -> bool:
    try:
        await compare(connection, domain.service, await sink.last())
    except LedgerBehindTopic:
        return True
    return (await standing(connection)).behind is not None


async def _continuing(
    domain: Domain, connection: "asyncpg.Connection[Any]", source: Source
) -> AsyncGenerator[list[Found], None]:
    """What the topic adds to the ledger, each document proven to continue it."""
    continuation = Continuation(domain.catalogue, connection)
    await continuation.open()
    await source.open(0)
    silences = 0
    try:
        while silences < PATIENCE:
            deliveries = await source.receive(BATCH, WAIT)
            if deliveries:
                silences = 0
                yield await continuation.take([delivery.document for delivery in deliveries])
            elif await source.behind() == 0:
                return
            else:
                silences += 1
    finally:
        await source.close()
    raise TransportUnavailable(f"the topic of {domain.service} holds more, but Kafka does not answer")


async def _record(domain: Domain, connection: "asyncpg.Connection[Any]", source: Source, say: Say) -> None:
    """Record what the topic adds, whole commands at a time."""
    await connection.execute("select set_config($1, 'on', false)", RECOVERING)
    waiting: list[Found] = []
    async with aclosing(_continuing(domain, connection, source)) as tail:
        async for found in tail:
            waiting += found
            commands = list(_commands(waiting))
            if len(waiting) >= BATCH and len(commands) > 1:
                waiting = commands.pop()  # it may go on in what comes next
                await _write(domain, connection, commands, say)
    if waiting:
        await _write(domain, connection, list(_commands(waiting)), say)


def _commands(found: Sequence[Found]) -> Iterator[list[Found]]:
    """The events of each command: they stand side by side, and name the same cause."""
    for _, events in groupby(found, lambda each: (each.record.actor, each.record.causationid)):
        yield list(events)


async def _write(
    domain: Domain, connection: "asyncpg.Connection[Any]", commands: Sequence[Sequence[Found]], say: Say
) -> None:
    events = [found for command in commands for found in command]
    records = [found.record for found in events]
    answers = [answer for command in commands for answer in answers_of(command, domain.rights)]
    await connection.execute(
        READMIT,
        [record.position for record in records],
        [record.subject for record in records],
        [record.streamversion for record in records],
        [record.type for record in records],
        [record.time for record in records],
        [found.document for found in events],
        [leaf_hash(found.document) for found in events],
        *([answer[column] for answer in answers] for column in range(5)),
        str(records[-1].position),
    )
    say(f"recorded {records[0].position} to {records[-1].position}")


def answers_of(command: Sequence[Found], rights: Rights) -> list[tuple[str, str, str, bytes, int]]:
    """Principal, cause, stream, response and position: what a command is to be answered that comes again.

    Its key is the cause of its events, or, for a policy, what it reacted to is. Which of its streams it was given to
    is not on record, nor are its route and its body: whichever it is, there is an answer. The facts of a refusal are
    those that the event and today's table of rights tell.
    """
    last = command[-1].record
    principal, cause = last.actor, last.causationid
    answers: dict[str, tuple[bytes, int]] = {}
    for found in command:
        record = found.record
        denied = record.data
        if isinstance(denied, CommandDenied) and not is_system(principal):
            facts = {"command": denied.command, "role": denied.role, "needed": rights.roles_for(denied.command)}
            answers[denied.on] = (stored(Denied(denied.rule, facts, record.position)), record.position)
        else:
            response = stored(Accepted(record.subject, record.streamversion, last.position))
            answers[record.subject] = (response, record.position)
    return [(principal, cause, stream, *answer) for stream, answer in answers.items()]


async def missing(connection: "asyncpg.Connection[Any]") -> dict[str, int]:
    """Documents kept beside the record that the events name and the database lacks, each with the first position."""
    named: dict[str, int] = {}
    after = 0
    while rows := await connection.fetch(AFTER, after, 10 * BATCH):
        for row in rows:
            for name, sha256 in HASH.findall(row["document"]):
                if name not in OF_OTHER_THINGS:
                    named.setdefault(sha256.decode(), row["position"])
        after = rows[-1]["position"]
    here = {row[0] for row in await connection.fetch("select encode(sha256, 'hex') from ledger.blobs")}
    return {sha256: position for sha256, position in named.items() if sha256 not in here}
