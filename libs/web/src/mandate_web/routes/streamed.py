"""Bodies that are one item after the other: each a line, or an event. What an item is, is told as far as 3.1 can.

The body is a string whose content is an array of such items (JSON Schema 2020-12, Validation 8.5). OpenAPI 3.2 has
`itemSchema` for it: `item_of` is what to put there.
"""

from typing import Any, Final, TypeAlias

import msgspec

from mandate_events.published.contracts import envelope_schema

Schema: TypeAlias = dict[str, Any]

COMPONENT: Final = "#/components/schemas/{name}"

EVENT: Final = "EventDocument"
_SAID: Final[dict[str, Schema]] = {
    "source": {"pattern": "^/mandate/[a-z]+$"},
    "type": {"pattern": r"^mandate\.[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*\.v[1-9][0-9]*$"},
    "correlationid": {"pattern": "^[!-~]+$"},
    "causationid": {"pattern": "^[!-~]+$"},
    "authority": {"pattern": "^([a-z-]+/.+|[a-z]+:[0-9]{1,18}|none)$"},
    "data": {"description": "What happened, as `GET /v1/schemas/{type}` tells", "additionalProperties": True},
}
"""What our services write, beyond what every consumer of their topics is promised."""


def event_document() -> Schema:
    """The document of any event: its envelope, and data of its type."""
    envelope = envelope_schema()
    properties = {name: each | _SAID.get(name, {}) for name, each in envelope["properties"].items()}
    about = "An event as it was recorded: a CloudEvent 1.0 in structured mode, in its canonical bytes"
    return {**envelope, "title": EVENT, "description": about, "properties": properties}


def component(name: str) -> Schema:
    """An item that the document describes anyway."""
    return {"$ref": COMPONENT.format(name=name)}


def event() -> Schema:
    """An item that is the document of an event."""
    return {**component(EVENT), "$defs": {EVENT: event_document()}}


def told_event() -> Schema:
    """An item that is a server-sent event, as `text/event-stream` tells it."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": component(EVENT)}
    return {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string", "pattern": "^[0-9]{1,18}$", "description": "The position"},
            "event": {"type": "string", "description": "The type; none where only a position is told"},
            "data": {**data, "description": "The document"},
            "retry": {"type": "integer", "description": "Milliseconds to wait before connecting again"},
        },
        "$defs": {EVENT: event_document()},
    }


def struct(kind: type[msgspec.Struct]) -> Schema:
    """An item that is written out of this class."""
    [item], definitions = msgspec.json.schema_components([kind], ref_template=COMPONENT)
    return {**item, "$defs": definitions}


def items(media_type: str, item: Schema, description: str, example: str = "", *, sent: bool = False) -> Schema:
    """The content of a body that has such items; one that is `sent` is bytes to a generator of clients. What an item
    refers to comes with it, as `$defs`."""
    array = {"type": "array", "items": item}
    form = {"format": "binary"} if sent else {}
    schema = {
        "type": "string",
        **form,
        "description": description,
        "contentMediaType": media_type,
        "contentSchema": array,
    }
    return {media_type: {"schema": schema, **({"example": example} if example else {})}}


def item_of(content: Schema) -> Schema | None:
    """The schema of one item of what a body has in one media type; None where it is one thing."""
    found: Schema | None = content.get("schema", {}).get("contentSchema", {}).get("items")
    return found


def lift(content: Schema, schemas: dict[str, Schema]) -> None:
    """Let what an item refers to stand among the components."""
    schemas.update((item_of(content) or {}).pop("$defs", {}))
