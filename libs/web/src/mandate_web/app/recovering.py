"""`mandate-<service> recover`: bring a restored ledger up to its topic, and say what came of it."""

import asyncio
import sys
from typing import Final

import asyncpg

from mandate_events.ledger.following import passes
from mandate_events.ledger.store import POINT_LOOKUPS
from mandate_events.transport.kafka import KafkaSink, KafkaSource
from mandate_events.transport.port import Halted
from mandate_events.worker.recovery import AnotherLeads, Recovered, recover
from mandate_web.app.service import Service
from mandate_web.settings import Settings

DESCRIPTION: Final = """Compares the ledger with its Kafka topic and records again, byte for byte, what the database
lacks of it. Until then a restored ledger takes no commands. It can be broken off and run again. Exit codes: 0 the
ledger holds all that its topic holds; 1 the topic does not continue this ledger, and nothing was written; 2 wrong
settings; 3 Kafka or the database does not answer, or a worker leads: try again."""

TRIES: Final = 20
"""A worker that finds its ledger closed ceases to lead within a second or two."""


async def recover_ledger(service: Service, settings: Settings) -> int:
    """Recover, with words for the operator; returns the exit code."""
    if settings.transport != "kafka":
        _say("MANDATE_TRANSPORT: there is no topic to recover from")
        return 2
    try:
        recovered = await _when_nobody_leads(service, settings)
    except Halted as halt:
        _say(f"refused, nothing was written: {halt}")
        return 1
    except AnotherLeads as other:
        _say(f"{other}: stop it, or let it find out that its ledger is behind; then run this again")
        return 3
    except Exception as error:
        if not passes(error):
            raise
        _say(f"broken off, run it again: {error!r}")
        return 3
    _report(service.name, recovered)
    return 0


async def _when_nobody_leads(service: Service, settings: Settings) -> Recovered:
    name, brokers = service.name, settings.kafka_bootstrap_servers
    server_settings = {**POINT_LOOKUPS, "application_name": "mandate-recover"}
    connection = await asyncpg.connect(settings.database, server_settings=server_settings, timeout=10)
    try:
        for last in (*[False] * (TRIES - 1), True):
            try:
                return await recover(
                    service.domain, connection, KafkaSource(name, brokers), KafkaSink(name, brokers), _say
                )
            except AnotherLeads:
                if last:
                    raise
                await asyncio.sleep(0.25)
        raise AssertionError("unreachable")
    finally:
        await connection.close(timeout=5)


def _report(name: str, recovered: Recovered) -> None:
    count = recovered.after - recovered.before
    if count:
        _say(f"{name} ends at {recovered.after}: {count} documents were recorded again. It takes commands.")
    else:
        _say(f"{name} ends at {recovered.after} and holds all that its topic holds. It takes commands.")
    for sha256, position in recovered.missing.items():
        _say(
            f"missing: the document {sha256}, which {name}:{position} names; take it from another copy of ledger.blobs"
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
