"""Idempotency keys of people are forgotten after a week, those of policies never."""

import asyncio
import logging
import uuid

import pytest

from governance.main import GOVERNANCE
from mandate_events.ledger.store import Store
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.app.housekeeping import keeping_house, prune
from tests.integration.ledgers import Governance, Ledger, governing, new_ledger


async def _age(ledger: Ledger, days: int, until: int) -> None:
    """Let the first events be so many days old; only a superuser who takes the guards away can."""
    await ledger.query("alter table ledger.events disable trigger events_only_grow")
    sql = "update ledger.events set recorded_at = recorded_at - make_interval(days => $1) where position <= $2"
    await ledger.query(sql, days, until)
    await ledger.query("alter table ledger.events enable always trigger events_only_grow")


async def _keys(ledger: Ledger) -> dict[str, int]:
    rows = await ledger.query(
        "select principal like 'system/%', count(*) from ledger.commands group by 1",
    )
    return {"system" if row[0] else "people": row[1] for row in rows}


async def _worked(governance: Governance) -> int:
    await governance.observe(3)
    return governance.store.appender.position


async def test_keys_are_pruned_after_a_week(postgres: EmbeddedPostgres) -> None:
    ledger = await new_ledger(postgres, "governance")
    async with governing(ledger) as governance:
        before = await _keys(ledger)
        week = governance.store.appender.position
        await ledger.query(
            """insert into ledger.recovered (principal, cause, stream, response, position)
               select principal, key, 'office/main', response, position from ledger.commands"""
        )
        await _worked(governance)
        assert await prune(governance.store) == 0
        await _age(ledger, 6, week)
        assert await prune(governance.store) == 0
        await _age(ledger, 1, week)
        assert await prune(governance.store) == before["people"]
        assert await _keys(ledger) == {"system": before["system"], "people": 3}
        recovered = await ledger.query("select principal from ledger.recovered")
        assert len(recovered) == before["system"]
        assert all(row[0].startswith("system/") for row in recovered), "answers that were recovered go with the keys"
        assert await prune(governance.store) == 0


async def test_a_key_that_was_pruned_is_a_new_one(postgres: EmbeddedPostgres) -> None:
    ledger = await new_ledger(postgres, "governance")
    async with governing(ledger) as governance:
        await _age(ledger, 8, await _worked(governance))
        await prune(governance.store)
        position = governance.store.appender.position
        await governance.observe(1)
        assert governance.store.appender.position == position + 2


async def test_it_happens_while_serving_and_survives_faults(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ledger = await new_ledger(postgres, "governance")
    async with governing(ledger) as governance:
        last = await _worked(governance)
    async with Store(GOVERNANCE, ledger.dsn) as store:
        async with keeping_house(store, every=0.01):
            await asyncio.sleep(0.1)
            await _age(ledger, 8, last)
            for _ in range(500):
                if "people" not in await _keys(ledger):
                    break
                await asyncio.sleep(0.01)
            assert "people" not in await _keys(ledger)
        caplog.clear()

        class Broken:
            async def execute(self, _sql: str) -> str:
                raise ConnectionRefusedError(str(uuid.uuid4()))

        monkeypatch.setattr(Store, "pool", Broken())
        async with keeping_house(store, every=0.01):
            await asyncio.sleep(0.1)
        assert len([record for record in caplog.records if "could not be pruned" in record.message]) > 1
        monkeypatch.undo()
