"""The README is true. Not run here are `make test`, which is this, and `make run`, whose block is compared with what
the product said.
"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mandate_local.processes import free_port
from tests.e2e.consoles import ROOT, Shell, agrees, console
from tests.e2e.running import Product


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with (
        tempfile.TemporaryDirectory(prefix="mandate-readme-") as directory,
        Product(Path(directory) / "data", demo=True) as running,
    ):
        running.until(lambda: "Ctrl-C" in running.log.read_text(), 60)
        yield running


def play(section: str, places: dict[str, str], product: Product | None = None) -> None:
    with Shell() as shell:
        for command, expected in console("README.md", section, places):
            if command == "make run":
                assert product is not None
                assert agrees(expected, product.log.read_text()), product.log.read_text()
            else:
                shell.expect(command, expected)


@pytest.mark.parametrize("section", ["A five-minute tour", "A service alone"])
def test_what_the_readme_says_about_the_product(product: Product, section: str) -> None:
    play(section, {".data": str(product.data), "8080": str(product.port), "8101": str(free_port())}, product)


@pytest.mark.usefixtures("require_broker")
def test_what_the_readme_says_about_kafka() -> None:
    with tempfile.TemporaryDirectory(prefix="mandate-readme-") as directory:
        play("Over a real Kafka", {".data": directory, "8001": str(free_port()), "29092": str(free_port())})


def test_no_command_of_the_readme_is_left_out() -> None:
    sections = ("A five-minute tour", "A service alone", "Over a real Kafka")
    played = {command.splitlines()[0] for section in sections for command, _ in console("README.md", section, {})}
    written = {
        command.partition("  #")[0].strip()
        for command in re.findall(r"^\$ (.*)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    }
    assert written - played <= {"make run", "make test"}
