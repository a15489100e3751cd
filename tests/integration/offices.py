"""Ledgers of an office for the tests of the appender: what to submit to them, and what must hold of them."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import asyncpg

from governance.main import GOVERNANCE
from governance.office.office import OFFICE, THE_OFFICE, AppointMember, CharterOffice, NameFounder
from governance.standards.standard import STANDARD, DraftStandard, ReviseDraft
from mandate_events.deciding import Instruction
from mandate_events.deciding.batch import Submission
from mandate_events.deciding.outcome import Accepted
from mandate_events.document.canonical import leaf_hash
from mandate_events.document.event import GENESIS
from mandate_events.document.identifiers import derived, uuid7
from mandate_events.ledger.schema import create_ledger
from mandate_events.ledger.store import Store
from mandate_local.postgres import EmbeddedPostgres

FAY, ANN, BEN, ZOE = (derived(name) for name in ("fay", "ann", "ben", "zoe"))
"""The founder, the two members of the office, and somebody without a role."""

TEMPLATE = "governance_office"
PATH = {
    "id": "one-gate",
    "title": "One gate",
    "phases": [{"id": "do", "title": "Do", "gate": {"id": "g1", "title": "One"}}],
}


def command(aggregate: Any, id_: str, asked: Instruction, actor: str = ANN, **more: Any) -> Submission:
    return Submission(aggregate, id_, asked, actor=actor, **{"route": "test", "key": uuid7(), **more})


def draft(id_: str, actor: str = ANN, text: str | None = None, **more: Any) -> Submission:
    content = DraftStandard.model_validate({"title": id_[:200], "paths": [PATH], "text": text})
    return command(STANDARD, id_, content, actor, **more)


def revise(id_: str, title: str = "Revised", actor: str = ANN, **more: Any) -> Submission:
    """The command that a stream takes any number of times."""
    return command(STANDARD, id_, ReviseDraft.model_validate({"title": title, "paths": [PATH]}), actor, **more)


@dataclass(frozen=True, slots=True)
class OfficeLedger:
    """One database with a ledger, on a server that others use too."""

    postgres: EmbeddedPostgres
    name: str

    @property
    def dsn(self) -> str:
        return self.postgres.dsn(self.name)

    def store(self) -> Store:
        return Store(GOVERNANCE, self.dsn)

    async def connect(self, user: str = "postgres") -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(self.postgres.dsn(self.name, user))

    async def execute(self, *statements: str) -> None:
        """As the superuser."""
        connection = await self.connect()
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    async def fetch(self, query: str, *arguments: Any) -> "list[asyncpg.Record]":
        connection = await self.connect()
        rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
        await connection.close()
        return rows

    async def documents(self) -> list[dict[str, Any]]:
        return [json.loads(row[0]) for row in await self.fetch("select document from ledger.events order by position")]

    async def check(self) -> list[dict[str, Any]]:
        """Everything that must hold of every ledger at every moment; returns its documents."""
        rows = await self.fetch("select * from ledger.events order by position")
        assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
        heads: dict[str, tuple[int, str]] = {}
        for row in rows:
            document = json.loads(row["document"])
            version, previous = heads.get(row["stream"], (0, GENESIS))
            assert row["version"] == document["streamversion"] == version + 1
            assert document["previous"] == previous
            assert document["subject"] == row["stream"]
            assert int(document["sequence"]) == row["position"]
            assert document["time"] == row["recorded_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            assert row["leaf"] == leaf_hash(row["document"])
            heads[row["stream"]] = row["version"], hashlib.sha256(row["document"]).hexdigest()
        times = [row["recorded_at"] for row in rows]
        assert times == sorted(times)
        return [json.loads(row["document"]) for row in rows]

    async def check_answers(self, answers: dict[str, Accepted]) -> None:
        """Each answer is the truth about the event that its key caused, and each event was answered."""
        documents = {document["causationid"]: document for document in await self.check()}
        for key, answer in answers.items():
            document = documents[key]
            said = document["subject"], document["streamversion"], int(document["sequence"])
            assert (answer.stream, answer.version, answer.position) == said
        counted = Counter(document["type"] for document in documents.values())
        assert counted["mandate.governance.standard-draft-revised.v1"] == len(answers)


async def found(ledger: OfficeLedger) -> None:
    """An empty database becomes the ledger of an office: chartered by fay, with ann and ben as members."""
    await ledger.execute(create_ledger("governance"))
    async with ledger.store() as store:
        await store.submit(command(OFFICE, THE_OFFICE, NameFounder(person=FAY), "system/start"))
        await store.submit(command(OFFICE, THE_OFFICE, CharterOffice(name="PMO", reason="r"), FAY))
        for person in (ANN, BEN):
            await store.submit(command(OFFICE, THE_OFFICE, AppointMember(person=person, reason="r"), FAY))
