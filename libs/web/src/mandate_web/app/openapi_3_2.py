"""The OpenAPI 3.2 document: that of 3.1, and what one item of each stream is like.

3.1 says of a stream that it is text of such content; 3.2 has `itemSchema` for it (Media Type Object, Sequential Media
Types).
The one follows from the other by a JSON Merge Patch (RFC 7396), so that nothing is said twice.
"""

from collections.abc import Mapping
from typing import Any, Final

from mandate_web.routes.streamed import item_of

URL: Final = "/openapi-3.2.json"


def patch_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the 3.2 document of that of 3.1."""
    paths: dict[str, Any] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            changed: dict[str, Any] = {}
            if content := _content(operation.get("requestBody", {})):
                changed["requestBody"] = content
            for status, response in operation["responses"].items():
                if content := _content(response):
                    changed.setdefault("responses", {})[status] = content
            if changed:
                paths.setdefault(path, {})[method] = changed
    return {"openapi": "3.2.0", "paths": paths}


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    changed = {
        media_type: {"schema": None, "itemSchema": item}
        for media_type, each in body.get("content", {}).items()
        if (item := item_of(each))
    }
    return {"content": changed} if changed else {}


def patched(document: Any, patch: Any) -> Any:
    """A document with a JSON Merge Patch applied."""
    if not isinstance(patch, Mapping):
        return patch
    of = document if isinstance(document, Mapping) else {}
    kept = {name: value for name, value in of.items() if patch.get(name, value) is not None}
    return kept | {name: patched(of.get(name), each) for name, each in patch.items() if each is not None}
