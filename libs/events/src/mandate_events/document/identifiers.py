"""Identifiers: time-ordered for what happens (UUIDv7), derived for what must be found again (UUIDv5)."""

import hashlib
import os
import time
from uuid import NAMESPACE_URL, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "mandate")


def uuid7() -> str:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    random = int.from_bytes(os.urandom(10), "big")
    value = time.time_ns() // 1_000_000 << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0x2 << 62
    return _text(f"{value | random & 0x3FFF_FFFF_FFFF_FFFF:032x}")


def derived(*parts: str) -> str:
    """The same id for the same parts, on every machine and every day: idempotency for good. A UUIDv5.

    Each part is length-prefixed, so that ("a", "bc") and ("ab", "c") differ.
    """
    name = "".join([f"{len(part)}:{part}" for part in parts]).encode()
    value = bytearray(hashlib.sha1(NAMESPACE.bytes + name, usedforsecurity=False).digest()[:16])
    value[6] = value[6] & 0x0F | 0x50
    value[8] = value[8] & 0x3F | 0x80
    return _text(value.hex())


def _text(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
