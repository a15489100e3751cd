"""What one cell says: an amount of money or a date. It is read in a known shape or refused with the reason."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

AMOUNT_LIMIT = Decimal(10) ** 15
CENT = Decimal("0.01")
YEARS = range(1900, 2200)

_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]+([,' \u00a0\u202f_][0-9]+)+(\.[0-9]+)?")
_EXPONENT = re.compile(r"[+-]?[0-9]*\.?[0-9]+[eE][+-]?[0-9]+")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_EXACT_ENOUGH = Context(prec=40)

_SLASHED = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: +([0-9]{1,2}):([0-9]{2}):([0-9]{2}) +([AP]M))?", re.IGNORECASE
)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2}):([0-9]{2}))?")


class BadCell(ValueError):
    """Why a cell cannot be read, in words for the person who keeps the file."""


def shown(text: str) -> str:
    """A value as a message may quote it: short, and with nothing in it that a terminal would obey."""
    short = text if len(text) <= 40 else text[:37] + "..."
    return f"'{short}'" if short.isprintable() else ascii(short)


def read_amount(text: str) -> Decimal:
    """An amount in whole cents. More decimals (the noise of binary floats) are rounded half to even.

    Raises BadCell unless it is a plain number, more than 0 and at most 10^15, both before and after rounding.
    """
    written = text.strip()
    if not _PLAIN.fullmatch(written):
        raise BadCell(_why_not_an_amount(written))
    exact = Decimal(written)
    if exact <= 0:
        raise BadCell(f"{shown(written)} is not more than 0")
    if exact > AMOUNT_LIMIT:
        raise BadCell(f"{shown(written)} is more than 10^15")
    cents = exact.quantize(CENT, rounding=ROUND_HALF_EVEN, context=_EXACT_ENOUGH)
    if cents == 0:
        raise BadCell(f"{shown(written)} is less than half a cent")
    return cents


def _why_not_an_amount(written: str) -> str:
    if _EXPONENT.fullmatch(written):
        return f"{shown(written)} is written with an exponent: write all its digits, like 1234567.89"
    if _NOT_FINITE.fullmatch(written):
        return f"{shown(written)} is not a finite amount"
    if _GROUPED.fullmatch(written):
        return f"{shown(written)} has separators between digits: write it without, like 1234567.89"
    return f"{shown(written)} is not an amount: write digits with a point, like 1234567.89"


def read_date(text: str) -> date:
    """The date in one of four shapes; with slashes the day comes before the month. A time of day is left out.

    `24/10/2016`, `5/02/2016 5:00:00 PM`, `2016-05-25`, `2016-05-25 17:00:00`. Raises BadCell for all else.
    """
    written = text.strip()
    if slashed := _SLASHED.fullmatch(written):
        day, month, year = (int(part) for part in slashed.group(1, 2, 3))
        hour, minute, second = _twelve_hours(written, slashed)
    elif iso := _ISO.fullmatch(written):
        year, month, day = (int(part) for part in iso.group(1, 2, 3))
        hour, minute, second = (int(part or 0) for part in iso.group(4, 5, 6))
    else:
        raise BadCell(
            f"{shown(written)} is not a date: write 2016-05-25 or 25/05/2016, "
            "with a time like 2016-05-25 17:00:00 or 25/05/2016 5:00:00 PM"
        )
    if year not in YEARS:
        raise BadCell(f"{shown(written)} has the year {year}: expected {YEARS[0]} to {YEARS[-1]}")
    try:
        return datetime(year, month, day, hour, minute, second).date()  # noqa: DTZ001 - a civil date, no instant
    except ValueError as error:
        hint = " (with slashes the day comes before the month)" if slashed and month > 12 else ""
        raise BadCell(f"{shown(written)} is not a date: {error}{hint}") from None


def _twelve_hours(written: str, match: re.Match[str]) -> tuple[int, int, int]:
    if match.group(4) is None:
        return 0, 0, 0
    hour, minute, second = (int(part) for part in match.group(4, 5, 6))
    if not 1 <= hour <= 12:
        raise BadCell(f"{shown(written)} has the hour {hour}: with AM or PM expected 1 to 12")
    return hour % 12 + (12 if match.group(7).upper() == "PM" else 0), minute, second
