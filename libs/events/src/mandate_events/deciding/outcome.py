"""What a submitted command came to."""

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from mandate_events.deciding.refusal import Refused


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The command is decided and its events are durable. `position` is None where nothing had to be recorded."""

    stream: str
    version: int
    position: int | None
    replayed: bool = False


class Denied(Refused):
    """A refusal of authority that is on record; `position` is the event's, None for a repeat within the minute."""

    def __init__(self, rule: str, facts: Mapping[str, Any], position: int | None, *, replayed: bool = False) -> None:
        super().__init__(rule, authority=True, **facts)
        self.position = position
        self.replayed = replayed


class KeyReused(Exception):
    """The idempotency key was used before for another request."""


class Overloaded(Exception):
    """More commands wait than can be answered in time; nothing was done."""


class LedgerUnavailable(Exception):
    """The ledger cannot be reached. Whether the command was recorded is unknown: ask again with the same key."""


class LedgerBehind(LedgerUnavailable):
    """The ledger is behind its topic, or that is not known yet: it was restored. Nothing was done."""


class WrittenByNewer(Exception):
    """A stream holds an event of a type that this program does not know: a newer version of it writes the same ledger.

    Nothing was done. A process of that version can do it.
    """


class LedgerBroken(RuntimeError):
    """The ledger is not what this process knows it to be (shorter, or torn). Nothing may be decided on it."""


def stored(outcome: Accepted | Denied) -> bytes:
    """The bytes kept with an idempotency key."""
    if isinstance(outcome, Denied):
        body: dict[str, Any] = {
            "denied": outcome.rule,
            "facts": outcome.facts,
            "position": outcome.position,
        }
    else:
        body = {"stream": outcome.stream, "version": outcome.version, "position": outcome.position}
    return orjson.dumps(body)


def restored(response: bytes) -> Accepted | Denied:
    """What was answered to the same key before."""
    body = orjson.loads(response)
    if "denied" in body:
        return Denied(body["denied"], body["facts"], body["position"], replayed=True)
    return Accepted(body["stream"], body["version"], body["position"], replayed=True)
