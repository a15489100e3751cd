"""When and why a thing was asked for and decided: what its records say besides their data."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeAlias, TypeVar

from mandate_events.deciding.aggregate import State, replace
from mandate_events.document.event import Recorded


class Dated(State, frozen=True, kw_only=True):
    """What is asked for, decided once, and remembers when that was and why."""

    outcome: str | None = None
    requested_at: datetime | None = None
    reason: str | None = None
    """Why it is asked for."""
    decided_at: datetime | None = None
    decision_reason: str | None = None


D = TypeVar("D", bound=Dated)

Evolve: TypeAlias = Callable[[D | None, Any, Recorded[Any]], D]


def dated(evolve: Evolve[D]) -> Evolve[D]:
    """`evolve`, and when and why it was asked for and decided: the same of every kind."""

    @wraps(evolve)
    def remembering(before: D | None, event: Any, record: Recorded[Any]) -> D:
        after = evolve(before, event, record)
        if before is None:
            return replace(after, requested_at=record.time, reason=record.reason)
        if before.outcome is None and after.outcome is not None:
            return replace(after, decided_at=record.time, decision_reason=record.reason)
        return after

    return remembering
