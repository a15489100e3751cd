"""Policies: what another service recorded becomes a command to our own ledger.

A policy is a pure function from an event to reactions. Each reaction is submitted under a key derived from the event,
so that hearing it twice does nothing twice; the consumer's cursor moves only afterwards. Policies are never replayed.
"""

from typing import Any

from mandate_events.deciding.batch import Submission
from mandate_events.deciding.outcome import LedgerBroken, LedgerUnavailable
from mandate_events.deciding.reacting import Heard, Policy
from mandate_events.document.canonical import digest
from mandate_events.document.event import Recorded
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.ledger.store import Store


class PolicyRunner:
    """Submits the reactions to what is heard."""

    def __init__(self, name: str, policy: Policy, store: Store) -> None:
        self.name = name
        self._policy = policy
        self._store = store

    async def react(self, record: Recorded[Any], document: bytes) -> None:
        """All reactions to one event, in order. Raises what refuses them."""
        service = record.source.rpartition("/")[2]
        origin = Origin(source=service, sequence=record.position, hash=digest(document).hex())
        for number, reaction in enumerate(self._policy(Heard(record, origin))):
            await self._submit(
                Submission(
                    reaction.aggregate,
                    reaction.id,
                    reaction.command,
                    actor=f"system/{self.name}",
                    route=self.name,
                    key=derived(record.id, self.name, str(number)),
                    authority=origin.reference,
                    correlation=record.correlationid,
                    causation=record.id,
                )
            )

    async def _submit(self, submission: Submission) -> None:
        try:
            await self._store.submit(submission)
        except LedgerUnavailable as error:
            if self._store.appender.broken:  # for good: only a new process helps
                raise LedgerBroken(str(error)) from error
            raise
