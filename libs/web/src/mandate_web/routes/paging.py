"""Lists: `{items, next}` with an opaque cursor that only fits the query it came from."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from typing import Annotated, Any, Final, TypeAlias

import orjson
from fastapi import Query
from sqlalchemy import BigInteger, ColumnElement, Select, and_, or_

from mandate_events.document.canonical import digest
from mandate_web.problems.problem import Problem

MAX_LIMIT: Final = 500

Limit: TypeAlias = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many at most")]
MAX_CURSOR: Final = 6_000
"""Characters: what rows are sorted by may be three titles of the longest."""

Cursor: TypeAlias = Annotated[
    str | None,
    Query(
        max_length=MAX_CURSOR,
        description="`next` of the page before, with the same query",
        json_schema_extra={"pattern": "^[A-Za-z0-9_-]*$"},  # another one is told that it fits no query of ours
    ),
]


class Page:
    """Keyset paging over a `Select`: order by what was asked, then by a unique column."""

    def __init__(self, query: dict[str, Any], limit: int, cursor: str | None) -> None:
        self.limit = limit
        self._fingerprint = digest(orjson.dumps(query, option=orjson.OPT_SORT_KEYS, default=str)).hex()[:16]
        self._after: list[Any] | None = self._read(cursor) if cursor else None

    def apply(self, select: Select[Any], keys: Sequence[tuple[ColumnElement[Any], bool]]) -> Select[Any]:
        """Order by the keys ((column, descending); the last one unique), begin after the cursor, fetch one more."""
        select = select.order_by(*(column.desc() if down else column.asc() for column, down in keys))
        if self._after is not None:
            if len(self._after) != len(keys):
                raise _mismatch()
            after = [_fitting(column, value) for (column, _), value in zip(keys, self._after, strict=True)]
            select = select.where(_beyond(keys, after))
        return select.limit(self.limit + 1)

    def answer(self, rows: Sequence[Any], keys: Sequence[str]) -> tuple[list[dict[str, Any]], str | None]:
        """The items of this page, and the cursor of the next one. `keys` name the columns ordered by."""
        items = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it
        if len(items) <= self.limit:
            return items, None
        items = items[: self.limit]
        return items, self._write([items[-1][key] for key in keys])

    def _write(self, values: list[Any]) -> str:
        raw = orjson.dumps({"q": self._fingerprint, "a": values}, default=str)
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def _read(self, cursor: str) -> list[Any]:
        try:
            content = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
            fingerprint, values = content["q"], content["a"]
        except (ValueError, TypeError, KeyError, binascii.Error):
            raise _mismatch() from None
        if fingerprint != self._fingerprint or not isinstance(values, list):
            raise _mismatch()
        return values


def _mismatch() -> Problem:
    return Problem("cursor-mismatch", "cursor-mismatch")


def _fitting(column: ColumnElement[Any], value: Any) -> Any:
    """A cursor comes from a client: what the column could not hold is no cursor of ours, and no error of ours."""
    kind = column.type.python_type
    try:
        if kind is Decimal and isinstance(value, str):
            number = Decimal(value)
            if not number.is_finite() or not -20 <= number.adjusted() <= 20:
                raise _mismatch()
            return number
        if kind is date and isinstance(value, str):
            return date.fromisoformat(value)
        if kind is datetime and isinstance(value, str):
            value = datetime.fromisoformat(value)
            if value.tzinfo is None:
                raise _mismatch()
            value = value.astimezone(UTC)
    except (ValueError, OverflowError, DecimalException):
        raise _mismatch() from None
    bits = 63 if isinstance(column.type, BigInteger) else 31
    if (
        type(value) is not kind
        or (kind is str and "\0" in value)
        or (kind is int and not -(2**bits) <= value < 2**bits)
    ):
        raise _mismatch()
    return value


def _beyond(keys: Sequence[tuple[ColumnElement[Any], bool]], after: list[Any]) -> ColumnElement[bool]:
    """(a, b) > (x, y) spelled out, since each column has its own direction: a > x or (a = x and b > y)."""
    alternatives = []
    for index, (column, down) in enumerate(keys):
        equal = [other == value for (other, _), value in zip(keys[:index], after, strict=False)]
        beyond = column < after[index] if down else column > after[index]
        alternatives.append(and_(*equal, beyond))
    return or_(*alternatives)
