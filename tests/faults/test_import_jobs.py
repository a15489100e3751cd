"""Imports that the service carries out: killed in the midst, once or with PostgreSQL, they go on and double nothing."""

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import Product, found_office
from tests.faults.campaign import ROUNDS, Server, chance, clear, left_over
from tests.faults.ledger_checks import check_everything
from tests.faults.proposals import MAPS, ROWS, proposals_file

IMPORTS = "/governance/v1/imports"
LINES = 3_000


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with tempfile.TemporaryDirectory(prefix="mandate-jobs-") as directory:
        data = Path(directory).resolve() / "data"
        product = Product(data)
        try:
            product.start()
            found_office(product)
            yield product
            assert product.stop() == 0
            assert left_over(data) == []
        finally:
            clear(data)
            product.http.close()


def lines(portfolio: str) -> bytes:
    cost = {"amount": "10.00", "currency": "AUD"}
    return b"".join(
        json.dumps({"portfolio": portfolio, "reference": f"R{n}", "title": "A", "forecast_cost": cost}).encode() + b"\n"
        for n in range(LINES)
    )


@pytest.mark.parametrize("number", range(1, ROUNDS + 1))
def test_a_killed_job_goes_on(number: int, product: Product, capsys: pytest.CaptureFixture[str]) -> None:
    draw, portfolio = chance("import-jobs", number), f"round-{number}"
    headers = product.headers("pmo-1") | {"Content-Type": "application/x-ndjson"}
    answer = product.http.post("/governance/v1/proposals/imports", content=lines(portfolio), headers=headers)
    assert answer.status_code == 202, answer.text
    job = f"{IMPORTS}/{answer.json()['id']}"
    after, pause, postgres = draw.randrange(LINES // 2), draw.uniform(0, 0.1), number % 2 == 0
    product.until(lambda: product.get("pmo-1", job).json()["done"] >= after)
    time.sleep(pause)
    server = Server(product.data)
    product.kill()
    if postgres:
        server.kill()
    product.start()
    seen = product.get("pmo-1", job).json()["done"]
    ended = product.until(lambda: (body := product.get("pmo-1", job).json())["ended_at"] and body, 60)
    counts = ended["state"], ended["done"], ended["accepted"], ended["refused"]
    assert counts == ("done", LINES, LINES, 0)
    results = [json.loads(each) for each in product.get("pmo-1", f"{job}/results").text.splitlines()]
    assert [each["line"] for each in results] == list(range(1, LINES + 1))
    assert {each["status"] for each in results} == {201}
    ledger = asyncio.run(check_everything(server.dsn))["governance"]
    proposed = [each for each in ledger.named("project-proposed") if each["data"]["portfolio"] == portfolio]
    assert Counter(each["data"]["reference"] for each in proposed) == {f"R{n}": 1 for n in range(LINES)}
    assert {each["sequence"].lstrip("0") for each in proposed} == {
        each["consistency"].split(":")[1] for each in results
    }
    assert len({each["causationid"] for each in proposed}) == LINES
    with capsys.disabled():
        sys.stdout.write(f"\nround {number}: killed after {after} (PostgreSQL too: {postgres}), {seen} were kept\n")


def test_the_file_of_a_portfolio_goes_through_a_job(product: Product, tmp_path: Path) -> None:
    command = ("import", "proposals", str(proposals_file(tmp_path)), *MAPS)
    first = product.mandate(*command, persona="pmo-2")
    assert (first.returncode, first.stdout) == (0, f"{ROWS} accepted, 0 already there, 0 rejected.\n"), first.stderr
    again = product.mandate(*command, persona="pmo-2")
    assert (again.returncode, again.stdout) == (0, f"0 accepted, {ROWS} already there, 0 rejected.\n"), again.stderr
    jobs = [each for each in product.get("pmo-2", f"{IMPORTS}?limit=500").json()["items"] if each["total"] == ROWS]
    assert [(each["state"], each["accepted"], each["refused"]) for each in jobs] == [
        ("done", 0, ROWS),
        ("done", ROWS, 0),
    ]
    resumed = product.mandate(*command, "--resume", jobs[1]["id"], persona="pmo-2")
    assert (resumed.returncode, resumed.stdout) == (0, f"{ROWS} accepted, 0 already there, 0 rejected.\n")
