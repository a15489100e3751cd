"""Sorting: `sort=-due_on,title`, by the columns that a list shows. What has no value comes last, either way."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from fastapi import Query
from sqlalchemy import ColumnElement, Integer, func, literal

from mandate_web.problems.problem import invalid

Keys: TypeAlias = Sequence[tuple[ColumnElement[Any], bool]]
"""What to order by, and whether downwards; the last one is unique."""

BLANKS: Final = {
    str: "",
    bool: False,
    int: 0,
    Decimal: Decimal(0),
    date: date(1970, 1, 1),
    datetime: datetime(1970, 1, 1, tzinfo=UTC),
}
"""What stands for no value, by the type of a column: all rows without one are equal."""


def key(column: ColumnElement[Any], *, down: bool) -> Keys:
    """The order by one column. One that is always there can be found by its index."""
    if not getattr(column, "nullable", True):
        return [(column, down)]
    blank = literal(BLANKS[column.type.python_type], column.type)
    return [(func.num_nulls(column, type_=Integer), False), (func.coalesce(column, blank), down)]


def sort_by(names: Iterable[str], default: Sequence[str]) -> Any:
    """What a parameter `sort` can be, for lists that can be sorted by these columns."""
    one = f"-?({'|'.join(sorted(names))})"
    return Query(
        pattern=f"^{one}(,{one})*$",
        max_length=200,
        description="Columns in order, `-` for downwards; what has no value comes last.",
        examples=[",".join(default)],
    )


def asked_keys(sort: str) -> Sequence[tuple[str, bool]]:
    """The columns that a `sort` names, each with whether it is downwards. Raises 422 where one is named twice."""
    asked = sort.split(",")
    if len({each.removeprefix("-") for each in asked}) < len(asked):
        raise invalid("?sort", "sort-twice")
    return [(each.removeprefix("-"), each.startswith("-")) for each in asked]
