"""Live updates and exports as a user has them: through a stop and a start of the product, with its own client."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.running import Product, found_office
from tests.frontend_example import SOURCE
from tests.node_tools import Node

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


def test_a_frontend_lives_through_an_outage_and_is_told_each_event_once(
    node: Node, product: Product, tmp_path: Path
) -> None:
    """It reads a list, follows from the position that the list stated, and the product is killed and away meanwhile."""
    said = tmp_path / "said"
    environment = {**os.environ, "MANDATE_URL": product.url, "LONGEST_WAIT": "200"}
    with said.open("wb") as out:
        frontend = subprocess.Popen(
            [node.program, SOURCE / "src" / "watch.ts"], stdout=out, stderr=out, env=environment
        )
    try:
        product.until(lambda: " proposals at " in said.read_text())
        begun = int(said.read_text().partition("governance:")[2])
        before = observe(product, 4)
        product.until(lambda: f"\n{before} " in said.read_text())
        product.kill()
        with socket.create_server(("127.0.0.1", product.port)) as nobody:
            for _ in range(5):  # it tries again and again, and whoever has the port by now is not the product
                nobody.accept()[0].close()
        product.start()
        after = observe(product, 5)
        product.until(lambda: f"\n{after} " in said.read_text())
        frontend.terminate()
        assert frontend.wait(10) == 0, said.read_text()
    finally:
        frontend.kill()
        frontend.wait()
    told = [int(line.partition(" ")[0]) for line in said.read_text().splitlines()[1:]]
    assert told == list(range(begun + 1, after + 1))


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
