"""Commands: what somebody asks for, in the imperative; and what a service gives itself."""

from typing import TYPE_CHECKING, Any, Self, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from mandate_events.values.text import Reason

STRICT = ConfigDict(frozen=True, extra="forbid")
"""Who gives a member that there is not is told so."""


class Unsaid(Exception):
    """A command was asked for a member that it does not have yet: see `Command.unsaid`."""


class Part(BaseModel):
    """A part of a command."""

    model_config = STRICT


class Command(BaseModel):
    """What somebody asks for, in the imperative. It is also the body of the HTTP request."""

    model_config = STRICT

    reason: Reason | None = Field(default=None, description="Why; kept on record")

    @classmethod
    def unsaid(cls) -> Self:
        """The command before anything is said in it: whether it may be given is judged by it, as far as that goes.
        Whoever asks for a member meets `Unsaid`."""
        command = cls.model_construct()
        command.__dict__.clear()
        return command

    def said(self, name: str) -> Any:
        """A member, or None where nothing is said yet: for a rule that the state alone may already decide."""
        if name not in type(self).model_fields:
            raise AttributeError(f"{type(self).__name__} has no {name}")
        return self.__dict__.get(name)

    if not TYPE_CHECKING:  # or any member would be taken for one that there is

        def __getattr__(self, name: str) -> Any:
            """Only what is not there is asked for here; a command that was validated lacks nothing."""
            if name in type(self).model_fields:
                raise Unsaid(name)
            return super().__getattr__(name)


class Decision(Command):
    """A command that must say why."""

    reason: Reason = Field(description="Why; kept on record")


class SystemCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command of the service itself: of a policy, a timer or its start. It was made from what is on record, so its
    values need no judging."""

    reason: str | None = None


Instruction: TypeAlias = Command | SystemCommand
"""Whatever is decided."""
