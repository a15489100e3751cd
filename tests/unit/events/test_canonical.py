"""One value, one spelling: the encoding agrees with RFC 8785 wherever it accepts a value, and refuses the rest."""

import json
import math
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandate_events.document.canonical import (
    MAX_DEPTH,
    MAX_INTEGER,
    NotCanonical,
    check_text,
    digest,
    encode,
    leaf_hash,
)

ROOT = Path(__file__).parents[3]

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
keys = st.text(st.characters(min_codepoint=1, max_codepoint=127))
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | text
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


def ledger_data() -> Path:
    path = Path(os.environ.get("MANDATE_DATA", ROOT.parent / "shared" / "data")) / "ledger"
    if not path.is_dir():
        pytest.skip(f"REAL DATA ABSENT: no {path}; set MANDATE_DATA")
    return path


def rfc8785(value: Any) -> bytes:
    """Another implementation, for values without floats and with ASCII keys."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def nested(depth: int, kind: type) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = {"k": value} if kind is dict else [value]
    return value


def parts(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from parts(item)
    elif isinstance(value, list):
        for item in value:
            yield from parts(item)


@given(values)
def test_every_accepted_value_is_spelled_as_rfc_8785_says(value: Any) -> None:
    assert encode(value) == rfc8785(value)


@given(values)
def test_what_was_encoded_encodes_to_the_same_bytes_again(value: Any) -> None:
    once = encode(value)
    assert encode(json.loads(once)) == once


@given(st.dictionaries(keys, scalars))
def test_the_order_in_which_members_were_given_does_not_matter(value: dict[str, Any]) -> None:
    assert encode(dict(reversed(value.items()))) == encode(value)


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_vectors_of_rfc_8785(name: str) -> None:
    data = ledger_data() / "jcs" / "testdata"
    value = json.loads((data / "input" / f"{name}.json").read_bytes())
    foreign = any(isinstance(part, float) for part in parts(value)) or any(
        not key.isascii() for part in parts(value) if isinstance(part, dict) for key in part
    )
    if name in {"arrays", "unicode"}:
        assert not foreign
        assert encode(value) == (data / "output" / f"{name}.json").read_bytes()
        assert encode(value).hex() == "".join((data / "outhex" / f"{name}.txt").read_text().split())
    else:  # floats or keys beyond ASCII: no place in a document
        assert foreign
        with pytest.raises(NotCanonical):
            encode(value)


def test_the_escapes_of_the_vectors_without_their_numbers() -> None:
    data = ledger_data() / "jcs" / "testdata"
    value = json.loads((data / "input" / "values.json").read_bytes())
    expected = json.loads((data / "output" / "values.json").read_bytes())
    assert encode(value["string"]) in (data / "output" / "values.json").read_bytes()
    assert encode(expected["literals"]) == b"[null,true,false]"


@pytest.mark.parametrize(
    ("value", "pointer", "problem"),
    [
        (0.5, "", "float"),
        ({"a": [1, math.nan]}, "/a/1", "float"),
        (MAX_INTEGER + 1, "", "2^53"),
        ({"n": -MAX_INTEGER - 1}, "/n", "2^53"),
        ({"a": "x\0"}, "/a", "NUL"),
        ({"a": "é\0"}, "/a", "NUL"),
        ({"a": "\ud800"}, "/a", "surrogate"),
        ({"é": 1}, "", "ASCII"),
        ({1: 1}, "", "ASCII"),
        ({"a": {"b\0": 1}}, "/a", "NUL"),
        ({"a/b": {"c~d": 0.5}}, "/a~1b/c~0d", "float"),
        ({"a": b"bytes"}, "/a", "bytes"),
        ({"a": {1, 2}}, "/a", "set"),
        ((1, (2, 0.5)), "/1/1", "float"),
    ],
)
def test_what_has_no_one_spelling_is_refused_where_it_stands(value: Any, pointer: str, problem: str) -> None:
    with pytest.raises(NotCanonical, match=problem.replace("^", r"\^")) as refused:
        encode(value)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("kind", [dict, list])
def test_the_depth_is_limited(kind: type) -> None:
    encode(nested(MAX_DEPTH, kind))
    with pytest.raises(NotCanonical, match="nested deeper"):
        encode(nested(MAX_DEPTH + 1, kind))


def test_the_largest_integers_are_kept() -> None:
    assert encode([MAX_INTEGER, -MAX_INTEGER]) == b"[9007199254740991,-9007199254740991]"


def test_a_true_is_not_a_one() -> None:
    assert encode([True, 1, False, 0, None]) == b"[true,1,false,0,null]"


def test_text_of_every_kind_passes() -> None:
    for good in ("", "plain", "é", "\N{PILE OF POO}", "\x7f", "line\nline"):
        check_text(good)


def test_a_leaf_and_a_document_hash_differently() -> None:
    assert digest(b"") == sha256(b"").digest()
    assert leaf_hash(b"") == sha256(b"\0").digest() != digest(b"")


def test_the_known_roots_of_rfc_6962() -> None:
    """Leaves are ours; the tree above them is written out here, from the RFC."""
    known = json.loads((ledger_data() / "rfc6962_known_roots.json").read_bytes())
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in known["leaf_inputs_hex"]]

    def root(part: list[bytes]) -> bytes:
        if len(part) == 1:
            return part[0]
        split = 1 << (len(part) - 1).bit_length() - 1
        return sha256(b"\1" + root(part[:split]) + root(part[split:])).digest()

    for size in range(1, len(leaves) + 1):
        assert root(leaves[:size]).hex() == known["root_by_size_hex"][size]
