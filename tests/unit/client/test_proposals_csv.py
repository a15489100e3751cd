"""The spreadsheet reader: what goes in, what is refused and why, and that nothing at all can crash it."""

import io
import os
import tracemalloc
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandate_client.cells import AMOUNT_LIMIT, BadCell, read_amount, read_date, shown
from mandate_client.csv_records import LINE_LIMIT, RECORD_LINES, FileProblem
from mandate_client.proposals_csv import COLUMNS, BadMap, Rejection, Row, gate_paths, read_proposals

HEADER = "ID,FFC,BCA,EPT,Owner Team"
GOOD = "X1,10.00,2016-05-25,2 Gate Major Infrastructure,Team"
REAL_MAPS = ["Minor Procurement=two-gate", "2 Gate - IT=two-gate"]


def read(text: str | bytes, maps: list[str] | None = None) -> list[Row | Rejection]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_proposals(io.BytesIO(data), gate_paths(maps or [])))


def lines(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def only(text: str | bytes, maps: list[str] | None = None) -> Row | Rejection:
    (found,) = read(text, maps)
    return found


def rejection(text: str | bytes, maps: list[str] | None = None) -> Rejection:
    found = only(text, maps)
    assert isinstance(found, Rejection), found
    return found


def problem(text: str | bytes) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        read(text)
    return caught.value


# What goes in


def test_a_row_in_the_real_shape() -> None:
    text = (
        "\ufeffID,FFC,Delivery Program,Tender Closed,Owner Group,BNI,BCA,PBC,EPT,Approval body,Owner Team,"
        "Stage1,Stage2,Stage3\r\n"
        "X0001,2066075.5899999999,Works,,Group,5/02/2016 5:00:00 PM,2016-05-25 17:00:00,24/10/2016,"
        '3 Gate Major Infrastructure,"Finance, Audit",Team A,2017-02-16,,2018-02-16 17:00:00\r\n'
    )
    row = only(text)
    assert isinstance(row, Row)
    assert (row.line, row.reference, row.title) == (2, "X0001", "X0001 Team A")
    assert row.amount == Decimal("2066075.59")
    assert row.originals["FFC"] == "2066075.5899999999"
    assert row.gate_path == "three-gate"
    assert row.dates == {
        "BNI": date(2016, 2, 5),
        "BCA": date(2016, 5, 25),
        "PBC": date(2016, 10, 24),
        "Stage1": date(2017, 2, 16),
        "Stage3": date(2018, 2, 16),
    }
    assert row.originals["BNI"] == "5/02/2016 5:00:00 PM"
    assert row.originals["Approval body"] == "Finance, Audit"
    assert "Stage2" not in row.originals


def test_only_the_required_columns_are_needed() -> None:
    row = only("ID,FFC,BCA\nX1,1,2016-05-25")
    assert isinstance(row, Row)
    assert (row.title, row.gate_path) == ("X1", None)


def test_formula_like_content_is_text() -> None:
    row = only(lines("=1+1,10,2016-05-25,,@SUM(A1)"))
    assert isinstance(row, Row)
    assert row.title == "=1+1 @SUM(A1)"


def test_blank_lines_and_rows_of_commas_are_no_rows() -> None:
    assert len(read(lines("", GOOD, ",,,,", "   "))) == 1


def test_reading_is_streaming() -> None:
    stream = io.BytesIO(lines(*(f"X{n},1,2016-05-25,," for n in range(10_000))).encode())
    next(read_proposals(stream))
    assert stream.tell() < 1000


# Gate paths


@pytest.mark.parametrize(("gates", "slug"), [("2", "two-gate"), ("3", "three-gate"), ("4", "four-gate")])
def test_gate_paths_known_by_name(gates: str, slug: str) -> None:
    row = only(lines(f"X1,1,2016-05-25,{gates} gate  Major Infrastructure,"))
    assert isinstance(row, Row)
    assert row.gate_path == slug


def test_an_unmapped_gate_path_names_the_option() -> None:
    text = lines("X1,1,2016-05-25,Minor Procurement,")
    found = rejection(text)
    assert (found.line, found.column, found.reference) == (2, "EPT", "X1")
    assert '--map "Minor Procurement=two-gate"' in found.reason
    mapped = only(text, ["Minor Procurement=four-gate"])
    assert isinstance(mapped, Row)
    assert mapped.gate_path == "four-gate"


@pytest.mark.parametrize("written", ["", "two-gate", "=two-gate", "Minor Procurement=", "Minor Procurement=five-gate"])
def test_a_map_that_cannot_be_meant(written: str) -> None:
    with pytest.raises(BadMap):
        gate_paths([written])


# Amounts


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("2066075.5899999999", "2066075.59"),
        ("1122486.9599999997", "1122486.96"),
        ("864.5600000000001", "864.56"),
        ("0.125", "0.12"),
        ("0.135", "0.14"),
        ("0.005000000000000000000000000001", "0.01"),
        ("10000000", "10000000.00"),
        ("1000000000000000", "1000000000000000.00"),
        (" 12.5 ", "12.50"),
    ],
)
def test_amounts_round_half_even_to_cents(written: str, cents: str) -> None:
    assert str(read_amount(written)) == cents


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("0", "not more than 0"),
        ("-5", "not more than 0"),
        ("0.005", "half a cent"),
        ("1000000000000000.01", "10^15"),
        ("9" * 199, "10^15"),
        ("1,000.00", "separators"),
        ("1 000", "separators"),
        ("1_000", "separators"),
        ("1000,50", "separators"),
        ("1e6", "exponent"),
        ("1.5E+06", "exponent"),
        ("NaN", "finite"),
        ("-Infinity", "finite"),
        ("$100", "not an amount"),
        ("5.", "not an amount"),
        ("٣٤", "not an amount"),
        ("0x10", "not an amount"),
    ],
)
def test_amounts_refused_with_the_reason(written: str, why: str) -> None:
    with pytest.raises(BadCell, match=r".") as caught:
        read_amount(written)
    assert why in str(caught.value)


