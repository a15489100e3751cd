"""The topics as an AsyncAPI 3.0 document: one message per event, with its schema and a sample.

It stands alone: every schema is in it. Its schemas keep to what JSON Schema draft 7 and 2020-12 have in common, because
an AsyncAPI schema is the former.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mandate_events.deciding.domain import Domain
from mandate_events.published.contracts import Contract, Schema, contracts, document_schema, envelope_schema

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
CHECKPOINTS: Final = "mandate.checkpoints"

DESCRIPTION: Final = """\
Mandate publishes every event that it records, as the document that it stored, byte for byte: a CloudEvent 1.0 in
structured mode.

Each service has one topic with one partition, kept for ever and never compacted, so the order on the topic is the order
of the ledger. `sequence` counts from 1 without gaps. Delivery is at least once: a number at or below the last one that
was handled is a duplicate, and is to be ignored if its bytes are the same. A number that skips one is a loss; a number
with other bytes is a fork. Either means that something is wrong with the topic: stop, and tell its operator.

Messages have no key. A reader ignores fields and types that it does not know.
"""
TOPIC: Final = "Every event that the {service} service recorded, in the order of its ledger."
RESERVED: Final = "Reserved for signed heads of the ledgers. This version neither creates the topic nor sends to it."

HEADERS: Final[Schema] = {
    "type": "object",
    "properties": {
        "content-type": {"type": "string", "const": CONTENT_TYPE, "description": "A CloudEvent in structured mode"},
        "type": {
            "type": "string",
            "description": "The event's type, for those who filter without reading the value",
        },
        "traceparent": {"type": "string", "description": "W3C Trace Context. Reserved: this version does not send it"},
    },
    "required": ["content-type", "type"],
}
KAFKA_TOPIC: Final = {
    "partitions": 1,
    "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1, "retention.bytes": -1},
    "bindingVersion": "0.5.0",
}


def asyncapi(domains: Sequence[Domain], samples: Mapping[str, dict[str, Any]], version: str) -> dict[str, Any]:
    """The document. `samples` are by type; `version` is that of the software."""
    published = [contract for domain in domains for contract in contracts(domain)]
    envelope, _ = envelope_schema()
    envelope["description"] = "What every document has, beside what its type adds."
    envelope["properties"]["data"] = {"type": "object"}
    schemas: dict[str, Schema] = {"Headers": HEADERS, "Document": envelope}
    for contract in published:
        _define(schemas, contract)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mandate events",
            "version": version,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The deployment's own brokers",
                "variables": {"bootstrap": {"description": "host:port", "default": "localhost:9092"}},
            }
        },
        "channels": {
            **{domain.service: _channel(domain.service, published) for domain in domains},
            "checkpoints": {"address": CHECKPOINTS, "description": RESERVED, "x-status": "planned"},
        },
        "operations": {f"publish-{domain.service}": _publishing(domain.service) for domain in domains},
        "components": {
            "messages": {_key(contract): _message(contract, samples) for contract in published},
            "schemas": schemas,
        },
    }


def _key(contract: Contract) -> str:
    return f"{contract.service}.{contract.name}"


def _channel(service: str, published: Sequence[Contract]) -> dict[str, Any]:
    messages = [_key(contract) for contract in published if contract.service == service]
    return {
        "address": f"mandate.{service}",
        "description": TOPIC.format(service=service),
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in messages},
        "bindings": {"kafka": {"topic": f"mandate.{service}", **KAFKA_TOPIC}},
    }


def _publishing(service: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{service}"},
        "summary": f"The {service} service publishes what it recorded",
    }


def _message(contract: Contract, samples: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": contract.type,
        "title": contract.name,
        "summary": contract.meaning,
        "contentType": CONTENT_TYPE,
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/Headers"},
                {"type": "object", "properties": {"type": {"type": "string", "const": contract.type}}},
            ]
        },
        "payload": {"$ref": f"#/components/schemas/{_key(contract)}"},
        "bindings": {"kafka": {"bindingVersion": "0.5.0"}},
        "examples": [
            {
                "name": contract.name,
                "headers": {"content-type": CONTENT_TYPE, "type": contract.type},
                "payload": samples[contract.type],
            }
        ],
    }


def _define(schemas: dict[str, Schema], contract: Contract) -> None:
    """The schema of the whole document on top of `Document`, and what it refers to. Names are those of the service."""
    document, definitions = document_schema(contract, f"#/components/schemas/{contract.service}.{{name}}")
    own = {name: document["properties"][name] for name in ("source", "type", "subject", "data")}
    schemas[_key(contract)] = {
        "description": contract.meaning,
        "allOf": [{"$ref": "#/components/schemas/Document"}, {"type": "object", "properties": own}],
    }
    for name, definition in definitions.items():
        if schemas.setdefault(f"{contract.service}.{name}", definition) != definition:
            raise ValueError(f"two things of {contract.service} are named {name}")
