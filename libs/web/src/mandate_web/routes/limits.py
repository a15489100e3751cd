"""Rate limits: how many requests each person may make, as a quota that refills steadily.

The generic cell rate algorithm (ITU-T I.371): one instant per person says when their quota is whole again. Each process
counts for itself. Told as `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mandate_web.problems.problem import Problem

WINDOW: Final = 60
"""Seconds in which a whole quota refills."""

MAX_PERSONS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Quota:
    """What a person has left: `remaining` requests now, the whole quota again after `reset` seconds."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"ratelimit-policy", f'"person";q={self.limit};w={WINDOW}'.encode()),
            (b"ratelimit", f'"person";r={self.remaining};t={self.reset}'.encode()),
        ]


class Limits:
    """`limit` requests a minute for each person; 0 is no limit."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._whole_at: OrderedDict[str, float] = OrderedDict()

    def take(self, person: str) -> Quota | None:
        """Count one request; None where nothing is limited. Raises the problem `rate-limited`."""
        if not self._limit:
            return None
        now = self._clock()
        each = WINDOW / self._limit
        whole_at = max(self._whole_at.pop(person, now), now) + each
        used = whole_at - now
        if used > WINDOW + each / 1000:  # sums of fractions are not exact
            self._whole_at[person] = whole_at - each
            wait = math.ceil(used - WINDOW)
            facts = {"limit": self._limit, "window": WINDOW}
            spent = Quota(self._limit, 0, math.ceil(used - each))
            headers = {name.decode(): value.decode() for name, value in spent.headers()}
            raise Problem("rate-limited", "rate-limited", facts, headers={**headers, "Retry-After": str(max(1, wait))})
        self._whole_at[person] = whole_at
        if len(self._whole_at) > MAX_PERSONS:
            self._whole_at.popitem(last=False)
        return Quota(self._limit, max(0, round((WINDOW - used) / each)), math.ceil(used))
