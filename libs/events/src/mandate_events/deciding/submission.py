"""A command on its way to the ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mandate_events.deciding.aggregate import Aggregate
from mandate_events.deciding.command import Instruction


@dataclass(slots=True)
class Submission:
    """A command on its way to the ledger: who asks what of which thing, and which earlier act it follows from.

    Its id is its idempotency key: what follows from it names that as cause, where nothing earlier is named.
    """

    aggregate: Aggregate[Any]
    id: str
    command: Instruction
    actor: str
    route: str
    key: str
    fingerprint: bytes = b""
    expected: int | None = None
    project: str | None = None
    """Where the command opens a thing: the project that it will belong to."""
    authority: str | None = None
    """What a `system/...` actor acts on; a person's authority is found by the rights."""
    correlation: str | None = None
    causation: str | None = None
    occurred_at: datetime | None = None
    stream: str = ""

    def __post_init__(self) -> None:
        self.stream = self.aggregate.stream(self.id)

    @property
    def concerns(self) -> str:
        """What a refusal is of: the thing, or the project in which it would have been opened, for it never was."""
        return f"project/{self.project}" if self.project else self.stream

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes two submissions the same one."""
        return self.actor, self.route, self.key
