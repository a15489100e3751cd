"""Reacting: what another service recorded becomes commands to our own ledger. A policy is a pure function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import msgspec

from mandate_events.deciding.aggregate import Aggregate
from mandate_events.deciding.command import Instruction, SystemCommand
from mandate_events.document.event import Recorded
from mandate_events.document.origin import Origin

C = TypeVar("C", bound=SystemCommand)


@dataclass(frozen=True, slots=True)
class Reaction:
    """Give this command to this thing, because of what was heard."""

    aggregate: Aggregate[Any]
    id: str
    command: Instruction


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of another ledger, with the proof of which one it was."""

    record: Recorded[Any]
    origin: Origin

    def told(self, kind: type[C], **more: Any) -> C:
        """The command of this kind that says what the event says: fields of the same name, its reason, its origin."""
        event = msgspec.structs.asdict(self.record.data)
        return msgspec.convert({**event, "origin": self.origin, "reason": self.record.reason, **more}, kind)


Policy: TypeAlias = Callable[[Heard], Sequence[Reaction]]