@given(st.decimals(min_value="0.006", max_value=AMOUNT_LIMIT, allow_nan=False, allow_infinity=False, places=12))
def test_every_amount_equals_decimal_quantize(amount: Decimal) -> None:
    assert read_amount(f"{amount:f}") == amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


@given(st.floats(min_value=0.01, max_value=1e15))
def test_every_float_that_was_written_out_is_read(amount: float) -> None:
    assert read_amount(f"{Decimal(repr(amount)):f}") == Decimal(repr(amount)).quantize(
        Decimal("0.01"), rounding=ROUND_HALF_EVEN
    )


# Dates


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("5/02/2016 5:00:00 PM", date(2016, 2, 5)),
        ("11/07/2016 8:57:00 AM", date(2016, 7, 11)),
        ("1/03/2016 12:00:00 AM", date(2016, 3, 1)),
        ("24/10/2016", date(2016, 10, 24)),
        ("8/7/2016", date(2016, 7, 8)),
        ("2016-05-25 17:00:00", date(2016, 5, 25)),
        ("2016-05-25T17:00:00", date(2016, 5, 25)),
        ("2016-05-25", date(2016, 5, 25)),
        ("29/02/2016", date(2016, 2, 29)),
    ],
)
def test_dates_in_four_shapes_day_first(written: str, day: date) -> None:
    assert read_date(written) == day


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("5/25/2016", "day comes before the month"),
        ("29/02/2017", "day is out of range"),
        ("2016-13-01", "month must be"),
        ("2016-05-25 24:00:00", "hour must be"),
        ("5/02/2016 13:00:00 PM", "hour 13"),
        ("5/02/2016 0:30:00 AM", "hour 0"),
        ("5/02/16", "is not a date"),
        ("0216-05-25", "year 216"),
        ("25 May 2016", "is not a date"),
        ("42515", "is not a date"),
        ("٢٤/10/2016", "is not a date"),
    ],
)
def test_dates_refused_with_the_reason(written: str, why: str) -> None:
    with pytest.raises(BadCell) as caught:
        read_date(written)
    assert why in str(caught.value)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_every_day_reads_the_same_in_every_shape(day: date) -> None:
    slashed = f"{day.day}/{day.month:02}/{day.year}"
    iso = day.isoformat()
    for written in (slashed, f"{slashed} 11:59:00 PM", iso, f"{iso} 00:00:00"):
        assert read_date(written) == day


@pytest.mark.parametrize("column", ["BNI", "PBC", "Tender Closed", "Stage1", "Stage2", "Stage3"])
def test_a_bad_date_names_its_column(column: str) -> None:
    assert rejection(f"ID,FFC,BCA,{column}\nX1,1,2016-05-25,soon\n").column == column


# Rows refused while the others go in


@pytest.mark.parametrize(
    ("bad", "column"),
    [(",1,2016-05-25,,", "ID"), ("X9,,2016-05-25,,", "FFC"), ("X9,1, ,,", "BCA"), ("X9,1,never,,", "BCA")],
)
def test_a_faulty_row_is_reported_and_the_others_go_in(bad: str, column: str) -> None:
    first, found, last = read(lines(GOOD, bad, "X2,1,2016-05-25,,"))
    assert isinstance(first, Row)
    assert isinstance(last, Row)
    assert isinstance(found, Rejection)
    assert (found.line, found.column) == (3, column)


