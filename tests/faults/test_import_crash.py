"""Kill -9 in the midst of an import, in half of the rounds PostgreSQL's postmaster too: nothing lost, nothing doubled.

The moment is drawn over the import's progress and not over the clock, so that a busy machine does not move it out of
the import; a pause of up to a few batches then places it anywhere within what a batch does. In some rounds the client
that imports dies as well, in others it lives through the outage and must end well by itself. Every third round is
killed a second time, while the proposals are authorised: then projects and reporting have work in flight as well.
"""

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.e2e.running import Product, found_office
from tests.faults.campaign import ROUNDS, SEED, Server, chance, clear, copy, left_over
from tests.faults.ledger_checks import Ledger, Witness, check_everything
from tests.faults.proposals import MAPS, ROWS, made, proposals_file

PAUSE = 0.15
"""Seconds: what some batches take."""

AUTHORISE = ("authorise", "--all", "--standard", "capital-delivery@1", "--reason", "Affordable")


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    """Not under pytest's own directory, which it closes to PostgreSQL's account."""
    with tempfile.TemporaryDirectory(prefix="mandate-crash-") as path:
        yield Path(path).resolve()


@pytest.fixture(scope="module")
def prepared(directory: Path) -> Path:
    """A data directory at rest, with an office and a published standard."""
    data = directory / "prepared"
    with Product(data) as product:
        found_office(product)
    assert left_over(data) == []
    return data


@pytest.fixture(scope="module")
def file(directory: Path) -> Path:
    return proposals_file(directory)


@dataclass(frozen=True, slots=True)
class Kill:
    """One blow: after how many recorded events, how much later, and who else dies."""

    after: int
    pause: float
    postgres: bool
    postgres_first: bool
    client: bool

    @classmethod
    def drawn(cls, draw: Random, *, postgres: bool) -> "Kill":
        return cls(
            draw.randrange(ROWS), draw.uniform(0, PAUSE), postgres, draw.random() < 0.5, client=draw.random() < 0.6
        )

    def strike(self, product: Product, server: Server, client: subprocess.Popen[str]) -> None:
        blows = [product.kill]
        if self.postgres:
            blows.insert(0 if self.postgres_first else 1, server.kill)
        if self.client:
            blows.append(client.kill)
        for blow in blows:
            blow()

    def __str__(self) -> str:
        dead = ["product"]
        if self.postgres:
            dead.insert(0 if self.postgres_first else 1, "PostgreSQL")
        return " and ".join([*dead, "client"] if self.client else dead)


@dataclass(frozen=True, slots=True)
class Survived:
    """How many events had been seen at the blow, what the second run of the command said, and what is there now."""

    seen: int
    said: str
    ledgers: Mapping[str, Ledger]


async def killed(product: Product, kill: Kill, event: str, command: tuple[str, ...], persona: str) -> Survived:
    """Run the command, kill the product beneath it, start it again, run the command to its end and check everything."""
    server = Server(product.data)
    async with Witness(server.dsn) as witness:
        with product.begin(*command, persona=persona) as client:
            try:
                while witness.count("governance", event) < kill.after:
                    assert client.poll() is None, f"the client ended early: {client.communicate()}"
                    await asyncio.sleep(0.002)
                    await witness.look()
                await asyncio.sleep(kill.pause)
                await witness.look()
                kill.strike(product, server, client)
                product.start()
                told, trouble = client.communicate(timeout=120)
            finally:
                client.kill()
    # a client that had no answer yet may take the address for a wrong one
    expected = {-signal.SIGKILL, 0} if kill.client else {0} if kill.after else {0, 2}
    assert client.returncode in expected, f"the client: {client.returncode} {told} {trouble}"
    again = product.mandate(*command, persona=persona)
    assert again.returncode == 0, f"the second run: {again.returncode} {again.stdout} {again.stderr}"
    ledgers = await check_everything(server.dsn)
    witness.check(ledgers)
    return Survived(witness.count("governance", event), again.stdout, ledgers)


@asynccontextmanager
async def running(prepared: Path, data: Path) -> AsyncIterator[Product]:
    """The product on a copy; at the end it stops as it should, and nothing of it is left."""
    copy(prepared, data)
    product = Product(data)
    try:
        product.start()
        yield product
        assert product.stop() == 0
        assert left_over(data) == []
    finally:
        clear(data)
        product.http.close()


@pytest.mark.parametrize("number", range(1, ROUNDS + 1))
async def test_a_killed_import(
    number: int, prepared: Path, directory: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    draw = chance("import-crash", number)
    told = [f"\nround {number} of {ROUNDS}, MANDATE_FAULT_SEED={SEED}:"]
    try:
        async with running(prepared, directory / f"round-{number}") as product:
            kill = Kill.drawn(draw, postgres=number % 2 == 0)
            told.append(f"{kill} killed {kill.pause * 1000:.0f} ms after row {kill.after},")
            command = ("import", "proposals", str(file), *MAPS)
            survived = await killed(product, kill, "project-proposed", command, "pmo-2")
            told.append(f"{survived.seen} seen;")
            if not kill.client and kill.after:
                assert f"0 accepted, {ROWS} already there, 0 rejected" in survived.said, survived.said
            assert len(set(listed(product, "/governance/v1/proposals"))) == ROWS

            if number % 3 == 0:
                kill = Kill.drawn(draw, postgres=draw.random() < 0.5)
                told.append(f"{kill} killed {kill.pause * 1000:.0f} ms after authorisation {kill.after},")
                survived = await killed(product, kill, "project-authorised", AUTHORISE, "pmo-1")
                told.append(f"{survived.seen} seen;")

            governance, projects = survived.ledgers["governance"], survived.ledgers["projects"]
            proposed = [each["data"]["reference"] for each in governance.named("project-proposed")]
            assert len(proposed) == len(set(proposed)) == ROWS
            for ledger, event in ((governance, "project-authorised"), (projects, "project-initiated")):
                subjects = [each["subject"] for each in ledger.named(event)]
                assert len(subjects) == len(set(subjects)) == (ROWS if number % 3 == 0 else 0)
            references = listed(product, "/reporting/v1/portfolio")
            assert sorted(references) == sorted(proposed)
    finally:
        told.append(f"{time.monotonic() - begun:.1f} s")
        with capsys.disabled():
            sys.stdout.write(" ".join(told))


def listed(product: Product, path: str) -> list[str]:
    """The references of every page."""
    references: list[str] = []
    cursor = ""
    while True:
        answer = product.get("pmo-1", f"{path}?limit=200{cursor}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        references += [item["reference"] for item in page["items"]]
        if page["next"] is None:
            assert len(references) == ROWS
            return references
        cursor = f"&cursor={page['next']}"


def test_our_own_file_has_as_many_rows(tmp_path: Path) -> None:
    from mandate_client.proposals_csv import Row, gate_paths, read_proposals

    with made(tmp_path / "made.csv").open("rb") as stream:
        found = list(read_proposals(stream, gate_paths(list(MAPS[1::2]))))
    assert [each for each in found if not isinstance(each, Row)] == []
    assert len(found) == ROWS
