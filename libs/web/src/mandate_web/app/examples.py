"""An example of a JSON Schema, put together from the examples of its members.

What a field is like is said once, where it is declared; a body's example follows from it.
"""

from collections.abc import Mapping
from typing import Any, Final

BY_FORMAT: Final = {
    "date": "2026-12-31",
    "date-time": "2026-11-24T12:00:00.000000Z",
    "uuid": "0190f3a5-7b1c-7c7e-9f43-5a1d2c3b4e5f",
}
BY_PATTERN: Final = {
    "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$": "0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f",
    "^[a-z0-9]+(-[a-z0-9]+)*$": "capital-delivery",
    "^[A-Z]{3}$": "AUD",
}


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value that the schema accepts: its own example, default or constant, else one made of its parts."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "example" in schema:
        return schema["example"]
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("default") is not None:
        return schema["default"]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return example_of(schema[choice][0], schemas)
    return _made(schema, schemas)


def _made(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "object" | None:
            members = schema.get("properties", {})
            return {name: example_of(member, schemas) for name, member in members.items()}
        case "array":
            return [example_of(schema.get("items", {}), schemas)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _text(schema)


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("format") in BY_FORMAT:
        return BY_FORMAT[schema["format"]]
    if schema.get("pattern") in BY_PATTERN:
        return BY_PATTERN[schema["pattern"]]
    return str(schema.get("title", "text"))
