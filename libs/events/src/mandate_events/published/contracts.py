"""Contracts: what other programs may rely on, as one JSON Schema (2020-12) of the whole document per event and version.

The schemas are generated from the classes, with their docstrings, and are committed: a change of one is seen in review.
They are strict about what a document holds and open to more: readers are tolerant.
"""

import inspect
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
    """The schema of the document as a whole: the attributes of CloudEvents, Mandate's extensions, and the data."""
    document, definitions = document_schema(contract)
    return {
        "$schema": DIALECT,
        "$id": f"urn:mandate:event:{contract.type}",
        "title": contract.type,
        "description": contract.meaning,
        **document,
        "$defs": dict(sorted(definitions.items())),
    }


def document_schema(contract: Contract, reference: str = REFERENCE) -> tuple[Schema, dict[str, Schema]]:
    """The document's schema, and the definitions it refers to: the event's own first of them, by its class's name."""
    envelope, definitions = envelope_schema(contract.event, reference)
    envelope["properties"] |= {
        "source": {**envelope["properties"]["source"], "const": f"/mandate/{contract.service}"},
        "type": {**envelope["properties"]["type"], "const": contract.type},
        "subject": {**envelope["properties"]["subject"], "pattern": contract.subjects},
    }
    return envelope, definitions


def envelope_schema(event: type[Event] = Event, reference: str = REFERENCE) -> tuple[Schema, dict[str, Schema]]:
    """The schema of every document that holds this event, and the definitions it refers to."""
    kind = Recorded[event]  # type: ignore[valid-type]
    _, definitions = msgspec.json.schema_components([kind], ref_template=reference)
    envelope = definitions.pop(next(name for name in definitions if name.startswith(Recorded.__name__)))
    properties = {name: _written(of_it) for name, of_it in envelope["properties"].items()}
    return {"type": "object", "properties": properties, "required": envelope["required"]}, definitions


def _written(attribute: Schema) -> Schema:
    """An attribute without a value is left out of the document: none is ever null."""
    match attribute:
        case {"anyOf": [given, {"type": "null"}], "default": None}:
            return dict(given)
        case _:
            return attribute
