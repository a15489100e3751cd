"""The catalogue as a page, and the schemas of a program in its second release."""

import re
from typing import Any

import msgspec
import pytest

from mandate_events.deciding import Aggregate
from mandate_events.document.event import Event
from mandate_events.published.asyncapi import asyncapi
from mandate_events.published.contracts import contracts, envelope_of, schema_of
from mandate_events.published.pages import page
from mandate_events.values.money import Money
from tests.contract.programs import NEW, NEW_EVENTS, UPCASTS, New, program
from tests.contract.rehearsal import DOMAINS, ROOT

PAGE = ROOT / "docs" / "events.md"


def test_each_event_is_on_the_page_with_each_of_its_fields() -> None:
    text = PAGE.read_text("utf-8")
    for domain in DOMAINS.values():
        chapter = text.partition(f"\n## {domain.service.capitalize()}\n")[2].partition("\n## ")[0]
        assert f"topic `mandate.{domain.service}`" in chapter
        for contract in contracts(domain):
            section = chapter.partition(f"\n### {contract.name}\n")[2].partition("\n### ")[0]
            assert contract.meaning in section
            streams = ", ".join(f"`{each.name}/<id>`" for each in contract.aggregates)
            assert f"`{contract.type}` · on {streams}" in section
            fields = re.findall(r"^\| `([a-z0-9_]+)` \|", section, re.MULTILINE)
            assert fields == list(contract.event.__struct_fields__)


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", PAGE.read_text("utf-8"))
    assert len(links) > 2 * sum(1 for domain in DOMAINS.values() for _ in contracts(domain))
    assert [link for link in links if not (PAGE.parent / link).exists()] == []


class Part(msgspec.Struct, frozen=True):
    name: str
    price: Money | None = None


class Mixed(Event, frozen=True, kw_only=True):
    """Everything a field can be."""

    parts: list[Part]
    counts: dict[str, int]
    anything: Any
    free: dict[str, Any]
    more: list[int] = msgspec.field(default_factory=lambda: [1])


def test_how_types_are_told() -> None:
    aggregate: Aggregate[Any] = Aggregate("mix", lambda *_: [], lambda *_: 1, events=(Mixed,))
    told = dict(re.findall(r"^\| `([^`]+)` \| (.*?) \| ", page([program(aggregate)]), re.MULTILINE))
    assert {
        name: told[name] for name in told if name.partition("[")[0].partition(".")[0] in Mixed.__struct_fields__
    } == {
        "parts": "list of object",
        "parts[].name": "text",
        "parts[].price": "object or null, by default `null`",
        "parts[].price.amount": r"text like `^[0-9]{1,16}\.[0-9]{2}$`",
        "parts[].price.currency": "text like `^[A-Z]{3}$`",
        "counts": "object of integer",
        "anything": "anything",
        "free": "object",
        "more": "list of integer, optional",
    }


# --- a second release ---


def test_a_version_that_is_no_longer_written_stays_published() -> None:
    published = {contract.name: contract for contract in contracts(NEW)}
    assert published["risk-assessed.v1"].superseded
    assert not published["risk-assessed.v2"].superseded
    assert schema_of(published["risk-assessed.v1"])["$defs"]["RiskAssessed"]["required"] == ["level"]
    assert "on `risk/<id>` · [schema](../services/governance/contracts/risk-assessed.v1.json)" in page([NEW])
    (superseded,) = (section for section in page([NEW]).split("\n### ") if "no longer written" in section)
    assert superseded.startswith("risk-assessed.v1\n")


def test_an_event_that_no_aggregate_tells_is_not_published() -> None:
    """An older version is on the streams that its newer one is on; here there is none."""
    silent: Aggregate[Any] = Aggregate("risk", New.decide, New.evolve, events=NEW_EVENTS[:1])
    with pytest.raises(LookupError):
        list(contracts(program(silent, upcasts=UPCASTS)))


def test_two_things_of_one_name_are_not_published_together() -> None:
    class Whole(Event, frozen=True, kw_only=True):
        parts: list[Part]

    other = msgspec.defstruct("Part", [("label", str)])
    changed: Any = msgspec.defstruct("Changed", [("part", other)], bases=(Event,), kw_only=True, frozen=True)
    aggregate: Aggregate[Any] = Aggregate("whole", New.decide, New.evolve, events=(Whole, changed))
    domain = program(aggregate)
    samples: dict[str, dict[str, Any]] = {contract.type: {} for contract in contracts(domain)}
    with pytest.raises(ValueError, match="two things of governance are named Part"):
        asyncapi([domain], samples, "1")


def test_what_may_be_absent_is_never_null() -> None:
    envelope = envelope_of("governance")
    assert {"partitionkey", "standard", "reason"} <= envelope["properties"].keys() - set(envelope["required"])
    assert "null" not in str(envelope)
