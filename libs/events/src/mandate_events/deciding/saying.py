"""Saying: an event made of a command, member by member, where both bear the same names."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel

from mandate_events.deciding.command import Instruction
from mandate_events.document.event import Event

E = TypeVar("E", bound=Event)


def says(event: type[E], command: Instruction, **own: Any) -> E:
    """The event that says what the command says, with what is given as its own.

    A member that neither has keeps its default. Decimals become text in their one spelling; a part of a command that
    knows how it is `recorded` becomes that. Raises `TypeError` where a member without a default is not said.
    """
    values = {**own}
    for name in _members(event):
        if name not in values and hasattr(command, name):
            values[name] = recorded(getattr(command, name))
    return event(**values)


def recorded(value: Any) -> Any:
    """A value of a command as events carry it."""
    if isinstance(value, BaseModel):
        made = getattr(value, "recorded", None)
        return made() if made else value.model_dump()
    match value:
        case list() | tuple():
            return [recorded(each) for each in value]
        case Mapping():
            return {name: recorded(each) for name, each in value.items()}
        case Decimal():
            return f"{value.normalize():f}"
        case None | str() | bool() | int() | date() | msgspec.Struct():
            return value
        case _:
            raise TypeError(f"{type(value).__name__} has no form in which it is recorded: say it as the event's own")


@cache
def _members(event: type[Event]) -> tuple[str, ...]:
    return event.__struct_fields__
