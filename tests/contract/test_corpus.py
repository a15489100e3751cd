"""The corpus: one document of each type ever published. It always loads, and is what its contract says."""

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from mandate_events.document.canonical import digest, encode
from mandate_events.document.event import GENESIS, Catalogue, document_of, read_any, read_heading
from mandate_events.published.contracts import Contract, Schema, contracts, envelope_id
from mandate_local.postgres import EmbeddedPostgres
from tests.contract.rehearsal import DOMAINS, ROOT, missing_samples, rehearsed, samples_of
from tests.services import HEARD, HEARD_OF_GOVERNANCE, HEARD_OF_PROJECTS

CONTRACTS = [contract for domain in DOMAINS.values() for contract in contracts(domain)]
SAMPLES = [path for service in DOMAINS for path in sorted(samples_of(service).glob("*.json"))]
HEARERS = {
    "governance": [HEARD_OF_PROJECTS],
    "projects": [HEARD_OF_GOVERNANCE],
    "reporting": list(HEARD.values()),
}


def schema_file(service: str, name: str) -> Schema:
    found: Schema = json.loads((ROOT / "services" / service / "contracts" / f"{name}.json").read_bytes())
    return found


@cache
def registry(service: str) -> "Registry[Any]":
    """Everything that who holds the contracts of one service holds, by the ids in it."""
    held = [json.loads(path.read_bytes()) for path in (ROOT / "services" / service / "contracts").glob("*.json")]
    found: Registry[Any] = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in held)
    return found


FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_instant(value: object) -> bool:
    """Out of the box nobody judges it: the pattern alone would take a 30th of February."""
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


@cache
def validator(service: str, name: str, *, closed: bool = False) -> Draft202012Validator:
    """A schema at work; a closed one takes no member that the schema does not tell."""
    schema = schema_file(service, name)
    if closed:
        schema = {**shut(schema), "unevaluatedProperties": False}
    return Draft202012Validator(schema, registry=registry(service), format_checker=FORMATS)


def shut(schema: Any) -> Any:
    match schema:
        case {"type": "object", "properties": dict()}:
            return {"unevaluatedProperties": False, **{name: shut(each) for name, each in schema.items()}}
        case dict():
            return {name: shut(each) for name, each in schema.items()}
        case list():
            return [shut(each) for each in schema]
        case _:
            return schema


@cache
def on_the_topics() -> Schema:
    """What the description of the topics says messages are made of."""
    described: Schema = yaml.load((ROOT / "docs/api/asyncapi.yaml").read_bytes(), yaml.CSafeLoader)
    components: Schema = described["components"]
    return components


@cache
def sent(service: str, name: str) -> Draft7Validator:
    payload = {"$ref": f"#/components/schemas/{service}.{name}", "components": on_the_topics()}
    return Draft7Validator(payload, format_checker=FORMATS)


def service_of(sample: Path) -> str:
    return sample.parents[2].name


def named(value: Any) -> str:
    return f"{service_of(value)}.{value.stem}" if isinstance(value, Path) else value.type


# --- the classes ---


@pytest.mark.parametrize("contract", CONTRACTS, ids=named)
def test_each_event_says_what_it_means(contract: Contract) -> None:
    assert contract.event.__doc__, f"{contract.event.__name__} has no docstring"
    assert contract.meaning.endswith(".")


@pytest.mark.parametrize("service", DOMAINS)
def test_each_aggregate_tells_its_events_once(service: str) -> None:
    """Some share an event; none is on no stream."""
    domain = DOMAINS[service]
    for aggregate in domain.aggregates.values():
        assert aggregate.events, aggregate.name
        assert len(set(aggregate.events)) == len(aggregate.events), aggregate.name
    assert {event for aggregate in domain.aggregates.values() for event in aggregate.events} == set(
        domain.catalogue.types
    )


# --- the samples ---


