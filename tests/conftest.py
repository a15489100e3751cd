"""The servers every integration test shares: started once, stopped at the end. Nothing here knows a service."""

import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import pytest

from image.tools import Missing
from mandate_local.broker import BrokerError, KafkaBroker, available, bootstrap_from_environment
from mandate_local.kafka_libraries import libraries
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.app.logs import JsonLines
from tests import browser
from tests.browser import Browser
from tests.debian import Program, program
from tests.node_tools import Node, NodeUnavailable, installed


@dataclass(frozen=True, slots=True)
class ExternalKafka:
    """Brokers that KAFKA_BOOTSTRAP_SERVERS names: ours to use, not to stop."""

    bootstrap: str


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A real PostgreSQL 18 with fsync on, as users run it: `.dsn(...)`, `.ensure_database(...)`.

    Not under pytest's own directory: each new session of pytest closes that to 0700 again, and PostgreSQL, which
    runs as another user when we are root, loses its way to its socket.
    """
    with tempfile.TemporaryDirectory(prefix="mandate-") as directory, EmbeddedPostgres(directory) as server:
        yield server


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker | ExternalKafka]:
    """A real Kafka: `.bootstrap`. Without one the test is skipped aloud, or fails under MANDATE_REQUIRE_ALL=1."""
    if (named := bootstrap_from_environment()) is not None:
        yield ExternalKafka(named)
        return
    require_broker()
    quick = {"log.cleaner.backoff.ms": "100"}  # how soon it looks again for what can be compacted
    with KafkaBroker(tmp_path_factory.mktemp("kafka"), settings=quick) as broker:
        yield broker


@pytest.fixture(scope="session", name="require_broker")
def require_broker_fixture() -> None:
    """For tests that run a broker of their own, to kill it."""
    require_broker()


def require_broker() -> None:
    """Skip, or fail, if no broker can be had here. One that is there and does not start is never skipped: a fault."""
    if (reason := available()) is not None:
        do_without(reason)
    try:
        libraries()
    except BrokerError as error:
        do_without(str(error))


@pytest.fixture(scope="session")
def node() -> Node:
    """Node with the tools that judge what we publish. Without them the test is skipped aloud, or fails."""
    try:
        return installed()
    except NodeUnavailable as error:
        do_without(str(error))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless browser: `with chromium.page() as page`. Without one the test is skipped aloud, or fails."""
    try:
        program = browser.installed()
    except browser.BrowserUnavailable as error:
        do_without(str(error))
    with Browser(program) as running:
        yield running


def needed(*names: str, package: str, at: str) -> Program:
    """A program of Debian, for a test: what cannot be had skips it aloud, and fails where everything is required."""
    try:
        return program(*names, package=package, at=at)
    except Missing as missing:
        do_without(str(missing))
        raise


def do_without(reason: str) -> NoReturn:
    """A test that does not run must be seen: CI sets MANDATE_REQUIRE_ALL=1, where a skip would hide a hole."""
    if os.environ.get("MANDATE_REQUIRE_ALL") == "1":
        pytest.fail(f"MANDATE_REQUIRE_ALL=1, but {reason}")
    pytest.skip(f"NOT TESTED: {reason}")


@pytest.fixture(autouse=True)
def our_log_lines_end_with_the_test() -> Iterator[None]:
    """A test that configures our logs must not leave them behind: they write to a stream that is closed by then."""
    yield
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each.formatter, JsonLines)]
