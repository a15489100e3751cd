"""What the schemas in docs/api tell a generator: things by the field's words, and of each text what it looks like."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from house import ROOT, SERVICES
from mandate_web.app.components import TwoOfAName, name_schemas

DOCUMENTS: Final = {
    service.name: json.loads((ROOT / "docs" / "api" / f"{service.name}.json").read_text("utf-8"))
    for service in SERVICES
}

OURS: Final = ("Page", "Dict", "Enum", "Response", "Dto", "Output")
"""Words for how we tell a thing, which are no part of its name."""

FREE: Final = {
    "title", "name", "text", "description", "detail", "reason", "comment", "uri", "subject", "unit",
    "formula",
    "about", "says", "from", "to", "arithmetic", "purpose", "objectives", "success_criteria", "scope",
    "requested", "decision_reason", "instead", "duties", "matter", "options", "bypass_reason", "decision",
    "answer", "cause", "recommendation", "consequence", "action", "tolerance", "tolerances", "time", "cost",
    "quality", "risk",
    "benefits", "sustainability", "role", "owner", "correlation",
}  # fmt: skip
"""What people write in their own words: a text that looks like nothing in particular."""


def references(node: Any) -> Iterator[str]:
    """The schemas that something refers to."""
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def answered(document: dict[str, Any]) -> dict[str, Any]:
    """The schemas of what is answered, by name."""
    schemas, found = document["components"]["schemas"], {}
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    ahead = [name for each in operations for name in references(each["responses"]) if name in schemas]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = schemas[name]
            ahead += references(schemas[name])
    return found


def texts(schema: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each schema of a text, with the member that holds it."""
    if schema.get("type") == "string":
        yield name, schema
    for member, each in schema.get("properties", {}).items():
        yield from texts(each, member)
    for each in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(each, dict):
            yield from texts(each, name)
    for choice in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(choice, []):
            yield from texts(each, name)


@pytest.mark.parametrize("service", DOCUMENTS)
def test_schemas_are_called_by_the_words_of_the_field(service: str) -> None:
    names = DOCUMENTS[service]["components"]["schemas"].keys()
    wrong = [name for name in names if not re.fullmatch("[A-Z][A-Za-z]+", name) or name.endswith(OURS)]
    assert wrong == []


@pytest.mark.parametrize("service", DOCUMENTS)
def test_no_member_is_called_like_what_it_is_in(service: str) -> None:
    """Generators make a variable of each: `tolerances` in `Tolerances` became both at once in a Python client."""
    schemas = DOCUMENTS[service]["components"]["schemas"]
    both = [
        name
        for name, schema in schemas.items()
        if {"items", "anyOf", "$ref"}
        & schema.get("properties", {}).get(re.sub("(?<!^)(?=[A-Z])", "_", name).lower(), {}).keys()
    ]
    assert both == []


@pytest.mark.parametrize("service", DOCUMENTS)
def test_each_text_that_is_answered_looks_like_something_or_is_free(service: str) -> None:
    unsaid = [
        f"{schema}.{member}"
        for schema, each in answered(DOCUMENTS[service]).items()
        for member, text in texts(each, "")
        if not {"format", "pattern", "enum", "const"} & text.keys() and member not in FREE
    ]
    assert unsaid == [], "give it a type of mandate_events.values.told, or name it among the free texts"


def test_free_texts_are_few() -> None:
    found = [
        text for document in DOCUMENTS.values() for each in answered(document).values() for text in texts(each, "")
    ]
    told = [text for _, text in found if {"format", "pattern", "enum", "const"} & text.keys()]
    assert len(told) > 2 * (len(found) - len(told)) > 0


def test_two_things_of_one_name_are_not_published() -> None:
    """Pydantic would tell them apart by their modules, and cutting `Page` off could make one of two."""
    app = FastAPI()
    for number, name in enumerate(("Waiver", "WaiverPage")):
        page = type(name, (BaseModel,), {"__annotations__": {"id": str}})
        app.add_api_route(f"/{number}", lambda: None, responses={200: {"model": page}})
    with pytest.raises(TwoOfAName, match="Waiver"):
        name_schemas(app.openapi())


def test_a_name_of_modules_is_not_published() -> None:
    with pytest.raises(TwoOfAName, match="web__lists__ResourceLoad"):
        name_schemas({"components": {"schemas": {"web__lists__ResourceLoad": {}}}})