@pytest.mark.parametrize("service", DOMAINS)
def test_there_is_a_sample_of_each_type(service: str) -> None:
    assert missing_samples(service) == set(), "`make docs` takes one from a rehearsal that has it"


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_a_sample_always_loads(sample: Path) -> None:
    document = sample.read_bytes()
    heading = read_heading(document)
    catalogue = DOMAINS[service_of(sample)].catalogue
    assert heading.type == f"mandate.{catalogue.service}.{sample.stem}"
    record = catalogue.decode(heading.type, document)
    assert type(record.data) in catalogue.types, "in the newest version"
    again = encode(json.loads(document))
    assert (again, digest(again)) == (document, digest(document)), "canonical, so everybody hashes the same bytes"
    rewritten = json.loads(document_of(record))
    assert {**rewritten, "data": {}} == {**json.loads(document), "data": {}}, "no attribute is lost"


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_a_sample_is_what_its_contract_says(sample: Path) -> None:
    validator(service_of(sample), sample.stem).validate(json.loads(sample.read_bytes()))


# --- the schemas ---


@pytest.mark.parametrize("contract", CONTRACTS, ids=named)
def test_a_schema_is_one_and_stands_on_the_envelope_of_its_service(contract: Contract) -> None:
    schema = schema_file(contract.service, contract.name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == contract.type
    assert schema["allOf"] == [{"$ref": envelope_id(contract.service)}]
    Draft202012Validator.check_schema(schema)
    assert schema["properties"].keys() == {"type", "subject", "data"}, "what all events have is said once"
    named = set(re.findall('"format": "([^"]+)"', json.dumps(schema)))
    assert named <= FORMATS.checkers.keys(), "a format that nobody judges promises nothing"
    references = {word for word in json.dumps(schema).split('"') if word.startswith("#/")}
    assert references == {f"#/$defs/{name}" for name in schema["$defs"]}
    assert 'additionalProperties": false' not in json.dumps(schema), "readers are tolerant"


@pytest.mark.parametrize("service", DOMAINS)
def test_the_envelope_judges_every_document_of_its_service_and_of_no_other(service: str) -> None:
    envelope = schema_file(service, envelope_id(service).removesuffix(".json"))
    Draft202012Validator.check_schema(envelope)
    accepts = Draft202012Validator(envelope, format_checker=FormatChecker()).is_valid
    for sample in SAMPLES:
        assert accepts(json.loads(sample.read_bytes())) == (service_of(sample) == service), sample


def test_a_validator_finds_the_envelope_in_the_folder_of_the_schema() -> None:
    """No registry by hand: a reference leads from file to file, as from address to address."""

    def read(uri: str) -> "Resource[Any]":
        return Resource.from_contents(json.loads(Path(uri.removeprefix("file://")).read_bytes()))

    where = (SAMPLE.parents[1] / SAMPLE.name).as_uri()
    retrieving: Registry[Any] = Registry(retrieve=read)  # type: ignore[call-arg]  # attrs
    accepts = Draft202012Validator({"$ref": where}, registry=retrieving).is_valid
    assert accepts(changed(SAMPLE, {}))
    assert not accepts(changed(SAMPLE, {"actor": None}))
    assert not accepts(changed(SAMPLE, {"data/gate": None}))


SAMPLE = samples_of("governance") / "gate-decided.v1.json"
OPENED = samples_of("governance") / "gate-review-opened.v1.json"


def changed(sample: Path, changes: dict[str, Any]) -> dict[str, Any]:
    """The document with values at pointers like `data/origin/hash`; None removes."""
    document: dict[str, Any] = json.loads(sample.read_bytes())
    for pointer, value in changes.items():
        *way, last = pointer.split("/")
        place: Any = document
        for name in way:
            place = place[int(name)] if isinstance(place, list) else place[name]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return document


def refuses(sample: Path, changes: dict[str, Any]) -> bool:
    document = changed(sample, changes)
    by_schema = validator("governance", sample.stem).is_valid(document)
    assert sent("governance", sample.stem).is_valid(document) == by_schema, "the topics are described otherwise"
    return not by_schema


REQUIRED = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "sequence",
    "streamversion",
    "correlationid",
    "causationid",
    "occurredat",
    "actor",
    "actingas",
    "authority",
    "policy",
    "previous",
    "data",
    "datacontenttype",
]


@pytest.mark.parametrize("attribute", [*REQUIRED, "data/project", "data/gate", "data/outcome"])
def test_what_is_required_is_required(attribute: str) -> None:
    assert refuses(SAMPLE, {attribute: None})


