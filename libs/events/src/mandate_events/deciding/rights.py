"""Rights: who may decide what, as one table. Default deny; a deny row wins; every refusal is on record.

A service writes its table once. The table's hash is the `policy` on every event, and the whole table enters the
ledger, closed by `RightsAdopted`, when it changes, so that it can be said years later under which rules a person acted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from mandate_events.deciding.adoption import RIGHTS_TABLE, AdoptRights, RightsAdopted, RightsRowsAdopted
from mandate_events.deciding.aggregate import Context, Looking, Mandate, Streams
from mandate_events.deciding.command import Command, Instruction, SystemCommand, Unsaid
from mandate_events.deciding.denial import (
    COLLAPSE,
    DENIAL,
    REMEMBERED,
    CommandDenied,
    Denial,
    Denials,
    RecordRepeats,
)
from mandate_events.deciding.refusal import Refused
from mandate_events.deciding.separation import Condition
from mandate_events.document.canonical import digest, encode

__all__ = [
    "COLLAPSE",
    "DENIAL",
    "KERNEL_RIGHTS",
    "REMEMBERED",
    "RIGHTS_TABLE",
    "SYSTEM",
    "AdoptRights",
    "CommandDenied",
    "Denial",
    "Denials",
    "KeptFrom",
    "RecordRepeats",
    "Right",
    "Rights",
    "RightsAdopted",
    "RightsRowsAdopted",
    "allow",
    "deny",
    "derived_rows",
    "is_system",
    "name_of",
]

SYSTEM = "system"
"""The role of the service's own policies, timers and start-up; actors are `system/<name>`."""


def is_system(actor: str) -> bool:
    """Whether it is the service itself that acts, and no person."""
    return actor.startswith(f"{SYSTEM}/")


Unless: TypeAlias = Mapping[str, Condition]
"""The rules of the separation of duties on a row, by name, in the words of `separation`."""


@dataclass(frozen=True, slots=True)
class Right:
    """One row: these roles may (or may never) give this command."""

    command: str
    roles: tuple[str, ...]
    effect: Literal["allow", "deny"] = "allow"
    relation: Literal["any", "own-project"] = "any"
    unless: Unless = field(default_factory=dict)
    """Separation of duties: the rule's name and its test on the person, over all their roles."""
    rule: str = "no-right"
    kind: type[Instruction] | None = None
    """The command itself; None where it is the name of a query."""

    @property
    def rules(self) -> list[str]:
        """The rules that it may refuse by."""
        return [*self.unless, *([self.rule] if self.effect == "deny" else [])]

    def published(self) -> dict[str, Any]:
        return {
            "command": self.command,
            "roles": list(self.roles),
            "effect": self.effect,
            "relation": self.relation,
            "unless": {rule: condition.published() for rule, condition in self.unless.items()},
            "rule": self.rule,
        }


def name_of(command: type[Instruction] | str) -> str:
    return command if isinstance(command, str) else command.__name__


def allow(
    command: type[Instruction] | str,
    *roles: str,
    own_project: bool = False,
    unless: Unless | None = None,
) -> Right:
    relation: Literal["any", "own-project"] = "own-project" if own_project else "any"
    return Right(name_of(command), roles, relation=relation, unless=unless or {}, kind=_kind(command))


def deny(command: type[Instruction] | str, *roles: str, rule: str) -> Right:
    return Right(name_of(command), roles, effect="deny", rule=rule, kind=_kind(command))


def _kind(command: type[Instruction] | str) -> type[Instruction] | None:
    return None if isinstance(command, str) else command


@dataclass(frozen=True, slots=True)
class KeptFrom:
    """Who holds `role` never gives a command that is for the roles in `alone` alone: a deny row for each, by `rule`."""

    role: str
    alone: tuple[str, ...]
    rule: str


