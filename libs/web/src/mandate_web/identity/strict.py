"""Text that can be read in one way only: base64url and JSON as their RFCs have them, not as Python is willing to."""

import base64
import json
import re
from typing import Any, NoReturn

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def base64url(text: str) -> bytes:
    """Decode RFC 4648 section 5 strictly: no padding, no whitespace, trailing bits zero; else ValueError."""
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=") != text.encode("ascii"):
        raise ValueError("not canonical base64url")
    return data


def json_value(data: bytes) -> Any:
    """Parse UTF-8 JSON that names nothing twice and has no NaN, Infinity or lone surrogate (RFC 7493); else ValueError.

    The message of the error never quotes the text.
    """
    value = _parse(data)
    if _ESCAPED_SURROGATE.search(data):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except (UnicodeError, RecursionError):
            raise ValueError("text with a lone surrogate, or nested too deeply") from None
    return value


def json_object(data: bytes) -> dict[str, Any]:
    """A JSON object, as strictly; but its texts are its reader's to judge: one of them does not spoil the others."""
    value = _parse(data)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  # the callers treat every fault of the text alike
    return value


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except UnicodeError:
        raise ValueError("not UTF-8") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
