"""Commands: what somebody asks for, in the imperative; and what a service gives itself."""

from typing import TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from mandate_events.values.text import Reason

STRICT = ConfigDict(frozen=True, extra="forbid")
"""Who gives a member that there is not is told so."""


class Part(BaseModel):
    """A part of a command."""

    model_config = STRICT


class Command(BaseModel):
    """What somebody asks for, in the imperative. It is also the body of the HTTP request."""

    model_config = STRICT

    reason: Reason | None = Field(default=None, description="Why; kept on record")


class Decision(Command):
    """A command that must say why."""

    reason: Reason = Field(description="Why; kept on record")


class SystemCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command of the service itself: of a policy, a timer or its start. It was made from what is on record, so its
    values need no judging."""

    reason: str | None = None


Instruction: TypeAlias = Command | SystemCommand
"""Whatever is decided."""
