"""The description of the topics is what the reference parser understands, and what is really sent."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker, validate

from mandate_events.published.asyncapi import CHECKPOINTS, CONTENT_TYPE
from mandate_events.published.contracts import contracts
from mandate_events.transport.kafka import CONTENT_TYPE as SENT
from mandate_events.transport.kafka import KEPT, topic_of
from tests.contract.rehearsal import DOMAINS, ROOT
from tests.node_tools import Node

FILE = ROOT / "docs" / "api" / "asyncapi.yaml"
EXPECTED = {"asyncapi-latest-version"}
"""What the parser may remark: 3.0 is written, because more tools read it than the newest."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def parsed(node: Node) -> dict[str, Any]:
    done = node.run("asyncapi.mjs", stdin=FILE.read_text("utf-8"))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_reference_parser_has_nothing_to_say(parsed: dict[str, Any]) -> None:
    assert [each for each in parsed["diagnostics"] if each["code"] not in EXPECTED] == []


def test_the_parser_sees_what_is_wrong(node: Node) -> None:
    broken = FILE.read_text("utf-8").replace("#/components/schemas/Document", "#/components/schemas/Nothing")
    done = node.run("asyncapi.mjs", stdin=broken)
    assert "invalid-ref" in {each["code"] for each in json.loads(done.stdout)["diagnostics"]}


def test_each_topic_has_a_message_per_event(parsed: dict[str, Any]) -> None:
    expected = {
        topic_of(service): {contract.type for contract in contracts(domain)} for service, domain in DOMAINS.items()
    }
    found = {topic: {name for name, _ in messages} for topic, messages in parsed["channels"].items()}
    assert found == {**expected, CHECKPOINTS: set()}


def test_examples_are_what_the_schemas_say(parsed: dict[str, Any], described: dict[str, Any]) -> None:
    """The parser does not look; and each payload refuses the example of every other event."""
    examples = {each["name"]: each["examples"][0] for each in described["components"]["messages"].values()}
    schemas = {name: schema for messages in parsed["channels"].values() for name, schema in messages}
    assert examples.keys() == schemas.keys()
    for name, schema in schemas.items():
        Draft7Validator.check_schema(schema)
        accepts = Draft7Validator(schema, format_checker=FormatChecker()).is_valid
        assert [other for other in examples if accepts(examples[other]["payload"])] == [name]


def test_each_message_says_where_its_schema_is_served(described: dict[str, Any]) -> None:
    for service, domain in DOMAINS.items():
        for contract in contracts(domain):
            message = described["components"]["messages"][f"{service}.{contract.name}"]
            assert message["externalDocs"]["url"].endswith(f"/{service}/v1/schemas/{contract.type}")


def test_what_every_document_has_is_said_once(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert len([name for name, schema in schemas.items() if "correlationid" in schema.get("properties", {})]) == 1
    for name in described["components"]["messages"]:
        document, own = schemas[name]["allOf"]
        assert document == {"$ref": "#/components/schemas/Document"}
        assert own["properties"].keys() == {"source", "type", "subject", "data"}


def test_headers_and_settings_are_those_that_are_sent(described: dict[str, Any]) -> None:
    assert SENT.decode() == CONTENT_TYPE
    headers = described["components"]["schemas"]["Headers"]
    for message in described["components"]["messages"].values():
        (example,) = message["examples"]
        validate(example["headers"], {**headers, "additionalProperties": False})
        assert example["headers"]["type"] == example["payload"]["type"] == message["name"]
    for service in DOMAINS:
        kafka = described["channels"][service]["bindings"]["kafka"]
        assert kafka["partitions"] == 1
        policies, *limits = (
            kafka["topicConfiguration"][name] for name in ("cleanup.policy", "retention.ms", "retention.bytes")
        )
        assert (policies, limits) == (
            [KEPT["cleanup.policy"]],
            [int(KEPT["retention.ms"]), int(KEPT["retention.bytes"])],
        )


def test_what_does_not_exist_yet_is_said_to_be_planned(described: dict[str, Any]) -> None:
    checkpoints = described["channels"]["checkpoints"]
    assert (checkpoints["address"], checkpoints["x-status"]) == (CHECKPOINTS, "planned")
    assert {each["channel"]["$ref"] for each in described["operations"].values()} == {
        f"#/channels/{service}" for service in DOMAINS
    }
