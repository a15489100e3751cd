"""Marks: who recorded what on a stream, and whom its events name. Kept with the fold, for separations of duties.

Only what some right asks for is kept, and it is kept in a persistent map: folding stays linear however many take part.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import immutables
import msgspec

from mandate_events.document.event import Event, Recorded


class Mark(msgspec.Struct, frozen=True):
    """Of one kind of event, what a right asks for."""

    event: type[Event]
    member: str | None = None
    """The member of its data that names people; None: who recorded it."""
    where: str | None = None
    """The member by which events of the kind are told apart, such as `version`; None: they are not."""


Marks: TypeAlias = immutables.Map[Any, Any]
"""Of (mark, value of `where`) how many people; each of them is a key (mark, value, person)."""

NO_MARKS: Final[Marks] = immutables.Map()

Asked: TypeAlias = Mapping[type[Event], tuple[Mark, ...]]
"""What is to be kept, by the kind of event."""

NOTHING_ASKED: Final[Asked] = MappingProxyType({})


def asked_for(marks: Iterable[Mark]) -> Asked:
    """The marks by their event, each once."""
    asked: dict[type[Event], tuple[Mark, ...]] = {}
    for mark in dict.fromkeys(marks):
        asked[mark.event] = (*asked.get(mark.event, ()), mark)
    return asked


def marked(marks: Marks, asked: Asked, record: Recorded[Any]) -> Marks:
    """The marks with those of one more event."""
    for mark in asked.get(type(record.data), ()):
        value = getattr(record.data, mark.where) if mark.where else None
        named = getattr(record.data, mark.member) if mark.member else record.actor
        for person in people(named):
            if (mark, value, person) not in marks:
                marks = marks.set((mark, value), marks.get((mark, value), 0) + 1).set((mark, value, person), True)
    return marks


def people(named: Any) -> Iterator[str]:
    """The people that a member names: one, several, or nobody."""
    if isinstance(named, str):
        yield named
    elif named is not None:
        yield from named


def is_marked(marks: Marks, mark: Mark, value: Any, person: str) -> bool:
    """Whether this person is among those."""
    return (mark, value, person) in marks


def last(marks: Marks, of: Iterable[Mark]) -> Any:
    """The highest value by which events of these kinds were told apart; None where there were none."""
    wanted = set(of)
    return max((key[1] for key in marks if len(key) == PLACE and key[0] in wanted), default=None)


PLACE: Final = 2
"""Parts of the key that counts the people of a mark at a value."""


def count(marks: Marks, mark: Mark, value: Any) -> int:
    """How many people they are."""
    counted: int = marks.get((mark, value), 0)
    return counted