@pytest.mark.parametrize("attribute", ["partitionkey", "standard", "reason", "data/conditions"])
def test_what_may_be_absent_may(attribute: str) -> None:
    assert not refuses(SAMPLE, {attribute: None})


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("specversion", "0.3"),
        ("id", "01A208AC-369C-792E-B7B7-38CFB377E357"),
        ("id", "1"),
        ("source", "/mandate/projects"),
        ("type", "mandate.governance.gate-decided.v2"),
        ("subject", "project/1"),
        ("time", "2026-11-23 13:50:33"),
        ("time", "2026-02-30T13:50:33.623319Z"),
        ("time", "2026-11-23T13:50:33.623319+01:00"),
        ("sequence", "113"),
        ("sequence", 113),
        ("streamversion", 0),
        ("streamversion", "2"),
        ("actor", "somebody"),
        ("policy", "7AAE"),
        ("previous", GENESIS[1:]),
        ("partitionkey", "p1"),
        ("standard", "capital-delivery"),
        ("reason", ""),
        ("reason", "x" * 501),
        ("datacontenttype", "text/plain"),
        ("data/outcome", "maybe"),
        ("data/project", "p1"),
        ("data/conditions/0/due_on", "tomorrow"),
    ],
)
def test_a_value_that_is_spelled_otherwise_is_refused(pointer: str, value: Any) -> None:
    assert refuses(SAMPLE, {pointer: value})


def test_digests_within_are_checked_too() -> None:
    assert refuses(OPENED, {"data/origin/hash": "abc"})
    assert refuses(OPENED, {"data/origin/sequence": 0})
    assert refuses(OPENED, {"data/evidence/0/sha256": "abc"})


@pytest.mark.parametrize("added", ["added", "data/added", "data/conditions/0/added"])
def test_more_is_welcome_and_is_seen(added: str) -> None:
    assert not refuses(SAMPLE, {added: "later"})
    assert not validator("governance", SAMPLE.stem, closed=True).is_valid(changed(SAMPLE, {added: "later"}))
    assert validator("governance", SAMPLE.stem, closed=True).is_valid(changed(SAMPLE, {}))


# --- everything that is ever recorded ---


async def test_a_rehearsal_of_everything_keeps_the_contracts(postgres: EmbeddedPostgres) -> None:
    """Each type is recorded at least once; each document is what its schema says and no more, what the description of
    the topics says, and what hashes to its place. None of a ledger's numbers is missing."""
    async with rehearsed(postgres) as rehearsal:
        for service, domain in DOMAINS.items():
            documents = await rehearsal.documents(service)
            heads: dict[str, str] = {}
            seen = set()
            for position, document in enumerate(documents, start=1):
                record = read_any(document)
                name = record.type.removeprefix(f"mandate.{service}.")
                for closed in (False, True):
                    validator(service, name, closed=closed).validate(json.loads(document))
                sent(service, name).validate(json.loads(document))
                assert record.position == position
                assert record.previous == heads.get(record.subject, GENESIS)
                heads[record.subject] = digest(document).hex()
                seen.add(record.type)
            assert seen == set(domain.catalogue.types.values())


# --- those who hear them ---


@pytest.mark.parametrize(
    ("reader", "catalogue"),
    [(reader, catalogue) for reader, catalogues in HEARERS.items() for catalogue in catalogues],
    ids=lambda value: value if isinstance(value, str) else value.service,
)
def test_each_service_can_read_what_it_names_of_another(reader: str, catalogue: Catalogue) -> None:
    """What a `heard` module names exists in the corpus of the service that writes it, and reads into its fields."""
    for event, type_ in (catalogue.types | catalogue.outdated).items():
        name = type_.removeprefix(f"mandate.{catalogue.service}.")
        document = (samples_of(catalogue.service) / f"{name}.json").read_bytes()
        data = catalogue.decode(type_, document).data
        recorded = json.loads(document)["data"]
        assert set(event.__struct_fields__) <= recorded.keys(), f"{reader} relies on a field that {type_} does not have"
        assert data is not None
