"""Two versions of a service on one ledger: the older one refuses what it cannot understand, and only that."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.people.mandate import MANDATE
from governance.standards.standard import STANDARD, DraftStandard, PublishStandard, StandardPublished
from mandate_events.deciding.batch import Submission
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import Accepted, WrittenByNewer
from mandate_events.deciding.rights import DENIAL, RIGHTS_TABLE
from mandate_events.ledger.store import Store
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.problems import problem as problems
from tests.integration.ledgers import eventually
from tests.integration.offices import ANN, BEN, PATH, OfficeLedger, command, draft, found, revise
from tests.services import GOVERNANCE, GOVERNANCE_SERVICE

KNOWN = replace(
    STANDARD,
    events=tuple(event for event in STANDARD.events if event is not StandardPublished),
    records={command: events for command, events in STANDARD.records.items() if StandardPublished not in events},
)
OLDER = Domain(
    "governance",
    aggregates=[
        KNOWN if each is STANDARD else each
        for each in GOVERNANCE.aggregates.values()
        if each not in (RIGHTS_TABLE, DENIAL)
    ],
    rights=[
        right
        for chapter in GOVERNANCE_SERVICE.chapters
        for right in chapter.rights
        if right.kind is not PublishStandard
    ],
    find_mandates=lambda context: context.read(MANDATE, context.actor) or (),
)
"""Governance as it was before a standard could be published."""

PUBLISH = PublishStandard(version=1, reason="Reviewed")
DRAFT = DraftStandard.model_validate({"title": "Next", "paths": [PATH]})
PUBLISHED = "mandate.governance.standard-published.v1"


@dataclass(frozen=True, slots=True)
class Both:
    newer: Store
    older: Store

    async def publish(self, id_: str) -> None:
        """What only the newer version knows, on a stream that both have folded."""
        await self.older.submit(draft(id_))
        await self.older.reader.fold(STANDARD, id_)
        await self.newer.submit(command(STANDARD, id_, PUBLISH, BEN))
        position = self.newer.appender.position

        async def followed() -> bool:
            return self.older.appender.position >= position

        await eventually(followed, 5)


async def outcomes(store: Store, *submissions: Submission) -> list[Any]:
    return list(await asyncio.gather(*map(store.submit, submissions), return_exceptions=True))


@pytest.fixture(scope="module")
async def both(postgres: EmbeddedPostgres) -> AsyncIterator[Both]:
    ledger = OfficeLedger(postgres, "two_versions")
    postgres.ensure_database(ledger.name)
    await found(ledger)
    async with ledger.store() as newer, Store(OLDER, ledger.dsn) as older:
        yield Both(newer, older)


async def test_the_older_process_refuses_commands_on_that_stream_and_takes_all_others(both: Both) -> None:
    await both.publish("cached")
    for _ in range(2):
        with pytest.raises(WrittenByNewer, match=PUBLISHED):
            await both.older.submit(revise("cached"))
    assert (await both.older.submit(draft("another"))).version == 1
    assert both.older.appender.broken is None


async def test_a_process_that_starts_later_refuses_them_too(both: Both) -> None:
    await both.publish("not-cached")
    async with Store(OLDER, both.older.dsn) as later:
        with pytest.raises(WrittenByNewer, match=PUBLISHED):
            await later.submit(revise("not-cached"))
        assert (await later.submit(draft("yet-another"))).version == 1


async def test_its_neighbours_in_a_batch_are_none_the_worse(both: Both) -> None:
    await both.publish("neighbour")
    wanted = [revise("neighbour"), draft("beside"), revise("neighbour")]
    answers = await outcomes(both.older, *wanted)
    assert [type(answer) for answer in answers] == [WrittenByNewer, Accepted, WrittenByNewer]


async def test_nothing_is_recorded_of_it_and_the_newer_process_does_it_under_the_same_key(both: Both) -> None:
    await both.publish("retried")
    again = command(STANDARD, "retried", DRAFT, ANN, key="once")
    before = both.newer.appender.position
    with pytest.raises(WrittenByNewer):
        await both.older.submit(again)
    assert await both.newer.reader.end() == before
    assert (await both.newer.submit(again)).version == 3


async def test_it_is_not_shown_either(both: Both) -> None:
    """Half of the truth is no answer: another process has the whole of it."""
    await both.publish("shown")
    with pytest.raises(WrittenByNewer, match=PUBLISHED):
        await both.older.reader.fold(STANDARD, "shown")
    with pytest.raises(WrittenByNewer, match=PUBLISHED):
        await both.older.reader.fold(STANDARD, "shown")
    with pytest.raises(WrittenByNewer):
        await both.older.reader.fold_at(STANDARD, "shown", datetime.now(UTC) + timedelta(hours=1))
    assert (await both.newer.reader.fold(STANDARD, "shown")).version == 2


def test_people_are_asked_to_try_again() -> None:
    problem = problems.of(WrittenByNewer(PUBLISHED))
    assert (problem.kind.status, problem.headers) == (503, {"Retry-After": "5"})
