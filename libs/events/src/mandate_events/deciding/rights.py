"""Rights: who may decide what, as one table. Default deny; a deny row wins; every refusal is on record.

A service writes its table once, in `rights.py`. The table's hash is the `policy` on every event, and the whole table
enters the ledger as `RightsAdopted` when it changes, so that it can be said years later under which rules a
person acted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from mandate_events.deciding import Aggregate, Context, Decided, Instruction, Mandate, Refused, SystemCommand
from mandate_events.document.canonical import digest, encode
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Sha256

SYSTEM = "system"
"""The role of the service's own policies, timers and start-up; actors are `system/<name>`."""


def is_system(actor: str) -> bool:
    """Whether it is the service itself that acts, and no person."""
    return actor.startswith(f"{SYSTEM}/")


Separation = Callable[[Any, Any, Context], bool]
"""(state, command, context) -> true where the person is too close to the matter to decide it."""


@dataclass(frozen=True, slots=True)
class Right:
    """One row: these roles may (or may never) give this command."""

    command: str
    roles: tuple[str, ...]
    effect: Literal["allow", "deny"] = "allow"
    relation: Literal["any", "own-project"] = "any"
    unless: Mapping[str, Separation] = field(default_factory=dict)
    """Separation of duties: the rule's name and its test on the person, over all their roles."""
    rule: str = "no-right"

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
            "unless": sorted(self.unless),
            "rule": self.rule,
        }


def name_of(command: type[Instruction] | str) -> str:
    return command if isinstance(command, str) else command.__name__


def allow(
    command: type[Instruction] | str,
    *roles: str,
    own_project: bool = False,
    unless: Mapping[str, Separation] | None = None,
) -> Right:
    return Right(name_of(command), roles, relation="own-project" if own_project else "any", unless=unless or {})


def deny(command: type[Instruction] | str, *roles: str, rule: str) -> Right:
    return Right(name_of(command), roles, effect="deny", rule=rule)


class Rights:
    """The table of one service."""

    def __init__(self, *rows: Right) -> None:
        self.rows = rows
        self.table = [row.published() for row in rows]
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
            for rule, too_close in row.unless.items():
                if too_close(state, command, context):
                    raise Refused(rule, authority=True, command=row.command)
            return mandate
        name = type(command).__name__
        raise Refused("no-right", authority=True, command=name, needed=self.roles_for(name))

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


class RightsAdopted(Event, frozen=True, kw_only=True):
    """From here on the service judges by this table of rights."""

    hash: Sha256
    table: list[dict[str, Any]]


class CommandDenied(Event, frozen=True, kw_only=True):
    """A person tried what they have no authority for. Identical refusals within a minute are one event with a count."""

    command: str
    on: str
    rule: str
    role: str
    count: int = 1


class AdoptRights(SystemCommand, frozen=True, kw_only=True):
    """Put the table of rights that the service judges by on record, if it is another one."""

    hash: str
    table: list[dict[str, Any]]


def _decide_adoption(adopted: RightsAdopted | None, command: AdoptRights, _context: Context) -> Decided:
    return [] if adopted and adopted.hash == command.hash else [RightsAdopted(hash=command.hash, table=command.table)]


def _evolve_adoption(_adopted: RightsAdopted | None, event: RightsAdopted, _record: Recorded[Any]) -> RightsAdopted:
    return event


RIGHTS_TABLE: Aggregate[RightsAdopted] = Aggregate(
    "rights-table", _decide_adoption, _evolve_adoption, events=(RightsAdopted,), opened_by=frozenset({AdoptRights})
)

COLLAPSE = timedelta(minutes=1)

FORGET = timedelta(hours=1)
"""How long a refusal is remembered for the role of those that were collapsed into it."""

REMEMBERED: Final = 256
"""How many of a person's refusals are remembered, the latest ones: who tries a thousand things slows down nobody."""


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


class RecordRepeats(SystemCommand, frozen=True, kw_only=True):
    """Put the number of refusals that were collapsed into an earlier one on record."""

    command: str
    on: str
    rule: str
    count: int


def _decide_denials(denials: Denials | None, command: RecordRepeats, _context: Context) -> Decided:
    first = denials and denials.last.get((command.command, command.on, command.rule))
    role = first.role if first else "none"
    return [CommandDenied(command=command.command, on=command.on, rule=command.rule, role=role, count=command.count)]


def _evolve_denials(denials: Denials | None, event: CommandDenied, record: Recorded[Any]) -> Denials:
    last = denials.last if denials else {}
    kind = (event.command, event.on, event.rule)
    remembered = {each: denial for each, denial in last.items() if each != kind and record.time - denial.at < FORGET}
    if len(remembered) >= REMEMBERED:
        del remembered[next(iter(remembered))]  # the oldest: each one is put down anew behind the others
    return Denials({**remembered, kind: Denial(record.time, event.role)})


DENIAL: Aggregate[Denials] = Aggregate(
    "denial", _decide_denials, _evolve_denials, events=(CommandDenied,), opened_by=frozenset({RecordRepeats})
)

KERNEL_RIGHTS = (allow(AdoptRights, SYSTEM), allow(RecordRepeats, SYSTEM))
