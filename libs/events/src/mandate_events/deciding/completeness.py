"""Which step was forgotten: what the declarations of a domain lack or contradict, told at the start, all of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mandate_events.deciding.aggregate import UNSAID, Aggregate
from mandate_events.deciding.command import Command, Instruction
from mandate_events.deciding.rights import Right, name_of
from mandate_events.deciding.separation import Condition
from mandate_events.deciding.telling import file_of
from mandate_events.document.event import Event


class Incomplete(Exception):
    """A domain whose declarations do not fit together: a line for each fault, which says what to write where."""

    def __init__(self, service: str, faults: Sequence[str]) -> None:
        super().__init__("\n".join([f"{service} cannot start:", *(f"- {fault}" for fault in faults)]))
        self.faults = tuple(faults)


def faults(aggregates: Sequence[Aggregate[Any]], rows: Sequence[Right]) -> list[str]:
    """All that is missing."""
    events = {event for aggregate in aggregates for event in aggregate.events}
    found = [*_of_commands(aggregates, rows), *_of_rights(aggregates, rows, events)]
    for aggregate in aggregates:
        found += _of_aggregate(aggregate, events)
    return found


def _of_commands(aggregates: Iterable[Aggregate[Any]], rows: Sequence[Right]) -> Iterator[str]:
    given = {row.command for row in rows if row.effect == "allow"}
    named: dict[str, type[Instruction]] = {}
    for aggregate in aggregates:
        for command in aggregate.records:
            name = name_of(command)
            if named.setdefault(name, command) is not command:
                yield f"two commands are named {name}: rename one of {file_of(named[name])} and {file_of(command)}"
            if name not in given:
                yield (
                    f"nobody may give {name}, which {aggregate.name} takes: write `allow({name}, ...)` among the rights"
                    f" ({_written(command)})"
                )


def _of_rights(aggregates: Sequence[Aggregate[Any]], rows: Iterable[Right], events: set[type[Event]]) -> Iterator[str]:
    taken = {name_of(command): aggregate for aggregate in aggregates for command in aggregate.records}
    all_say = all(aggregate.records is not UNSAID for aggregate in aggregates)
    for row in rows:
        if all_say and row.kind is not None and row.command not in taken:
            yield (
                f"no aggregate takes {row.command}, for which there is a right: name it in `records` of the one that"
                f" decides it ({_written(row.kind)})"
            )
        for rule, condition in row.unless.items():
            for fault in _of_condition(condition, row, events, taken.get(row.command)):
                yield f"the right to {row.command} says in `unless`, {rule}: {fault}"


def _of_condition(
    condition: Condition, row: Right, events: set[type[Event]], decided_on: Aggregate[Any] | None
) -> Iterator[str]:
    for mark in condition.asks():
        event = mark.event
        if event not in events:
            yield f"{event.__name__} is in no aggregate's `events`; name the newest version of it ({file_of(event)})"
        elif decided_on and event not in decided_on.events:
            yield f"{event.__name__} never happens to a {decided_on.name}, so it keeps nobody ({decided_on.file})"
        for member in (mark.member, mark.where):
            if member is not None and member not in event.__struct_fields__:
                yield f"{event.__name__} has no member `{member}` ({file_of(event)})"
        if mark.where is not None and row.kind is not None and mark.where not in _members(row.kind):
            yield f"the command has no member `{mark.where}` ({file_of(row.kind)})"


def _of_aggregate(aggregate: Aggregate[Any], events: set[type[Event]]) -> Iterator[str]:
    if not aggregate.events:
        yield f"{aggregate.name} says not what happens to it: name its events in `events` ({aggregate.file})"
    for command, recorded in aggregate.records.items():
        for event in recorded:
            if event not in events:
                yield (
                    f"{name_of(command)} records {event.__name__}, which is in no aggregate's `events`: name it in"
                    f" those of the aggregate that it happens to ({file_of(event)})"
                )
    if aggregate.records:
        for command in sorted(aggregate.opened_by - set(aggregate.records), key=name_of):
            yield (
                f"{aggregate.name} is opened by {name_of(command)}, which it does not take: name it in `records`"
                f" ({aggregate.file})"
            )


def _members(command: type[Instruction]) -> Iterable[str]:
    return command.model_fields if issubclass(command, Command) else command.__struct_fields__


def _written(command: type[Instruction]) -> str:
    return f"{name_of(command)} is in {file_of(command)}"
