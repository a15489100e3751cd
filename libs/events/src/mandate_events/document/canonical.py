"""The one encoding of a document: JSON that has exactly one spelling.

Within the limits checked here, orjson with sorted keys writes the same bytes as RFC 8785 (JSON Canonicalization
Scheme): keys are ASCII (so byte order equals UTF-16 order), there are no floats (decimals travel as strings) and
integers stay below 2^53. What cannot be spelled in one way is refused before it reaches the ledger.
"""

import hashlib
from typing import Any, Final

import orjson

MAX_DOCUMENT_BYTES: Final = 64 * 1024
MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 32


class NotCanonical(ValueError):
    """A value that has no canonical spelling; `pointer` (RFC 6901) says where it stands."""

    def __init__(self, pointer: str, problem: str) -> None:
        super().__init__(f"{pointer or '/'}: {problem}")
        self.pointer = pointer
        self.problem = problem


def check(value: Any, pointer: str = "", depth: int = 0) -> None:
    """Raise `NotCanonical` at the first value outside the limits."""
    kind = type(value)
    if kind is str:
        check_text(value, pointer)
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise NotCanonical(pointer, "integer beyond 2^53")
    elif kind is dict:
        if depth >= MAX_DEPTH:
            raise NotCanonical(pointer, f"nested deeper than {MAX_DEPTH}")
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise NotCanonical(pointer, "an object's key must be ASCII text")
            if "\0" in key:
                raise NotCanonical(pointer, "a key with a NUL character")
            check(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", depth + 1)
    elif kind is list or kind is tuple:
        if depth >= MAX_DEPTH:
            raise NotCanonical(pointer, f"nested deeper than {MAX_DEPTH}")
        for index, item in enumerate(value):
            check(item, f"{pointer}/{index}", depth + 1)
    elif value is not None and kind is not bool:
        raise NotCanonical(pointer, f"a {kind.__name__} has no canonical form")


def check_text(text: str, pointer: str = "") -> None:
    """Text must be storable everywhere: no NUL (PostgreSQL) and no lone surrogate (not Unicode)."""
    if text.isascii():
        if "\0" in text:
            raise NotCanonical(pointer, "text with a NUL character")
        return
    if "\0" in text:
        raise NotCanonical(pointer, "text with a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotCanonical(pointer, "text with a lone surrogate") from None


def encode(value: Any) -> bytes:
    """The canonical bytes of a JSON value."""
    check(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(document: bytes) -> bytes:
    """SHA-256 of a document: what the next document of its stream carries as `previous`."""
    return hashlib.sha256(document).digest()


def leaf_hash(document: bytes) -> bytes:
    """RFC 6962 leaf hash: the zero byte keeps leaves and inner nodes of the Merkle tree apart."""
    return hashlib.sha256(b"\0" + document).digest()
