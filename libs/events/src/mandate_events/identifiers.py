"""Identifiers: time-ordered for what happens (UUIDv7), derived for what must be found again (UUIDv5)."""

import os
import time
from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "mandate")


def uuid7() -> str:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    random = int.from_bytes(os.urandom(10), "big")
    value = (time.time_ns() // 1_000_000) << 80 | random
    value = (value & ~(0xF << 76)) | 0x7 << 76
    value = (value & ~(0x3 << 62)) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def derived(*parts: str) -> str:
    """The same id for the same parts, on every machine and every day: idempotency for good.

    Each part is length-prefixed, so that ("a", "bc") and ("ab", "c") differ.
    """
    return str(uuid5(NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in its one lower-case spelling."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
