"""Each body in docs/api has an example, and each example is what its schema says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

import api_documents
from house import ROOT, SERVICES
from mandate_web.app.openapi_3_2 import patched
from tests.node_tools import Node

DIRECTORY = ROOT / "docs" / "api"
DOCUMENTS = {service.name: json.loads((DIRECTORY / f"{service.name}.json").read_text("utf-8")) for service in SERVICES}


def schemas_with_examples(node: Any, pointer: str = "") -> Iterator[tuple[str, list[Any]]]:
    """The JSON Pointer of each schema with its examples: its own, or those of the body, parameter or header."""
    if isinstance(node, list):
        for number, each in enumerate(node):
            yield from schemas_with_examples(each, f"{pointer}/{number}")
    if not isinstance(node, dict):
        return
    if "schema" in node:
        named = [each["value"] for each in node.get("examples", {}).values()]
        yield f"{pointer}/schema", named + ([node["example"]] if "example" in node else [])
    elif isinstance(node.get("examples"), list):
        yield pointer, node["examples"]
    for name in node.keys() - {"example", "examples"}:
        yield from schemas_with_examples(node[name], f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each request body and each successful answer, by operation."""
    for item in document["paths"].values():
        for operation in item.values():
            answers = {status: each for status, each in operation["responses"].items() if status.startswith("2")}
            for name, body in [("request", operation.get("requestBody", {})), *answers.items()]:
                for media_type, content in body.get("content", {}).items():
                    yield f"{operation['operationId']} {name} {media_type}", content


@pytest.mark.parametrize("service", DOCUMENTS)
def test_each_body_has_an_example(service: str) -> None:
    without = [
        name
        for name, content in bodies(DOCUMENTS[service])
        if re.search(r"/(.+\+)?json$", name) and not {"example", "examples"} & content.keys()
    ]
    assert without == []


@pytest.mark.parametrize("service", DOCUMENTS)
def test_each_example_is_what_its_schema_says(service: str) -> None:
    document = DOCUMENTS[service]
    registry = Registry().with_resource("urn:api", Resource.from_contents(document, DRAFT202012))
    wrong, looked_at = [], 0
    for pointer, examples in schemas_with_examples(document):
        schema = {"$ref": f"urn:api#{pointer.replace('%', '%25').replace('{', '%7B').replace('}', '%7D')}"}
        judge = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
        for example in examples:
            looked_at += 1
            wrong += [f"{pointer}: {error.json_path} {error.message}" for error in judge.iter_errors(example)]
    assert wrong == []
    assert looked_at > 20


@pytest.mark.parametrize("service", DOCUMENTS)
def test_an_example_that_is_wrong_is_found(service: str) -> None:
    schema = {"$ref": "urn:api#/components/schemas/Problem"}
    registry = Registry().with_resource("urn:api", Resource.from_contents(DOCUMENTS[service], DRAFT202012))
    assert not Draft202012Validator(schema, registry=registry).is_valid({"type": "/problems/refused"})


@pytest.mark.parametrize("service", DOCUMENTS)
def test_each_body_is_what_was_sent_or_answered(service: str) -> None:
    """In a rehearsal: `python -m tests.contract.exchanges` holds it again."""
    played = json.loads((ROOT / "services" / service / "src" / service / "examples.json").read_text("utf-8"))
    told = {name: content for name, content in bodies(DOCUMENTS[service]) if name.endswith(" application/json")}
    assert len(told) > 5
    for name, content in told.items():
        operation, part, _ = name.split()
        assert content.get("example") == played.get(operation, {}).get(part), name
    assert [each for each in api_documents.unplayed() if each.startswith(f"{service}:")] == []


@pytest.mark.parametrize("service", DOCUMENTS)
def test_nothing_is_told_that_only_fills_a_place(service: str) -> None:
    """Such as `Reason`, the name of the member again: what schemas were called where nothing else was known."""
    examples = [example for _, each in schemas_with_examples(DOCUMENTS[service]) for example in each]
    found = [(name, text) for example in examples for name, text in _texts(example)]
    assert len(found) > 20
    assert [each for each in found if each[1] in {"text", "string", each[0].replace("_", " ").title()}] == []


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each text in an example, with the member that it stands in."""
    if isinstance(value, str) and name:
        yield name, value
    elif isinstance(value, dict):
        for member, each in value.items():
            yield from _texts(each, member)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name)


def test_redocly_has_nothing_to_say(node: Node, tmp_path: Path) -> None:
    """Of all documents, and of what they are in OpenAPI 3.2."""
    files = [DIRECTORY / f"{service}.json" for service in DOCUMENTS]
    for service, document in DOCUMENTS.items():
        files.append(tmp_path / f"{service}.3.2.json")
        patch = json.loads((DIRECTORY / f"{service}.to-3.2.json").read_text("utf-8"))
        files[-1].write_text(json.dumps(patched(document, patch)), "utf-8")
    done = node.run(
        node.package("@redocly/cli/bin/cli.js"), "lint", "--format", "json",
        "--config", DIRECTORY / "redocly.yaml", *files,
    )  # fmt: skip
    said, found = done.stdout.strip(), []
    while said:  # one JSON text after the other
        each, end = json.JSONDecoder().raw_decode(said)
        found.append(each)
        said = said[end:].lstrip()
    assert [problem for each in found for problem in each["problems"]] == []
    assert len(found) == len(files)
