"""When to try again, and for how long: never past a deadline, never sooner than the service asked."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRIED = frozenset({429, 503})
_FIRST, _LONGEST = 0.2, 5.0
_chance = random.SystemRandom()


def retry_after(header: str | None) -> float | None:
    """Seconds, from either form of Retry-After (RFC 9110), a number or a date. None when it says nothing."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return min(float(header), 1e9)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


@dataclass
class Attempts:
    """One request's tries. `again` waits for the next one and says whether there is to be one."""

    patience: float
    stop: threading.Event
    clock: Callable[[], float] = time.monotonic
    made: int = 0
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = self.clock() + self.patience

    def again(self, asked: float | None = None) -> bool:
        """`asked`: the seconds the service wants us to wait; more than what is left of our patience ends it now."""
        pause = min(_LONGEST, _FIRST * 2**self.made) * _chance.uniform(0.5, 1.0)
        if asked is not None:
            pause = max(asked, pause if asked else 0.0)
        self.made += 1
        if self.clock() + pause > self._until:
            return False
        return not self.stop.wait(pause)
