"""The guides are true: each command in them is run, in order, and prints what the page says."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import needed
from tests.e2e.consoles import OF_KAFKA, ROOT, Shell, console, sections
from tests.e2e.running import Product


@contextmanager
def running_product() -> Iterator[Product]:
    """With its demo portfolio, outside of pytest's directories: PostgreSQL runs as another user, who must reach it."""
    with (
        tempfile.TemporaryDirectory(prefix="mandate-guides-") as directory,
        Product(Path(directory) / "data", demo=True) as running,
    ):
        running.until(lambda: "Ctrl-C" in running.log.read_text(), 60)
        yield running


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with running_product() as running:
        yield running


def test_what_the_guide_for_auditors_says(product: Product, tmp_path: Path) -> None:
    jq = needed("jq", package="jq", at="usr/bin/jq")
    places = {"8080": str(product.port)}
    places |= {
        name: str(tmp_path / name) for name in ("record.ndjson", "altered.ndjson", "office.ndjson", "rights.json")
    }
    with Shell(jq.directory) as shell:
        for section in sections("docs/audit.md"):
            if section == OF_KAFKA:
                continue
            for command, expected in console("docs/audit.md", section, places):
                shell.expect(command, expected)


def test_what_the_handbook_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "docs/handbook.md"
    ahead = re.search(r"^(MANDATE_CLOCK_AHEAD)=(\d+) make run$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert ahead is not None
    with running_product() as running, Shell() as shell:
        places = {"8080": str(running.port), "draft.json": str(tmp_path / "draft.json")}
        for section in sections(page):
            if section == "Time":
                assert running.stop() == 0
                monkeypatch.setenv(*ahead.groups())
                running.start()
            for command, expected in console(page, section, places):
                shell.expect(command, expected)


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_what_a_page_links_to_is_there(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / "docs" / target).exists(), f"docs/{page} links to {target}"
