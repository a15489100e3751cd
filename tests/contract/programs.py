"""Two releases of one program, for the tests of versions: what the later one changed, and how it reads the earlier."""

from collections.abc import Sequence
from typing import Any

from mandate_events.deciding import Aggregate, Command, State, replace
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.rights import SYSTEM, allow
from mandate_events.document.event import Event, Recorded, Upcasts


class Identify(Command):
    title: str


class Assess(Command):
    level: str


class Note(Command):
    text: str


class Old:
    """The program as it was released first."""

    class RiskIdentified(Event, frozen=True, kw_only=True):
        title: str

    class RiskAssessed(Event, frozen=True, kw_only=True):
        level: str

    class Risk(State, frozen=True):
        title: str
        level: str = "unknown"

    @staticmethod
    def decide(_risk: Any, command: Command, _context: Any) -> Sequence[Event]:
        match command:
            case Identify(title=title):
                return [Old.RiskIdentified(title=title)]
            case Assess(level=level):
                return [Old.RiskAssessed(level=level)]
            case _:
                raise TypeError

    @staticmethod
    def evolve(risk: Any, event: Event, _record: Recorded[Any]) -> Any:
        match event:
            case Old.RiskIdentified(title=title):
                return Old.Risk(title)
            case Old.RiskAssessed(level=level):
                return replace(risk, level=level)
            case _:
                raise TypeError


LEVELS = {"low": 1, "high": 4}


class New:
    """A later release: a field more, an event more, and another shape of an event."""

    class RiskIdentified(Event, frozen=True, kw_only=True):
        title: str
        owner: str = "nobody"

    class RiskAssessedV2(Event, frozen=True, kw_only=True):
        probability: int
        impact: int

    class RiskNoted(Event, frozen=True, kw_only=True):
        text: str

    class Risk(State, frozen=True):
        title: str
        owner: str
        score: int = 0

    @staticmethod
    def upcast(event: Old.RiskAssessed) -> "New.RiskAssessedV2":
        return New.RiskAssessedV2(probability=LEVELS[event.level], impact=LEVELS[event.level])

    @staticmethod
    def decide(_risk: Any, command: Command, _context: Any) -> Sequence[Event]:
        match command:
            case Identify(title=title):
                return [New.RiskIdentified(title=title, owner="pm-1")]
            case Assess(level=level):
                return [New.RiskAssessedV2(probability=LEVELS[level], impact=5)]
            case Note(text=text):
                return [New.RiskNoted(text=text)]
            case _:
                raise TypeError

    @staticmethod
    def evolve(risk: Any, event: Event, _record: Recorded[Any]) -> Any:
        """The newest versions are all it knows."""
        match event:
            case New.RiskIdentified(title=title, owner=owner):
                return New.Risk(title, owner)
            case New.RiskAssessedV2(probability=probability, impact=impact):
                return replace(risk, score=probability * impact)
            case New.RiskNoted():
                return risk
            case _:
                raise TypeError


OLD_EVENTS = (Old.RiskIdentified, Old.RiskAssessed)
NEW_EVENTS = (New.RiskIdentified, New.RiskAssessedV2, New.RiskNoted)
UPCASTS: Upcasts = {Old.RiskAssessed: New.upcast}
OPENED_BY = frozenset({Identify})
OLD_RISK: Aggregate[Any] = Aggregate("risk", Old.decide, Old.evolve, events=OLD_EVENTS, opened_by=OPENED_BY)
NEW_RISK: Aggregate[Any] = Aggregate("risk", New.decide, New.evolve, events=NEW_EVENTS, opened_by=OPENED_BY)


def program(aggregate: Aggregate[Any], **more: Any) -> Domain:
    return Domain(
        "governance",
        aggregates=[aggregate],
        rights=[allow(command, SYSTEM) for command in (Identify, Assess, Note)],
        find_mandates=lambda _: (),
        **more,
    )


OLD = program(OLD_RISK)
NEW = program(NEW_RISK, upcasts=UPCASTS)
