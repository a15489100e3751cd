"""What is due when a day is over: recorded on its day or as soon as the service runs again, once."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
import pytest

from governance.main import GOVERNANCE
from governance.requests.request import ReceiveRequest
from governance.requests.waiver import WAIVER, DecideWaiver, ExpireWaiver, RevokeWaiver, WaiverRequestReceived
from mandate_events.deciding import Instruction
from mandate_events.deciding.batch import Submission
from mandate_events.document.identifiers import uuid7
from mandate_events.document.origin import Origin
from mandate_events.ledger.engine import create_engine
from mandate_events.ledger.local import LocalSource
from mandate_events.ledger.store import Store
from mandate_events.values.days import end_of
from mandate_events.worker import timers
from mandate_events.worker.consumer import Consumer
from mandate_events.worker.timers import give_due, keep_time
from mandate_local.postgres import EmbeddedPostgres
from tests.integration.ledgers import Governance, Ledger, eventually, new_ledger
from tests.services import DUE, GOVERNANCE_SERVICE

MELBOURNE = ZoneInfo("Australia/Melbourne")
ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)


@pytest.fixture
async def ledger(postgres: EmbeddedPostgres) -> Ledger:
    return await new_ledger(postgres, "governance", (DUE["governance"],))


async def give(store: Store, id_: str, command: Instruction, actor: str) -> None:
    await store.submit(
        Submission(WAIVER, id_, command, actor=actor, route="test", key=uuid7(), correlation="story", authority="test")
    )


async def granted(ledger: Ledger, until: date) -> tuple[str, str]:
    """A waiver in force up to a day, and a member who may take it back."""
    async with Store(GOVERNANCE, ledger.dsn) as store:
        office = Governance(store)
        await office.found()
        id_ = uuid7()
        asked = WaiverRequestReceived(
            project=uuid7(), standard="capital@1", requested_by=uuid7(), origin=ORIGIN, control="review", until=until
        )
        await give(store, id_, ReceiveRequest(received=asked), "system/recognition")
        await give(store, id_, DecideWaiver(outcome="granted", reason="Weighed"), office.officer)
        return id_, office.officer


async def follow(ledger: Ledger) -> None:
    """Let the view of due dates follow the ledger to its end."""
    engine = create_engine(ledger.dsn)
    source = LocalSource("governance", ledger.dsn)
    consumer = Consumer("views", source, GOVERNANCE.catalogue, engine, service="governance", views=(DUE["governance"],))
    running = asyncio.create_task(consumer.run())

    async def there() -> bool:
        rows = await ledger.query(
            "select (select max(position) from ledger.events) = (select max(sequence) from ledger.cursors)"
        )
        return bool(rows[0][0])

    await eventually(there)
    running.cancel()
    await asyncio.wait({running})
    await engine.dispose()


async def expired(ledger: Ledger) -> list[dict[str, str]]:
    documents = [orjson.loads(document) for document in await ledger.documents()]
    return [each for each in documents if each["type"].endswith(".waiver-expired.v1")]


async def test_a_waiver_expires_when_its_day_is_over_where_the_office_is_and_once(ledger: Ledger) -> None:
    today = datetime.now(MELBOURNE).date()
    id_, _ = await granted(ledger, today)
    await follow(ledger)
    async with Store(GOVERNANCE, ledger.dsn) as store:
        assert await give_due(store, GOVERNANCE_SERVICE.house.timers, MELBOURNE) == 0, "the day is not over"
    async with Store(GOVERNANCE, ledger.dsn, clock_ahead=timedelta(days=3)) as store:
        assert await give_due(store, GOVERNANCE_SERVICE.house.timers, MELBOURNE) == 1
        assert await give_due(store, GOVERNANCE_SERVICE.house.timers, MELBOURNE) == 1, "the view has not followed yet"
    [event] = await expired(ledger)
    assert event["actor"] == "system/clock"
    assert event["authority"] == f"waiver/{id_}@2", "the decision that set the day"
    assert event["correlationid"] == "story"
    occurred = datetime.fromisoformat(event["occurredat"])
    assert occurred == end_of(today, MELBOURNE), "when the day ended, and not when it was put down"
    assert datetime.fromisoformat(event["time"]) > occurred + timedelta(days=1)
    await follow(ledger)
    assert await ledger.query("select * from views.due") == []


async def test_what_was_settled_before_is_not_due(ledger: Ledger) -> None:
    id_, member = await granted(ledger, datetime.now(UTC).date())
    async with Store(GOVERNANCE, ledger.dsn) as store:
        await give(store, id_, RevokeWaiver(reason="Not used"), member)
    await follow(ledger)
    async with Store(GOVERNANCE, ledger.dsn, clock_ahead=timedelta(days=3)) as store:
        assert await give_due(store, GOVERNANCE_SERVICE.house.timers, ZoneInfo("UTC")) == 0
    assert await expired(ledger) == []


async def test_one_that_cannot_be_decided_holds_up_no_other(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no such waiver, a newer program's timer is unknown here, and a command cannot be made."""
    monkeypatch.setattr(timers, "MANY", 1)
    await granted(ledger, datetime.now(UTC).date())
    await follow(ledger)
    for timer, thing in (("waiver-expiry", uuid7()), ("of-a-newer-version", uuid7()), ("torn", uuid7())):
        await ledger.query("insert into views.due values ($1, $2, '', '2026-01-01', 'test@1')", timer, thing)
    expiry = GOVERNANCE_SERVICE.house.timers["waiver-expiry"]
    torn = {
        **GOVERNANCE_SERVICE.house.timers,
        "torn": replace(expiry, name="torn", command=lambda _, part: ExpireWaiver(until=date.fromisoformat(part))),
    }
    async with Store(GOVERNANCE, ledger.dsn, clock_ahead=timedelta(days=3)) as store:
        assert await give_due(store, torn, ZoneInfo("UTC")) == 1
    assert len(await expired(ledger)) == 1


async def test_the_clock_runs_by_itself(ledger: Ledger) -> None:
    await granted(ledger, datetime.now(UTC).date())
    await follow(ledger)

    async def zone() -> ZoneInfo:
        return ZoneInfo("UTC")

    async def found() -> bool:
        return len(await expired(ledger)) == 1

    async with Store(GOVERNANCE, ledger.dsn, clock_ahead=timedelta(days=3)) as store:
        running = asyncio.create_task(keep_time(store, GOVERNANCE_SERVICE.house.timers, zone))
        await eventually(found)
        running.cancel()
        await asyncio.wait({running})
