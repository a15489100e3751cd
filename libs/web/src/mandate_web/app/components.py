"""The shared parts of an OpenAPI document: what they are called, and which of them are of use.

A schema is called by the word for the thing that it tells. FastAPI calls it by its class, and where two classes bear
one name, by the modules they stand in: those are our words, and a client generated from them would change with them.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from mandate_web.chapters.signing import thing

NAME: Final = re.compile("[A-Z][A-Za-z0-9]*")
SCHEMA: Final = "#/components/schemas/"


class TwoOfAName(TypeError):
    """Two schemas would be called the same; or one has no word of the domain for its name."""


def name_schemas(document: dict[str, Any]) -> None:
    """Call each schema by the word for its thing: `Waiver`, which the class `WaiverPage` tells."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    names = {name: thing(name) for name in schemas}
    twice = [word for word, count in Counter(names.values()).items() if count > 1]
    wrong = [name for name in schemas if not NAME.fullmatch(name)]
    if twice or wrong:
        raise TwoOfAName(f"rename a class: {', '.join(wrong + twice)} would not be the name of one thing")
    for name, schema in list(schemas.items()):
        del schemas[name]
        schemas[names[name]] = {**schema, "title": names[name]} if "title" in schema else schema
    for node in _nodes(document):
        if isinstance(reference := node.get("$ref"), str) and reference.startswith(SCHEMA):
            node["$ref"] = f"{SCHEMA}{names[reference.removeprefix(SCHEMA)]}"


def drop_titles(schemas: dict[str, Any]) -> None:
    """A member is called by its name: Pydantic says that again, in capital letters."""
    for node in _nodes(schemas):
        if isinstance(members := node.get("properties"), dict):
            for member in members.values():
                member.pop("title", None)


def drop_unused(document: dict[str, Any]) -> None:
    """Keep of the shared components what something refers to."""
    while True:
        used = {node["$ref"] for node in _nodes(document) if isinstance(node.get("$ref"), str)}
        unused = [
            (part, name)
            for part in ("schemas", "responses", "headers")
            for name in document["components"][part]
            if f"#/components/{part}/{name}" not in used
        ]
        if not unused:
            return
        for part, name in unused:
            del document["components"][part][name]


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for each in node.values():
            yield from _nodes(each)
    elif isinstance(node, list):
        for each in node:
            yield from _nodes(each)
