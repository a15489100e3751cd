"""Contracts: what other programs may rely on, as one JSON Schema (2020-12) of the whole document per event and version.

The schemas are generated from the classes, with their docstrings, and are committed: a change of one is seen in review.
They are strict about what a document holds and open to more: readers are tolerant. What every document of a service has
is said once, in the schema of its envelope, on which those of its events stand.

The ids are relative, and so are the references: a schema leads to its envelope from the folder that they lie in, from
the address that they are served at, and in a registry by its `$id`. Each service has an envelope of its own, so that
who holds the contracts of one service holds all that they need.
"""

import inspect
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mandate_events.deciding import Aggregate
from mandate_events.deciding.domain import Domain
from mandate_events.document.event import Event, Recorded, type_name

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
REFERENCE: Final = "#/$defs/{name}"

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contract:
    """One event in one version, as it is published."""

    event: type[Event]
    type: str
    service: str
    aggregates: Sequence[Aggregate[Any]]
    """On whose streams it is."""
    superseded: bool
    """A newer version is written in its place; documents of this one stay and are read."""

    @property
    def name(self) -> str:
        """`gate-decided.v1`: the name of its files."""
        return self.type.removeprefix(f"mandate.{self.service}.")

    @property
    def subjects(self) -> str:
        """What its subjects look like, as a regular expression."""
        names = "|".join(each.name for each in self.aggregates)
        return f"^({names})/.+$" if len(self.aggregates) > 1 else f"^{names}/.+$"

    @property
    def meaning(self) -> str:
        return inspect.cleandoc(self.event.__doc__ or "")


def contracts(domain: Domain) -> Iterator[Contract]:
    """Everything that a service has ever published, in the order in which its code tells it.

    Raises `LookupError` for an event that no aggregate says is its own.
    """
    catalogue = domain.catalogue
    owners: dict[str, list[Aggregate[Any]]] = {}
    for each in domain.aggregates.values():
        for event in each.events:
            owners.setdefault(type_name(event)[0], []).append(each)
    for event, type_ in (catalogue.types | catalogue.outdated).items():
        name, _ = type_name(event)
        yield Contract(event, type_, domain.service, owners[name], superseded=event in catalogue.outdated)


def schema_of(contract: Contract) -> Schema:
    """The schema of the document as a whole: what its type adds to the envelope that it refers to, and the data."""
    own, definitions = own_schema(contract)
    return {
        "$schema": DIALECT,
        "$id": contract.type,
        "title": contract.type,
        "description": contract.meaning,
        "allOf": [{"$ref": envelope_id(contract.service)}],
        "properties": own,
        "$defs": dict(sorted(definitions.items())),
    }


def envelope_of(service: str) -> Schema:
    """The schema that every document of a service keeps: the attributes of CloudEvents, and Mandate's extensions."""
    envelope = envelope_schema()
    envelope["properties"]["source"]["const"] = f"/mandate/{service}"
    return {"$schema": DIALECT, "$id": envelope_id(service), "title": f"Every event of {service}", **envelope}


def envelope_id(service: str) -> str:
    """`mandate.governance.envelope.json`: its `$id`, and the name of its file. No event can have it."""
    return f"mandate.{service}.envelope.json"


def text_of(schema: Schema) -> str:
    """The schema as it is committed, and served."""
    return f"{json.dumps(schema, indent=2)}\n"


def own_schema(contract: Contract, reference: str = REFERENCE) -> tuple[Schema, dict[str, Schema]]:
    """What the attributes of its documents are beyond the envelope, and the definitions that `data` refers to."""
    (data,), definitions = msgspec.json.schema_components([contract.event], ref_template=reference)
    return {"type": {"const": contract.type}, "subject": {"pattern": contract.subjects}, "data": data}, definitions


def envelope_schema() -> Schema:
    """What every document is, of whatever service and type."""
    _, definitions = msgspec.json.schema_components([Recorded[Event]], ref_template=REFERENCE)
    envelope = next(schema for name, schema in definitions.items() if name.startswith(Recorded.__name__))
    properties = {name: _written(of_it) for name, of_it in envelope["properties"].items()}
    properties["data"] = {"description": properties["data"]["description"], "type": "object"}
    return {
        "description": "What every document has, beside what its type adds.",
        "type": "object",
        "properties": properties,
        "required": envelope["required"],
    }


def _written(attribute: Schema) -> Schema:
    """An attribute without a value is left out of the document: none is ever null."""
    match attribute:
        case {"anyOf": [given, {"type": "null"}], "default": None}:
            return dict(given)
        case _:
            return attribute
