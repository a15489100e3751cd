"""The OpenAPI 3.2 document: that of 3.1, and what one item of each stream is like.

3.1 can only say of a stream that it is text; 3.2 has `itemSchema` for it (Media Type Object, Sequential Media Types).
The one follows from the other by a JSON Merge Patch (RFC 7396), so that nothing is said twice.
"""

from collections.abc import Mapping
from typing import Any, Final

from mandate_events.values.told import EVENT_TYPE

EVENT_STREAM: Final = "text/event-stream"
NDJSON: Final = "application/x-ndjson"
SEQUENTIAL: Final = (EVENT_STREAM, NDJSON)

ITEM: Final = "x-item-schema"
"""Where a media type of 3.1 says what the JSON of one item is: of an event's data, or of a line."""

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
        media_type: {"schema": None, "itemSchema": _item(media_type, each)} | ({ITEM: None} if ITEM in each else {})
        for media_type, each in body.get("content", {}).items()
        if media_type in SEQUENTIAL
    }
    return {"content": changed} if changed else {}


def _item(media_type: str, content: Mapping[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = content.get(ITEM, {"type": "object"})
    return document if media_type == NDJSON else _event(document)


def _event(data: Mapping[str, Any]) -> dict[str, Any]:
    """A server-sent event, by the fields that it has. Those that only say how far the stream is have no data."""
    return {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string", "pattern": "^[0-9]{1,18}$", "description": "The position in the ledger"},
            "event": {"type": "string", "pattern": EVENT_TYPE, "description": "What happened"},
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": data},
            "retry": {"type": "integer", "minimum": 0, "description": "Milliseconds to wait before coming back"},
        },
    }


def patched(document: Any, patch: Any) -> Any:
    """A document with a JSON Merge Patch applied."""
    if not isinstance(patch, Mapping):
        return patch
    of = document if isinstance(document, Mapping) else {}
    kept = {name: value for name, value in of.items() if patch.get(name, value) is not None}
    return kept | {name: patched(of.get(name), each) for name, each in patch.items() if each is not None}