def derived_rows(
    rows: Sequence[Right], commands: Iterable[type[Instruction]], kept_from: Iterable[KeptFrom]
) -> Iterator[Right]:
    """The rows that follow from the written ones: the service itself gives its own commands, and nobody gives those
    that their role is kept from. A written row stays, and nothing is derived beside it."""
    for command in commands:
        if issubclass(command, SystemCommand) and not any(row.command == name_of(command) for row in rows):
            yield allow(command, SYSTEM)
    allowed: dict[type[Instruction], set[str]] = {}
    for row in rows:
        if row.effect == "allow" and row.kind is not None and issubclass(row.kind, Command):
            allowed.setdefault(row.kind, set()).update(row.roles)
    denied = {(row.command, role) for row in rows if row.effect == "deny" for role in row.roles}
    for kept in kept_from:
        for command, roles in allowed.items():
            if roles <= set(kept.alone) and (name_of(command), kept.role) not in denied:
                yield deny(command, kept.role, rule=kept.rule)


class Rights:
    """The table of one service; with what each command `records`, by its name."""

    def __init__(self, *rows: Right, records: Mapping[str, Sequence[str]] | None = None) -> None:
        told = {name: {"records": list(events)} for name, events in (records or {}).items()}
        self.rows = rows
        self.table = [{**row.published(), **told.get(row.command, {})} for row in rows]
        self.hash = digest(encode(self.table)).hex()
        self._rows: dict[str, tuple[Right, ...]] = {}
        for row in rows:  # deny rows first: a deny wins wherever it stands in the table
            same = [*self._rows.get(row.command, ()), row]
            self._rows[row.command] = tuple(sorted(same, key=lambda right: right.effect != "deny"))

    def judge(self, state: Any, command: Instruction, context: Context, held: Sequence[Mandate]) -> Mandate:
        """The mandate under which the command is permitted; `Refused(authority=True)` where there is none."""
        rows = self._rows.get(type(command).__name__, ())
        for row in rows:
            mandate = _match(row, held, context.project)
            if mandate is None:
                continue
            if row.effect == "deny":
                raise Refused(row.rule, authority=True, command=row.command, role=mandate.role)
            for rule, condition in row.unless.items():
                if _met(condition, state, command, context, held):
                    raise Refused(rule, authority=True, command=row.command)
            return mandate
        name = type(command).__name__
        raise Refused("no-right", authority=True, command=name, needed=self.roles_for(name))

    def reads(self, state: Any, command: Instruction, looking: Looking) -> Streams:
        """The streams that judging the command reads, as far as its conditions say."""
        for row in self._rows.get(type(command).__name__, ()):
            for condition in row.unless.values():
                yield from condition.reads(state, command, looking)

    def rows_for(self, command: str) -> tuple[Right, ...]:
        """The rows on a command, or on a query's name."""
        return self._rows.get(command, ())

    def roles_for(self, command: str) -> list[str]:
        """The roles that may give a command, or read under a query's name."""
        return sorted({role for row in self._rows.get(command, ()) if row.effect == "allow" for role in row.roles})

    def may_read(self, query: str, held: Iterable[Mandate], project: str | None = None) -> bool:
        """Whether one of the mandates permits a query (a row whose command is the query's name)."""
        held = tuple(held)
        for row in self._rows.get(query, ()):
            if _match(row, held, project) is not None:
                return row.effect == "allow"
        return False


def _match(row: Right, held: Sequence[Mandate], project: str | None) -> Mandate | None:
    for mandate in held:
        if mandate.role in row.roles and (
            row.relation == "any" or (project is not None and mandate.project == project)
        ):
            return mandate
    return None


def _met(condition: Condition, state: Any, command: Instruction, context: Context, held: Sequence[Mandate]) -> bool:
    """Whether a condition holds of the person; not yet, where that is up to what the command will say."""
    try:
        return condition.met(state, command, context, held)
    except Unsaid:
        return False


KERNEL_RIGHTS = (allow(AdoptRights, SYSTEM), allow(RecordRepeats, SYSTEM))
