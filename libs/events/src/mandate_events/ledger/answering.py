"""Answering: each caller exactly once, and the same again whenever the same key comes back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import asyncpg

from mandate_events.deciding.batch import Deciding, Submission
from mandate_events.deciding.outcome import Accepted, Denied, KeyReused, restored, stored
from mandate_events.deciding.rights import RecordRepeats
from mandate_events.ledger.statements import KEYS
from mandate_events.ledger.writing import Key

Identity: TypeAlias = tuple[str, str, str]
Stored: TypeAlias = tuple[bytes, bytes]
"""Fingerprint and response, as kept with a key."""


@dataclass(slots=True, eq=False)
class Item:
    """A command that waits for its answer, with its twins: requests under the same key that arrived meanwhile."""

    submission: Submission
    answer: "asyncio.Future[Accepted]"
    twins: list["Item"] = field(default_factory=list)
    decision: Deciding | None = None
    repeat: RecordRepeats | None = None
    """What is to be counted where it was refused like another before it."""
    outcome: Accepted | Exception | None = None

    def give(self, outcome: Accepted | Exception) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
            self.answer.exception()  # a caller that went away must not turn this into a warning
        else:
            self.answer.set_result(outcome)

    def answer_twins(self, outcome: Accepted | Exception) -> "list[Item]":
        """Give the twins the same answer where it is on record; the others are returned, to be decided on their own."""
        twins, self.twins = self.twins, []
        if not isinstance(outcome, Accepted | Denied) or not outcome.position:
            return twins
        for twin in twins:
            twin.give(twin.replayed((self.submission.fingerprint, stored(outcome))))
        return []

    def replayed(self, known: Stored) -> Accepted | Exception:
        """What was answered to this key before, if it was for the same request."""
        fingerprint, response = known
        return restored(response) if fingerprint == self.submission.fingerprint else KeyReused()


def keys_of(items: Sequence[Item]) -> list[Key]:
    """The keys to be stored: of those whose answer is an event. All processes lock them in one order: no deadlock."""
    answered = [item for item in items if item.decision and item.decision.rows]
    return [
        (
            *item.submission.identity,
            item.submission.fingerprint,
            stored(item.outcome),  # type: ignore[arg-type]  # what has rows was accepted or denied
            item.decision.rows[-1].position,  # type: ignore[union-attr]
        )
        for item in sorted(answered, key=lambda item: item.submission.identity)
    ]


async def known_answers(connection: "asyncpg.Connection[Any]", items: Sequence[Item]) -> dict[Identity, Stored]:
    """The answers that are stored under the keys of these items."""
    keys = [item.submission.identity for item in items]
    rows = await connection.fetch(KEYS, *(list(column) for column in zip(*keys, strict=True)))
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}
