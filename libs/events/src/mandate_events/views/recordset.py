"""Rows on their way to the database: one JSON document, whatever their number and types, read there as a table.

So any number of rows is one statement with one parameter, which the database plans once.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import JSON, Column, FromClause, Table, Text, bindparam, cast, column, func

from mandate_events.views.rows import Row

ROWS: Final = "rows"
"""The name of the parameter."""


def recordset(columns: Iterable[Column[Any]], name: str, parameter: str = ROWS) -> FromClause:
    """The rows of a parameter as a table of these columns."""
    given = func.json_to_recordset(cast(bindparam(parameter, type_=Text), JSON))
    typed = [column(each.name, each.type) for each in columns]
    return given.table_valued(*typed, name=name).render_derived(with_types=True)


def encoded(rows: Iterable[Row]) -> str:
    """What the parameter holds."""
    return orjson.dumps(
        list(rows), default=str, option=orjson.OPT_NON_STR_KEYS
    ).decode()  # SQLAlchemy's own kind of str


def key_columns(table: Table) -> Sequence[Column[Any]]:
    return list(table.primary_key.columns)
