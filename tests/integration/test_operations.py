"""What operations see: requests by route, and a process that must be started again."""

import asyncio
import re
import uuid

import httpx

from governance.main import SERVICE as GOVERNANCE
from mandate_events.deciding.outcome import LedgerBroken
from mandate_events.ledger.migrating import migrate
from mandate_events.worker.process import Worker
from mandate_local.postgres import EmbeddedPostgres
from mandate_local.product import settings_of
from mandate_web.app.worker import health_of_worker
from tests.integration.over_http import PROPOSALS, REVIEWS, Product

SAMPLE = re.compile(r'mandate_http_request_seconds_count\{method="(\w+)",route="([^"]*)",status="(\d+)"\} (\d+)\.0')


async def counted(product: Product) -> dict[tuple[str, str, str], int]:
    """Requests by method, route and status."""
    text = (await product.http.get("/governance/metrics")).text
    return {(method, route, status): int(count) for method, route, status, count in SAMPLE.findall(text)}


async def test_requests_are_counted_by_route_and_status(product: Product) -> None:
    before = await counted(product)
    for _ in range(3):
        await product.get(f"{REVIEWS}/{uuid.uuid4()}")
    await product.http.get(PROPOSALS)
    await product.http.head(PROPOSALS)
    await product.http.get("/governance/v1/nothing-of-the-kind")
    await product.http.request("PUT", PROPOSALS)
    after = await counted(product)
    grown = {sample: count - before.get(sample, 0) for sample, count in after.items() if count != before.get(sample)}
    del grown["GET", "/metrics", "200"]
    assert grown == {
        ("GET", "/v1/gate-reviews/{id}", "404"): 3,
        ("GET", "/v1/proposals", "401"): 1,
        ("HEAD", "/v1/proposals", "401"): 1,
        ("GET", "none", "404"): 1,
        ("other", "/v1/proposals", "405"): 1,
    }


async def test_a_worker_is_ready_when_it_leads_or_stands_by(postgres: EmbeddedPostgres) -> None:
    """Not before, and not when it will never decide again."""
    postgres.ensure_database("governance")
    await migrate(postgres.dsn("governance"), GOVERNANCE.migrations)
    health = health_of_worker()
    async with (
        GOVERNANCE.open(settings_of(GOVERNANCE, postgres, 0)) as opened,
        httpx.AsyncClient(transport=httpx.ASGITransport(health), base_url="http://governance") as http,
    ):

        async def answered() -> list[int]:
            return [(await http.get(path)).status_code for path in ("/healthz", "/readyz")]

        assert await answered() == [200, 503], "the ledger is not open yet"
        health.state.store, health.state.worker = (
            opened.store,
            Worker("governance", postgres.dsn("governance"), None, list),
        )
        assert await answered() == [200, 503], "it has not begun"
        assert "neither leads nor stands by" in (await http.get("/readyz")).json()["detail"]
        async with asyncio.TaskGroup() as group:
            working = group.create_task(health.state.worker.run())
            await health.state.worker.leading.wait()
            assert await answered() == [200, 200]
            opened.store.appender.broken = LedgerBroken("position 7 follows 5")
            assert await answered() == [503, 503]
            working.cancel()
        opened.store.appender.broken = None
        assert await answered() == [200, 503], "it does no longer"


async def test_a_process_that_will_never_decide_again_asks_to_be_started_again(postgres: EmbeddedPostgres) -> None:
    postgres.ensure_database("governance")
    await migrate(postgres.dsn("governance"), GOVERNANCE.migrations)
    app = GOVERNANCE.app(settings_of(GOVERNANCE, postgres, 0))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://governance") as http,
    ):
        assert [(await http.get(path)).status_code for path in ("/healthz", "/readyz")] == [200, 200]
        app.state.store.appender.broken = LedgerBroken("position 7 follows 5")
        for path in ("/healthz", "/readyz"):
            answer = await http.get(path)
            assert answer.status_code == 503
            assert "position 7 follows 5" in answer.json()["detail"]
