"""Live updates and exports as a user has them: through a stop and a start of the product, with its own client."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.running import Product, found_office

FEEDS = ("governance", "projects", "reporting")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("live") / "data")
    with running:
        found_office(running)
        yield running


def events(answer: httpx.Response, number: int) -> list[tuple[int, str]]:
    """(id, type) of the next events of a stream."""
    found: list[tuple[int, str]] = []
    id_, type_ = 0, ""
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            id_ = int(value)
        elif name == "event":
            type_ = value
        elif name == "data":
            found.append((id_, type_))
            if len(found) == number:
                break
    return found


def observe(product: Product, number: int) -> int:
    """Somebody is appointed; returns the position."""
    body = {"person": f"0197b3a0-5c1e-5c44-8d1f-{number:012d}", "reason": "To look"}
    position: int = product.give("pmo-1", "/governance/v1/office/observers", body)["position"]
    return position


def test_a_stream_goes_on_after_a_restart_without_loss_or_repetition(product: Product) -> None:
    """The stop does not wait for open streams, and ends them so that their clients come back."""
    with httpx.Client(base_url=product.url, timeout=30) as client:
        streams = [
            client.stream("GET", f"/{feed}/v1/events", params={"after": 0}, headers=product.headers("pmo-1"))
            for feed in FEEDS
        ]
        opened = [stream.__enter__() for stream in streams]
        before = observe(product, 1)
        first = events(opened[0], before - 2)
        begun = time.monotonic()
        assert product.stop() == 0
        assert time.monotonic() - begun < 10
        for stream in streams:
            stream.__exit__(None, None, None)
    assert "rror" not in product.log.read_text(), product.log.read_text()[-2000:]
    product.start()
    after = observe(product, 2)
    headers = product.headers("pmo-1") | {"Last-Event-ID": str(first[-1][0])}
    with httpx.stream("GET", f"{product.url}/governance/v1/events", headers=headers, timeout=30) as answer:
        rest = events(answer, after - first[-1][0])
    assert [id_ for id_, _ in first + rest] == list(range(1, after + 1))


def test_the_client_exports_the_record_and_tells_a_story(product: Product, tmp_path: Path) -> None:
    file = tmp_path / "record.ndjson"
    position = observe(product, 3)
    product.until(
        lambda: (
            f"governance:{position}" in product.get("auditor-1", "/reporting/v1/history").headers["Mandate-Position"]
        )
    )
    done = product.mandate("history", "--export", str(file), persona="auditor-1")
    assert done.returncode == 0, done.stderr
    assert "the whole ledgers" in done.stdout
    documents = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert max(int(each["sequence"]) for each in documents if each["source"] == "/mandate/governance") >= position
    [last] = [each for each in documents if each["type"] == "mandate.governance.observer-appointed.v1"][-1:]
    told = product.mandate("story", last["correlationid"], persona="auditor-1")
    assert told.returncode == 0, told.stderr
    assert "observer-appointed" in told.stdout
    mine = tmp_path / "mine.ndjson"
    refused = product.mandate("history", "--export", str(mine), persona="stranger")
    assert (refused.returncode, mine.exists()) == (1, False)
