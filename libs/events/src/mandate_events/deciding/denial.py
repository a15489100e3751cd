"""Denials: what a person had no authority for, on record once a minute, with a count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from mandate_events.deciding.aggregate import Aggregate, Context, Decided
from mandate_events.deciding.command import SystemCommand
from mandate_events.deciding.saying import says
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import INSTANT, ProjectId, Uuid, told

COLLAPSE = timedelta(minutes=1)

FORGET = timedelta(hours=1)
"""How long a refusal is remembered."""

REMEMBERED: Final = 256
"""How many of a person's refusals are remembered, the latest ones: who tries a thousand things slows down nobody."""


class CommandDenied(Event, frozen=True, kw_only=True):
    """A person tried what they have no authority for. Identical refusals within a minute are one event with a count."""

    command: str
    on: str
    rule: str
    role: str
    count: int = 1
    person: Annotated[Uuid, told("Who was refused; the service itself counts what was repeated")] | None = None
    project: ProjectId | None = None
    first_at: Annotated[datetime, told("When the first of so many was refused", **INSTANT)] | None = None
    last_at: Annotated[datetime, told("When the last of so many was refused", **INSTANT)] | None = None


class RecordRepeats(SystemCommand, frozen=True, kw_only=True):
    """Put the number of refusals that were collapsed into an earlier one on record."""

    command: str
    on: str
    rule: str
    role: str
    project: str | None
    count: int
    first_at: datetime
    last_at: datetime

    def and_(self, later: "RecordRepeats") -> "RecordRepeats":
        """Both of them, counted together."""
        return msgspec.structs.replace(self, count=self.count + later.count, last_at=later.last_at)


@dataclass(frozen=True, slots=True)
class Denial:
    """When a refusal was put on record, the role that the person was shown with, and the project that it was in."""

    at: datetime
    role: str
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Denials:
    """The last refusal of each kind on record for one person."""

    last: Mapping[tuple[str, str, str], Denial] = field(default_factory=dict)
    project: str | None = None
    """Of the latest of them: each one tells its own."""

    def repeats(self, command: str, on: str, rule: str, now: datetime) -> RecordRepeats | None:
        """What another refusal now adds to the count of one of the last minute, if there is one."""
        first = self.last.get((command, on, rule))
        if first is None or now - first.at >= COLLAPSE:
            return None
        return RecordRepeats(
            command=command,
            on=on,
            rule=rule,
            role=first.role,
            project=first.project,
            count=1,
            first_at=now,
            last_at=now,
        )


def _decide(_denials: Denials | None, command: RecordRepeats, context: Context) -> Decided:
    return [says(CommandDenied, command, person=context.subject)]


def _evolve(denials: Denials | None, event: CommandDenied, record: Recorded[Any]) -> Denials:
    last = denials.last if denials else {}
    kind = (event.command, event.on, event.rule)
    remembered = {each: denial for each, denial in last.items() if each != kind and record.time - denial.at < FORGET}
    if len(remembered) >= REMEMBERED:
        del remembered[next(iter(remembered))]  # the oldest: each one is put down anew behind the others
    return Denials({**remembered, kind: Denial(record.time, event.role, event.project)}, event.project)


def _project(_id: str, denials: Denials | None) -> str | None:
    return denials.project if denials else None


DENIAL: Aggregate[Denials] = Aggregate(
    "denial",
    _decide,
    _evolve,
    events=(CommandDenied,),
    records={RecordRepeats: (CommandDenied,)},
    opened_by=frozenset({RecordRepeats}),
    project=_project,
)
