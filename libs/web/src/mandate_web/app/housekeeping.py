"""Housekeeping of an open ledger: what is kept for a time only is removed when its time is over."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from mandate_events.ledger.statements import PRUNE_KEYS
from mandate_events.ledger.store import Store

log = logging.getLogger(__name__)

EVERY: Final = 3600.0
"""Seconds between two rounds. Idempotency keys of people are kept for 7 days; those of policies for ever."""


async def prune(store: Store) -> int:
    """Remove the idempotency keys that are too old; returns how many there were."""
    done = await store.pool.execute(PRUNE_KEYS)
    return int(done.rpartition(" ")[2])


@asynccontextmanager
async def keeping_house(store: Store, every: float = EVERY) -> AsyncIterator[None]:
    """Prune now and then while the body runs. What goes wrong is logged and tried again the next time."""

    async def keep() -> None:
        while True:
            try:
                if pruned := await prune(store):
                    log.info("%s idempotency keys were over their time", pruned)
            except Exception as error:  # noqa: BLE001 - old keys are no reason to stop deciding
                log.warning("idempotency keys could not be pruned: %r", error)
            await asyncio.sleep(every)

    task = asyncio.create_task(keep(), name="housekeeping")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
