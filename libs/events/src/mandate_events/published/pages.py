"""The catalogue of events as a page: what each means, whose stream it is on, what it holds."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from mandate_events.deciding.domain import Domain
from mandate_events.published.contracts import Contract, Schema, contracts, envelope_id, envelope_schema, own_schema

INTRODUCTION: Final = """\
# Events

Written by `make docs` out of the code. An event is one JSON document, a CloudEvent in structured mode; its bytes are
what is stored, hashed, sent and handed out. Each type has a JSON Schema of the whole document and a sample: a document
as it was recorded, byte for byte. The topics are described in [asyncapi.yaml](api/asyncapi.yaml).

Who meets a document asks the service that wrote it: `GET /v1/schemas/<type>` answers with the schema of that `type`, as
it is committed here, to anyone; `GET /v1/schemas` lists them. The attributes below stand in one schema of each service,
to which those of its types refer by its name (`$ref`): it lies in the same folder, and is served beside them.

From release 1.0.0 on a version of a type only ever gains fields that have defaults; anything else is a new version
beside it. A reader ignores fields and types that it does not know. The Kafka value is the whole event, in structured
mode; the header `type` repeats its type for those who filter.

## Attributes

Every document has these beside `data`.

"""
LINK: Final = "../services/{service}/contracts/{name}"


def page(domains: Sequence[Domain]) -> str:
    """All events of all services, as Markdown."""
    envelope = envelope_schema()
    del envelope["properties"]["data"]
    parts = [INTRODUCTION + _table("attribute", _rows(envelope, {}))]
    for domain in domains:
        envelope_link = LINK.format(service=domain.service, name=envelope_id(domain.service))
        topic = f"On the topic `mandate.{domain.service}`; [schema of the attributes]({envelope_link})."
        parts.append(f"## {domain.service.capitalize()}\n\n{topic}\n")
        parts += map(_section, contracts(domain))
    return "\n".join(parts)


def _section(contract: Contract) -> str:
    _, definitions = own_schema(contract)
    where = LINK.format(service=contract.service, name=f"{contract.name}.json")
    sample = LINK.format(service=contract.service, name=f"samples/{contract.name}.json")
    streams = ", ".join(f"`{each.name}/<id>`" for each in contract.aggregates)
    facts = [f"`{contract.type}`", f"on {streams}", f"[schema]({where})", f"[sample]({sample})"]
    if contract.superseded:
        facts.append("no longer written")
    rows = list(_rows(definitions[contract.event.__name__], definitions))
    fields = _table("field", rows) if rows else "It holds nothing more.\n"
    return f"### {contract.name}\n\n{contract.meaning}\n\n{' · '.join(facts)}\n\n{fields}"


def _table(first: str, rows: Iterator[tuple[str, str, str]] | list[tuple[str, str, str]]) -> str:
    cells = [(first, "type", "says"), ("---", "---", "---"), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in cells)


def _rows(schema: Schema, definitions: dict[str, Schema], at: str = "") -> Iterator[tuple[str, str, str]]:
    """Name, type and meaning of each field, and of those within it."""
    for name, field in schema["properties"].items():
        kind, inner = _kind(field, definitions)
        if name not in schema["required"]:
            kind += f", by default `{json.dumps(field['default'])}`" if "default" in field else ", optional"
        yield f"`{at}{name}`", kind, _said(field)
        if inner is not None:
            yield from _rows(inner, definitions, f"{at}{name}{'[]' if field.get('type') == 'array' else ''}.")


def _said(field: Schema) -> str:
    alternatives = [each.get("description", "") for each in field.get("anyOf", [])]
    return field.get("description") or next(filter(None, alternatives), "")


def _kind(field: Schema, definitions: dict[str, Schema]) -> tuple[str, Schema | None]:
    """The type in words, and the schema of what it holds where that has fields of its own."""
    match field:
        case {"$ref": reference}:
            return "object", definitions[reference.rpartition("/")[2]]
        case {"anyOf": alternatives}:
            kinds = [_kind(each, definitions) for each in alternatives]
            return " or ".join(kind for kind, _ in kinds), next((inner for _, inner in kinds if inner), None)
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values), None
        case {"const": value}:
            return f"`{value}`", None
        case {"type": "array", "items": items}:
            kind, inner = _kind(items, definitions)
            return f"list of {kind}", inner
        case {"type": "object", "additionalProperties": dict() as values}:
            return f"object of {_kind(values, definitions)[0] or 'anything'}", None
        case {"format": format_}:
            return "UUID" if format_ == "uuid" else str(format_), None
        case {"pattern": pattern}:
            return f"text like `{pattern}`", None
        case _:
            kind = str(field.get("type", "anything"))
            return "text" if kind == "string" else kind, None