@pytest.mark.parametrize("row", ["X1,10", "X1,10,2016-05-25,,,more"])
def test_ragged_rows(row: str) -> None:
    found = rejection(lines(row))
    assert (found.line, found.column) == (2, "")
    assert "the header 5" in found.reason


def test_a_duplicate_names_the_first_line() -> None:
    first, second = read(lines(GOOD, GOOD))
    assert isinstance(first, Row)
    assert isinstance(second, Rejection)
    assert second == Rejection(3, "ID", "'X1' is already on line 2", "X1")


def test_a_duplicate_of_a_refused_row_is_refused_too() -> None:
    found = read(lines("X1,none,2016-05-25,,", " X1 ,5,2016-05-25,,"))
    assert [each.column for each in found if isinstance(each, Rejection)] == ["FFC", "ID"]


def test_long_values_and_control_characters() -> None:
    found = read(lines("X1,1,2016-05-25,," + "x" * 201, "X2,1,2016-05-25,,\x1b[2J", "X3,1,2016-05-25,," + "x" * 200))
    assert isinstance(found[0], Rejection)
    assert (found[0].column, found[0].reason) == ("Owner Team", "201 characters: at most 200")
    assert isinstance(found[1], Rejection)
    assert "U+001B" in found[1].reason
    assert isinstance(found[2], Row)


def test_quoted_newlines_count_as_lines() -> None:
    row, found = read(lines('X1,1,2016-05-25,,"two\r\nlines"', "X2,zero,2016-05-25,,"))
    assert isinstance(row, Row)
    assert row.originals["Owner Team"] == "two\r\nlines"
    assert isinstance(found, Rejection)
    assert found.line == 4


def test_an_unclosed_quote_costs_one_row() -> None:
    found = read(lines('X1,1,2016-05-25,,"open', "X2,1,2016-05-25,,", 'X3,1,2016-05-25,,"Finance, Audit"'))
    assert [(each.line, type(each)) for each in found] == [(2, Rejection), (3, Row), (4, Row)]


def test_an_unclosed_quote_at_the_end_or_before_much_more() -> None:
    assert "not closed" in rejection(lines('X1,1,2016-05-25,,"open')).reason
    many = [f"X{n},1,2016-05-25,," for n in range(2, RECORD_LINES * 3)]
    found = read(lines('X1,1,2016-05-25,,"open', *many))
    assert isinstance(found[0], Rejection)
    assert len([each for each in found if isinstance(each, Row)]) == len(many)


def test_text_after_a_closing_quote_and_a_bare_carriage_return() -> None:
    assert "closing quote" in rejection(lines('X1,1,2016-05-25,,"a"b')).reason
    assert "carriage return" in rejection(lines("X1,1,2016-05-25,,a\rb")).reason


