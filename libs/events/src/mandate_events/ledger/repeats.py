"""Refusals that were collapsed into one on record: counted here, and put on record each minute."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from mandate_events.deciding.outcome import Accepted, LedgerUnavailable, Overloaded
from mandate_events.deciding.rights import DENIAL, RecordRepeats
from mandate_events.deciding.submission import Submission
from mandate_events.document.identifiers import uuid7

log = logging.getLogger(__name__)

Kind: TypeAlias = tuple[str, str, str, str]
"""The person, the command, what it was of, and the rule."""


class Repeats:
    """What was refused again within a minute and is not on record yet, by its kind."""

    def __init__(self) -> None:
        self._counted: dict[Kind, RecordRepeats] = {}
        self._submitted: dict[Kind, tuple[RecordRepeats, str]] = {}
        """A count that was submitted stays as it is, with its key, until it is accepted: one whose outcome is unknown
        is not counted twice."""

    def add(self, person: str, repeat: RecordRepeats) -> None:
        """One more."""
        kind = (person, repeat.command, repeat.on, repeat.rule)
        before = self._counted.get(kind)
        self._counted[kind] = before.and_(repeat) if before else repeat

    @property
    def total(self) -> int:
        """How many refusals are not known to be on record."""
        submitted = [repeats for repeats, _ in self._submitted.values()]
        return sum(each.count for each in [*submitted, *self._counted.values()])

    async def record(self, submit: Callable[[Submission], Awaitable[Accepted]]) -> None:
        """Put them on record; what cannot be now is kept for the next minute."""
        for kind in [*self._submitted, *self._counted]:
            if kind not in self._submitted:
                self._submitted[kind] = self._counted.pop(kind), uuid7()
            repeats, key = self._submitted[kind]
            submission = Submission(
                DENIAL,
                kind[0],
                repeats,
                actor="system/denials",
                route="record-repeats",
                key=key,
                occurred_at=repeats.last_at,
            )
            try:
                await submit(submission)
            except (Overloaded, LedgerUnavailable):
                return
            except Exception:
                log.exception("%s refusals of %s could not be put on record", repeats.count, kind[0])
                continue
            del self._submitted[kind]
