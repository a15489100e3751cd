"""The topics as an AsyncAPI 3.0 document: one message per event, with its schema and a sample.

It stands alone: every schema is in it. Its schemas keep to what JSON Schema draft 7 and 2020-12 have in common, because
an AsyncAPI schema is the former.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mandate_events.deciding.domain import Domain
from mandate_events.published.contracts import Contract, Schema, contracts, envelope_schema, own_schema

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

The service that wrote an event serves its JSON Schema (2020-12) at `/v1/schemas/` and the event's `type`.
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
TRAIT: Final = {"contentType": CONTENT_TYPE, "bindings": {"kafka": {"bindingVersion": "0.5.0"}}}
SERVED: Final = "http://127.0.0.1:8080/{service}/v1/schemas/{type}"
"""AsyncAPI takes no relative address here; `make run` serves this one."""
SERVED_WHERE: Final = "Its JSON Schema: `GET /v1/schemas/{type}` of {service}, here of `make run`"
KAFKA_TOPIC: Final = {
    "partitions": 1,
    "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1, "retention.bytes": -1},
    "bindingVersion": "0.5.0",
}


def asyncapi(domains: Sequence[Domain], samples: Mapping[str, dict[str, Any]], version: str) -> dict[str, Any]:
    """The document. `samples` are by type; `version` is that of the software."""
    published = [contract for domain in domains for contract in contracts(domain)]
    schemas: dict[str, Schema] = {"Headers": HEADERS, "Document": envelope_schema()}
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
            "messageTraits": {"Document": TRAIT},
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
        "traits": [{"$ref": "#/components/messageTraits/Document"}],
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/Headers"},
                {"properties": {"type": {"const": contract.type}}},
            ]
        },
        "payload": {"$ref": f"#/components/schemas/{_key(contract)}"},
        "externalDocs": {
            "description": SERVED_WHERE.format(service=contract.service, type=contract.type),
            "url": SERVED.format(service=contract.service, type=contract.type),
        },
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
    own, definitions = own_schema(contract, f"#/components/schemas/{contract.service}.{{name}}")
    schemas[_key(contract)] = {
        "description": contract.meaning,
        "allOf": [
            {"$ref": "#/components/schemas/Document"},
            {"properties": {"source": {"const": f"/mandate/{contract.service}"}, **own}},
        ],
    }
    for name, definition in definitions.items():
        if schemas.setdefault(f"{contract.service}.{name}", definition) != definition:
            raise ValueError(f"two things of {contract.service} are named {name}")
