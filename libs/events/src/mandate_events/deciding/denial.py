"""Denials: what a person had no authority for, on record once a minute, with a count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from mandate_events.deciding.aggregate import Aggregate, Context, Decided
from mandate_events.deciding.command import SystemCommand
from mandate_events.document.event import Event, Recorded

COLLAPSE = timedelta(minutes=1)

FORGET = timedelta(hours=1)
"""How long a refusal is remembered for the role of those that were collapsed into it."""

REMEMBERED: Final = 256
"""How many of a person's refusals are remembered, the latest ones: who tries a thousand things slows down nobody."""


class CommandDenied(Event, frozen=True, kw_only=True):
    """A person tried what they have no authority for. Identical refusals within a minute are one event with a count."""

    command: str
    on: str
    rule: str
    role: str
    count: int = 1


class RecordRepeats(SystemCommand, frozen=True, kw_only=True):
    """Put the number of refusals that were collapsed into an earlier one on record."""

    command: str
    on: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class Denial:
    """When a refusal was put on record, and the role that the person was shown with."""

    at: datetime
    role: str


@dataclass(frozen=True, slots=True)
class Denials:
    """The last refusal of each kind on record for one person."""

    last: Mapping[tuple[str, str, str], Denial] = field(default_factory=dict)

    def is_repeat(self, command: str, on: str, rule: str, now: datetime) -> bool:
        recorded = self.last.get((command, on, rule))
        return recorded is not None and now - recorded.at < COLLAPSE


def _decide(denials: Denials | None, command: RecordRepeats, _context: Context) -> Decided:
    first = denials and denials.last.get((command.command, command.on, command.rule))
    role = first.role if first else "none"
    return [CommandDenied(command=command.command, on=command.on, rule=command.rule, role=role, count=command.count)]


def _evolve(denials: Denials | None, event: CommandDenied, record: Recorded[Any]) -> Denials:
    last = denials.last if denials else {}
    kind = (event.command, event.on, event.rule)
    remembered = {each: denial for each, denial in last.items() if each != kind and record.time - denial.at < FORGET}
    if len(remembered) >= REMEMBERED:
        del remembered[next(iter(remembered))]  # the oldest: each one is put down anew behind the others
    return Denials({**remembered, kind: Denial(record.time, event.role)})


DENIAL: Aggregate[Denials] = Aggregate(
    "denial",
    _decide,
    _evolve,
    events=(CommandDenied,),
    records={RecordRepeats: (CommandDenied,)},
    opened_by=frozenset({RecordRepeats}),
)
