"""A small domain for tests of the appender: pots that are filled, and sums over many of them, all on record."""

from typing import Any

from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Instruction,
    Looking,
    Mandate,
    State,
    Streams,
    replace,
)
from mandate_events.deciding.batch import Submission
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.rights import allow
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import uuid7


class Filled(Event, frozen=True, kw_only=True):
    by: int
    next: str | None = None
    note: str = ""


class Summed(Event, frozen=True, kw_only=True):
    pots: list[str]
    total: int


class Fill(Command):
    """Put so much into the pot, so many times; and say which one comes next."""

    by: int = 1
    times: int = 1
    next: str | None = None
    note: str = ""


class Sum(Command):
    """Put on record what these pots, and those that come next to them, hold together."""

    pots: list[str]


class Pot(State, frozen=True, kw_only=True):
    holds: int = 0
    next: str | None = None


def _fill(_pot: Pot | None, command: Fill, _context: Context) -> Decided:
    return [Filled(by=command.by, next=command.next, note=command.note)] * command.times


def _filled(pot: Pot | None, event: Filled, _record: Recorded[Any]) -> Pot:
    before = pot or Pot()
    return replace(before, holds=before.holds + event.by, next=event.next or before.next)


POT: Aggregate[Pot] = Aggregate(
    "pot", _fill, _filled, events=(Filled,), records={Fill: (Filled,)}, opened_by=frozenset({Fill})
)


def _sum(_sums: int | None, command: Sum, context: Context) -> Decided:
    asked = context.read_many(POT, command.pots)
    following = context.read_many(POT, [pot.next for pot in asked.values() if pot and pot.next])
    pots = {**asked, **following}
    return [Summed(pots=sorted(pots), total=sum(pot.holds for pot in pots.values() if pot))]


def _reads(_sums: int | None, command: Sum, looking: Looking) -> Streams:
    for id_ in command.pots:
        yield POT, id_
        pot = looking.read(POT, id_)
        if pot and pot.next:
            yield POT, pot.next


SUMS: Aggregate[int] = Aggregate(
    "sums",
    _sum,
    lambda sums, _event, _record: (sums or 0) + 1,
    events=(Summed,),
    records={Sum: (Summed,)},
    reads=_reads,
    opened_by=frozenset({Sum}),
)

POTS = Domain(
    "governance",
    aggregates=[POT, SUMS],
    rights=[allow(Fill, "cook"), allow(Sum, "cook")],
    find_mandates=lambda _: (Mandate("cook", "kitchen@1"),),
)


def given(aggregate: Aggregate[Any], id_: str, command: Instruction) -> Submission:
    return Submission(aggregate, id_, command, actor="0190163d-8694-739b-aea5-966c26f8ad91", route="test", key=uuid7())


def fill(id_: str, **more: Any) -> Submission:
    return given(POT, id_, Fill(**more))


def add_up(*pots: str) -> Submission:
    return given(SUMS, "all", Sum(pots=list(pots)))
