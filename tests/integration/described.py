"""What the committed OpenAPI documents say of things that no framework checks: lines and events, one by one."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from mandate_web.routes.streamed import item_of

API = Path(__file__).parents[2] / "docs" / "api"


@cache
def _document(service: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((API / f"{service}.json").read_text("utf-8"))
    return found


def check_item(service: str, path: str, method: str, media_type: str, item: Any) -> None:
    """It is an item of the 200 of this operation, and has no member that is not described."""
    document = _document(service)
    content = document["paths"][path][method]["responses"]["200"]["content"][media_type]
    schema = item_of(content)
    assert schema is not None
    check(document, schema, item)


def check(document: dict[str, Any], schema: dict[str, Any], item: Any) -> None:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    Draft202012Validator({**document, **schema}).validate(item)
    assert item.keys() <= schema["properties"].keys()
    for name, inner in schema["properties"].items():
        if "contentSchema" in inner and name in item:
            check(document, inner["contentSchema"], json.loads(item[name]))
