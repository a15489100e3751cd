"""The two ways to apply a view, in the database and in memory, give the same rows."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mandate_events.document.event import Event, Heading, Recorded
from mandate_events.transport.port import Incoming
from mandate_events.views.projection import OtherViews, apply_all, check_ours
from mandate_events.views.recordset import ROWS, encoded, recordset
from mandate_events.views.rows import Key, Row
from mandate_events.views.view import View
from mandate_local.postgres import EmbeddedPostgres
from reporting.people.heard import MandateGiven, MandateWithdrawn
from reporting.portfolio.views import PORTFOLIO_VIEW
from tests.integration.ledgers import new_ledger
from tests.integration.portfolio_events import ANY_RECORD, by_governance, by_projects
from tests.services import REPORTING_LISTS as LISTS

NAMES = st.sampled_from(["a", "b", "c"])
mandates = st.builds(
    lambda cls, person, role, project: cls(person=person, role=role, project=project),
    st.sampled_from([MandateGiven, MandateWithdrawn]),
    NAMES,
    st.sampled_from(["pmo", "pm"]),
    st.none() | NAMES,
)
events = st.lists(st.one_of(by_governance, by_projects, mandates), max_size=25)


@pytest_asyncio.fixture(scope="module")
async def engine(postgres: EmbeddedPostgres) -> AsyncIterator[AsyncEngine]:
    ledger = await new_ledger(postgres, "reporting", LISTS.views)
    async with ledger.engine() as engine:
        yield engine


def recorded(happened: Sequence[Event], things: Sequence[str], minutes: Sequence[int]) -> list[Recorded[Any]]:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    return [
        replace(
            ANY_RECORD,
            subject=f"project/{thing}",
            streamversion=number + 1,
            time=start + timedelta(minutes=minute),
            data=event,
        )
        for number, (event, thing, minute) in enumerate(zip(happened, things, minutes, strict=True))
    ]


def incoming(record: Recorded[Any]) -> Incoming:
    heading = Heading("", record.source, "", record.subject, "1", record.time)
    return Incoming(heading, b"", record)


async def stored(connection: AsyncConnection, view: View) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.execute(select(view.table).order_by(*view.table.primary_key))]


async def remembered(connection: AsyncConnection, view: View, rows: dict[Key, Row]) -> list[tuple[Any, ...]]:
    """Rows in memory, as a query sees them that is asked of the past."""
    given = recordset(view.table.c, "given")
    wanted = select(given).order_by(*(given.c[name] for name in view.key_columns))
    return [tuple(row) for row in await connection.execute(wanted, {ROWS: encoded(rows.values())})]


@given(happened=events, data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_both_ways_give_the_same_rows(engine: AsyncEngine, happened: list[Event], data: st.DataObject) -> None:
    """Whatever happened, and however it was cut into batches."""
    count = len(happened)
    things = data.draw(st.lists(NAMES, min_size=count, max_size=count))
    minutes = data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    cuts = sorted(data.draw(st.sets(st.integers(0, count), max_size=4)) | {0, count})
    records = recorded(happened, things, minutes)
    async with engine.connect() as connection:
        for begin, end in pairwise(cuts):
            assert await apply_all(connection, LISTS.views, [incoming(each) for each in records[begin:end]]) is None
        for view in LISTS.views:
            rows: dict[Key, Row] = {}
            view.fold(rows, view.changes(records))
            assert await stored(connection, view) == await remembered(connection, view, rows)
        await connection.rollback()


async def test_all_of_a_batch_or_nothing(engine: AsyncEngine) -> None:
    """What the database refuses leaves no trace, in no view."""
    good = MandateGiven(person="a", role="pm", project="b")
    records = recorded([good, good], ["a", "b"], [1, 2])
    broken = replace(records[1], data=replace(good, role="\0"))
    async with engine.connect() as connection:
        error = await apply_all(connection, LISTS.views, [incoming(records[0]), incoming(broken)])
        assert error is not None
        assert [await stored(connection, view) for view in LISTS.views] == [[], []]
        assert await apply_all(connection, LISTS.views, [incoming(records[0])]) is None
        await connection.rollback()


async def test_tables_of_another_version_are_not_touched(engine: AsyncEngine) -> None:
    other = View(PORTFOLIO_VIEW.table, PORTFOLIO_VIEW.events, PORTFOLIO_VIEW.change, PORTFOLIO_VIEW.derive, version=2)
    async with engine.connect() as connection:
        await check_ours(connection, LISTS.views)
        with pytest.raises(OtherViews, match="this program makes"):
            await check_ours(connection, [other, *LISTS.views[1:]])
