"""A client generated from the documents compiles, strictly, and refuses what the API would refuse."""

from pathlib import Path

import pytest

from tests.frontend_example import SOURCE, compiled, generated, same_tools
from tests.node_tools import Node


@pytest.fixture(scope="module")
def example(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generated(node, tmp_path_factory.mktemp("typescript") / "frontend")


def test_the_generated_types_and_the_example_compile_strictly(node: Node, example: Path) -> None:
    assert '"strict": true' in (SOURCE / "tsconfig.json").read_text("utf-8")
    done = compiled(node, example)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_page_compiles_strictly_and_knows_every_outcome(node: Node, example: Path) -> None:
    done = compiled(node, example / "example")
    assert (done.returncode, done.stdout) == (0, "")
    words = example / "example" / "words.ts"
    source = words.read_text("utf-8")
    words.write_text(source.replace('  hold: "Hold",\n', ""), "utf-8")
    assert "words.ts" in compiled(node, example / "example").stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('outcome: "go"', 'outcome: "yes"'),
        ('post("/v1/proposals",', 'post("/v1/proposal",'),
        ('query: { status: "open"', 'query: { state: "open"'),
        ("page.body.manager", "page.body.boss"),
        ("reference,\n", "ref: reference,\n"),
        (", where);", ", {});"),
    ],
)
def test_a_mistake_does_not_compile(node: Node, example: Path, right: str, wrong: str) -> None:
    """The types are not `any`: what is misspelt is found before it is sent."""
    file = example / "src" / "gate.ts"
    source = file.read_text("utf-8")
    assert right in source
    try:
        file.write_text(source.replace(right, wrong), "utf-8")
        assert "src/gate.ts" in compiled(node, example).stdout
    finally:
        file.write_text(source, "utf-8")


def test_the_example_asks_for_the_tools_that_are_tested() -> None:
    assert same_tools()
