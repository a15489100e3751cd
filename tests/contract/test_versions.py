"""Versions: an older and a newer program share ledgers and topics, in either direction, and no byte ever changes."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from mandate_events.deciding import Aggregate, Command
from mandate_events.deciding.batch import Submission, Undeclared
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.reacting import Heard, Reaction
from mandate_events.document.event import Catalogue, Event, Recorded, Upcasts
from mandate_events.document.identifiers import uuid7
from mandate_events.ledger.store import Store
from mandate_events.transport import parking
from mandate_events.worker.consumer import Consumer
from mandate_events.worker.policy import PolicyRunner
from mandate_local.postgres import EmbeddedPostgres
from tests.contract.programs import (
    NEW,
    NEW_EVENTS,
    NEW_RISK,
    OLD,
    OLD_EVENTS,
    OLD_RISK,
    OPENED_BY,
    UPCASTS,
    Assess,
    Identify,
    New,
    Note,
    Old,
    program,
)
from tests.integration.ledgers import Ledger, Scripted, new_ledger


async def decide(store: Store, *commands: Command, on: str = "r1") -> None:
    aggregate = store.domain.aggregates["risk"]
    for command in commands:
        await store.submit(Submission(aggregate, on, command, actor="system/test", route="test", key=uuid7()))


@pytest.fixture
async def ledger(postgres: EmbeddedPostgres) -> Ledger:
    return await new_ledger(postgres, "governance")


# --- within a service ---


async def test_a_stream_of_both_versions_is_folded_and_no_byte_changes(ledger: Ledger) -> None:
    async with Store(OLD, ledger.dsn) as store:
        await decide(store, Identify(title="Flood"), Assess(level="high"))
        assert (await store.reader.fold(OLD_RISK, "r1")).state == Old.Risk("Flood", "high")
    before = await ledger.documents()
    async with Store(NEW, ledger.dsn) as store:
        assert (await store.reader.fold(NEW_RISK, "r1")).state == New.Risk("Flood", "nobody", 16)
        await decide(store, Note(text="seen"))  # decided on the old events
        assert (await store.reader.fold(NEW_RISK, "r1")).state == New.Risk("Flood", "nobody", 16)
        await decide(store, Assess(level="low"))
        assert (await store.reader.fold(NEW_RISK, "r1")).state == New.Risk("Flood", "nobody", 5)
        exported = [document async for _, _, document, _ in store.reader.documents()]
    after = await ledger.documents()
    assert exported == after
    assert after[: len(before)] == before
    risks = [json.loads(document) for document in after if b'"risk/r1"' in document]
    assert [each["type"].rpartition(".")[2] for each in risks] == ["v1", "v1", "v1", "v2"]
    assert risks[1]["data"] == {"level": "high"}
    raw = [document for document in after if b'"risk/r1"' in document]
    hashes = [hashlib.sha256(document).hexdigest() for document in raw]
    assert [each["previous"] for each in risks[1:]] == hashes[:-1], "the chain is of the raw bytes"


async def test_an_upcast_record_still_says_what_its_document_says(ledger: Ledger) -> None:
    async with Store(OLD, ledger.dsn) as store:
        await decide(store, Identify(title="Flood"), Assess(level="low"))
    document = (await ledger.documents())[-1]
    old = OLD.catalogue.decode("mandate.governance.risk-assessed.v1", document)
    new = NEW.catalogue.decode("mandate.governance.risk-assessed.v1", document)
    assert new.data == New.RiskAssessedV2(probability=1, impact=1)
    assert new.type == "mandate.governance.risk-assessed.v1"
    for attribute in set(Recorded.__struct_fields__) - {"data"}:
        assert getattr(new, attribute) == getattr(old, attribute)


async def test_an_outdated_version_is_never_written(ledger: Ledger) -> None:
    def careless(_risk: Any, _command: Command, _context: Any) -> Sequence[Event]:
        return [New.RiskIdentified(title="Flood"), Old.RiskAssessed(level="low")]

    aggregate: Aggregate[Any] = Aggregate("risk", careless, New.evolve, events=NEW_EVENTS, opened_by=OPENED_BY)
    async with Store(program(aggregate, upcasts=UPCASTS), ledger.dsn) as store:
        with pytest.raises(Undeclared):
            await decide(store, Identify(title="Flood"))
    assert not [document for document in await ledger.documents() if b'"risk/' in document]


class First(Event, frozen=True, kw_only=True):
    one: int


class FirstV2(Event, frozen=True, kw_only=True):
    two: int


class FirstV3(Event, frozen=True, kw_only=True):
    three: int


def test_upcasts_follow_each_other() -> None:
    upcasts: Upcasts = {
        First: lambda event: FirstV2(two=event.one + 1),
        FirstV2: lambda event: FirstV3(three=event.two + 1),
    }
    catalogue = Catalogue("shop", (FirstV3, New.RiskNoted), upcasts)
    assert [catalogue.knows(f"mandate.shop.first.v{number}") for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert list(catalogue.types.values()) == ["mandate.shop.first.v3", "mandate.shop.risk-noted.v1"]
    assert list(catalogue.outdated.values()) == ["mandate.shop.first.v1", "mandate.shop.first.v2"]
    assert catalogue.types_of(FirstV3) == [f"mandate.shop.first.v{number}" for number in (1, 2, 3)]
    assert catalogue.types_of(New.RiskNoted) == ["mandate.shop.risk-noted.v1"]
    assert catalogue.types_of(First) == [], "nothing is read as an outdated event"


def test_a_version_is_current_or_outdated_and_not_both() -> None:
    with pytest.raises(ValueError, match=r"two events are named mandate\.shop\.first\.v1"):
        Catalogue("shop", (First, FirstV2), {First: lambda event: FirstV2(two=event.one)})


# --- between services ---

MET_BY_OLD = Catalogue("governance", OLD_EVENTS)
MET_BY_NEW = Catalogue("governance", NEW_EVENTS, UPCASTS)


@dataclass(slots=True)
class Reader:
    """Another service, which reacts to what it understands."""

    ledger: Ledger
    store: Store
    source: Scripted
    heard: list[Event] = field(default_factory=list)

    async def read(self, catalogue: Catalogue) -> list[parking.Parked]:
        """Up to the end, as a program with this catalogue; returns what is parked then."""
        async with self.ledger.engine() as engine:
            runner = PolicyRunner("reader", self._hear, self.store)
            service = self.store.domain.service
            consumer = Consumer("policies", self.source, catalogue, engine, service=service, policy=runner)
            await consumer.open()
            while await consumer.step():
                pass
            async with engine.connect() as connection:
                return list(await parking.parked(connection, "policies"))

    def _hear(self, said: Heard) -> Sequence[Reaction]:
        self.heard.append(said.record.data)
        return []


@asynccontextmanager
async def reading(postgres: EmbeddedPostgres, documents: Sequence[bytes]) -> AsyncIterator[Reader]:
    ledger = await new_ledger(postgres, "projects")
    domain = Domain("projects", aggregates=(), rights=(), find_mandates=lambda _: ())
    async with Store(domain, ledger.dsn) as store:
        yield Reader(ledger, store, Scripted("governance", documents))


async def test_an_old_reader_of_a_new_writer_until_it_is_upgraded(postgres: EmbeddedPostgres, ledger: Ledger) -> None:
    async with Store(NEW, ledger.dsn) as store:
        await decide(store, Identify(title="Flood"), Note(text="seen"), Assess(level="high"), on="r1")
        await decide(store, Identify(title="Fire"), on="r2")
    documents = await ledger.documents()
    async with reading(postgres, documents) as reader:
        (parked,) = await reader.read(MET_BY_OLD)
        flood, fire = Old.RiskIdentified(title="Flood"), Old.RiskIdentified(title="Fire")
        assert sorted(reader.heard, key=str) == [fire, flood], "the field and the type that are new are ignored"
        assert (parked.type, parked.error) == (
            "mandate.governance.risk-assessed.v2",
            "unknown version: mandate.governance.risk-assessed.v2",
        )
        assert parked.document == documents[parked.sequence - 1], "parked raw"
        assert await reader.read(MET_BY_NEW) == []
        assert reader.heard[2:] == [New.RiskAssessedV2(probability=4, impact=5)], "by itself, after the upgrade"


async def test_a_new_reader_of_an_old_writer(postgres: EmbeddedPostgres, ledger: Ledger) -> None:
    async with Store(OLD, ledger.dsn) as store:
        await decide(store, Identify(title="Flood"), Assess(level="low"))
    documents = await ledger.documents()
    async with reading(postgres, documents) as reader:
        assert await reader.read(MET_BY_NEW) == []
        assert reader.heard == [
            New.RiskIdentified(title="Flood", owner="nobody"),  # by default
            New.RiskAssessedV2(probability=1, impact=1),  # upcast
        ]