class Endless(io.RawIOBase):
    """A header, one line of `size` bytes made up as it is read, and a good row."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.head = io.BytesIO(HEADER.encode() + b"\n")
        self.tail = io.BytesIO(b"\nX2,1,2016-05-25,,\n")

    def readline(self, limit: int | None = -1, /) -> bytes:
        assert limit is not None
        assert limit > 0
        if head := self.head.readline(limit):
            return head
        if self.left:
            piece = b"x" * min(limit, self.left)
            self.left -= len(piece)
            return piece
        return self.tail.readline(limit)


def test_a_line_of_100_mb_is_rejected_without_being_held() -> None:
    stream: BinaryIO = Endless(100 * 1024 * 1024)  # type: ignore[assignment]
    tracemalloc.start()
    long, row = read_proposals(stream)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert long == Rejection(2, "", "the line is longer than 64 KiB")
    assert isinstance(row, Row)
    assert row.line == 3
    assert peak < 2 * 1024 * 1024


def test_a_long_line_inside_an_open_quote() -> None:
    found = read(lines('X1,1,2016-05-25,,"open', "x" * (LINE_LIMIT + 1), "X2,1,2016-05-25,,"))
    assert [(each.line, type(each)) for each in found] == [(2, Rejection), (3, Rejection), (4, Row)]


# Files that are no such file


@pytest.mark.parametrize(
    ("data", "why", "line"),
    [
        (b"", "empty", None),
        (b"\xef\xbb\xbf", "blank", 1),
        (b"\n\n", "blank", 1),
        (HEADER.encode(), "no rows", None),
        (HEADER.encode() + b"\n\n,,,,\n", "no rows", None),
        (b"PK\x03\x04\x14\x00", "xlsx", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "xls", None),
        (b"%PDF-1.7\n", "PDF", None),
        (b"\x1f\x8b\x08\x00", "gzip", None),
        ("ID,FFC".encode("utf-16"), "UTF-16", None),
        (b'{"items": []}', "JSON", 1),
        (b"[1, 2]", "JSON", 1),
        (b"ID,F\0FC\n", "NUL", 1),
        (HEADER.encode() + b"\n\0\n", "NUL", 2),
        (HEADER.encode() + b"\nX1,1,2016-05-25,,caf\xe9\n", "not UTF-8.*0xe9", 2),
        (b"ID,FFC\nX1,1\n", "required column missing: BCA", 1),
        (b"ID,FFC,BCA,BCA\n", "twice", 1),
        (b"ID;FFC;BCA\n", "parted by ';'", 1),
        (b"ID\tFFC\tBCA\n", "parted by", 1),
        (b"x" * (LINE_LIMIT + 1), "not a header", 1),
        (b'ID,"FFC\n', "not a header", 1),
        (b"ID,FFC,BCA\rX1,1,2016-05-25\r", "carriage return", 1),
    ],
)
def test_file_problems(data: bytes, why: str, line: int | None) -> None:
    with pytest.raises(FileProblem, match=why) as caught:
        read(data)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("name", "meant"), [("Stage 1", "Stage1"), ("owner team", "Owner Team"), (" bca", "BCA"), ("Tender\nClosed", None)]
)
def test_an_unknown_column_is_named_with_what_was_meant(name: str, meant: str | None) -> None:
    said = str(problem(f'ID,FFC,BCA,"{name}"\n'))
    assert "unknown column" in said
    assert all(known in said for known in COLUMNS)
    assert (f"did you mean {meant}?" in said) or meant is None


def test_an_unknown_column_unlike_any_other() -> None:
    assert "did you mean" not in str(problem("ID,FFC,BCA,Colour\n"))


def test_values_in_messages_are_short_and_printable() -> None:
    assert shown("\x1b[2J") == r"'\x1b[2J'"
    assert len(shown("x" * 1000)) <= 42


# Nothing crashes it


def survives(data: bytes) -> None:
    try:
        found = read(data)
    except FileProblem:
        return
    for each in found:
        assert isinstance(each, Row | Rejection)
        assert each.line >= 2


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_give_rows_rejections_or_a_file_problem(data: bytes) -> None:
    survives(data)


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*'",\n\r', "X1", "1.5", "2016-05-25", "é", "=", " ", "\x07"]), max_size=60))
def test_any_csv_like_text_below_a_good_header(pieces: list[str]) -> None:
    survives((HEADER + "\n" + "".join(pieces)).encode())


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes_below_a_good_header(data: bytes) -> None:
    survives(HEADER.encode() + b"\n" + data)


# Files that exist


ROOT = Path(__file__).resolve().parents[3]


def real_file() -> Path:
    data = Path(os.environ.get("MANDATE_DATA", ROOT.parent / "shared" / "data"))
    for found in sorted(data.rglob("Capital_Delivery_Project_deidentified.csv")):
        return found
    pytest.skip(f"REAL DATA ABSENT: no Capital_Delivery_Project_deidentified.csv under {data}; set MANDATE_DATA")


@pytest.mark.parametrize(("maps", "accepted"), [([], 443), (REAL_MAPS, 445)])
def test_the_real_file(maps: list[str], accepted: int) -> None:
    with real_file().open("rb") as stream:
        found = list(read_proposals(stream, gate_paths(maps)))
    rows = [each for each in found if isinstance(each, Row)]
    assert (len(rows), len(found)) == (accepted, 445)
    assert {each.column for each in found if isinstance(each, Rejection)} <= {"EPT"}
    if maps:
        empty = {column: sum(column not in row.originals for row in rows) for column in COLUMNS}
        assert {column: count for column, count in empty.items() if count} == {
            "BNI": 2,
            "PBC": 232,
            "Tender Closed": 32,
            "Stage2": 3,
            "Stage3": 1,
        }
        assert sum(row.amount for row in rows) == Decimal("5113659152.50")
    for row in rows:  # read day first, every project was conceived, then submitted, then approved
        order = [row.dates[column] for column in ("BNI", "PBC", "BCA") if column in row.dates]
        assert order == sorted(order)


def test_our_sample_has_every_shape_and_one_faulty_row() -> None:
    data = (ROOT / "docs" / "samples" / "proposals.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert len(read(data)) == 12
    assert [each.column for each in read(data) if isinstance(each, Rejection)] == ["EPT", "FFC"]
    assert [each.line for each in read(data, REAL_MAPS) if isinstance(each, Rejection)] == [9]
