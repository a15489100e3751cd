"""The past of views: what their tables held when only the documents up to a cut had been recorded.

It is folded in memory from the record, and asked by the same query as the present: a set of rows takes the place of
the table. What had been recorded by then never changes, so a few pasts are kept.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import Column, Select, Table
from sqlalchemy import Row as SqlRow
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.visitors import replacement_traverse

from mandate_events.transport import parking
from mandate_events.transport.parking import WAITING
from mandate_events.transport.port import Incoming, understood
from mandate_events.views.record import Cuts, Lists
from mandate_events.views.recordset import encoded, recordset
from mandate_events.views.rows import Key, Row
from mandate_events.views.view import SCHEMA, View

log = logging.getLogger(__name__)

KEPT: Final = 8


class Folding:
    """The rows of one view, as they follow documents. What cannot be applied holds up its key, as it does live."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.rows: dict[Key, Row] = {}
        self._blocked: set[tuple[str, str]] = set()

    def apply(self, source: str, item: Incoming) -> None:
        key = (source, item.heading.key)
        error = WAITING if key in self._blocked else item.error or self._tried(item)
        if error:
            self._blocked.add(key)
            log.warning("the past of %s lacks %s:%s: %s", self.view.name, source, item.heading.position, error)

    def _tried(self, item: Incoming) -> str | None:
        try:
            self.view.fold(self.rows, self.view.changes([] if item.record is None else [item.record]))
        except Exception as error:  # noqa: BLE001 - whatever a live view would park
            return repr(error)
        return None


class Pasts:
    """The pasts of a service's views."""

    def __init__(self, lists: Lists, engine: AsyncEngine) -> None:
        self._lists = lists
        self._engine = engine
        self._kept: OrderedDict[Any, str] = OrderedDict()
        self._turn = asyncio.Lock()
        """One is folded at a time: who asks for the same one waits, without a connection, and finds it."""

    async def rows(self, view: View, cuts: Cuts) -> str:
        """The rows of a view at a cut, encoded for `recordset`."""
        async with self._turn, self._engine.connect() as connection:
            discarded = frozenset(await parking.discarded(connection, SCHEMA))
            which = (view.name, frozenset(cuts.items()), discarded)
            if which not in self._kept:
                self._kept[which] = encoded((await self._fold(connection, view, cuts, discarded)).values())
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(which)
            return self._kept[which]

    async def _fold(
        self, connection: AsyncConnection, view: View, cuts: Cuts, discarded: Collection[tuple[str, int]]
    ) -> Mapping[Key, Row]:
        folding = Folding(view)
        types = {source: view.types(catalogue) for source, catalogue in self._lists.catalogues.items()}
        async for source, documents in self._lists.record.past(connection, types, cuts):
            for document in documents:
                item = understood(self._lists.catalogues[source], document)
                if (source, item.heading.position) not in discarded:
                    folding.apply(source, item)
            await asyncio.sleep(0)  # others have their turn
        return folding.rows

    async def ask(self, statement: Select[Any], views: Sequence[View], cuts: Cuts) -> Sequence[SqlRow[Any]]:
        """Ask the past of some views what is else asked of their tables."""
        given = {view.table: recordset(view.table.c, view.name, view.name) for view in views}

        def then(part: Any, **_: Any) -> Any:
            if isinstance(part, Column) and part.table in given:
                return given[part.table].c[part.name]
            return given.get(part) if isinstance(part, Table) else None

        parameters = {view.name: await self.rows(view, cuts) for view in views}
        asked: Select[Any] = cast("Any", replacement_traverse)(statement, {}, then)  # its types know only expressions
        async with self._engine.connect() as connection:
            rows: Sequence[SqlRow[Any]] = (await connection.execute(asked, parameters)).all()
            return rows
