"""A chapter, explained: all that follows from what it says, in words, so that nothing derived is hidden."""

from collections.abc import Iterable, Iterator
from typing import Any

from mandate_events.deciding import Aggregate, Instruction
from mandate_events.deciding.rights import Right
from mandate_events.deciding.separation import Condition
from mandate_web.chapters.chapter import Chapter, Served
from mandate_web.chapters.house import House
from mandate_web.chapters.routes import addresses
from mandate_web.chapters.signing import spoken


def explained(house: House, chapter: Chapter) -> Iterator[str]:
    """Line by line: things with what they record, who may, addresses, lists, timers, what is heard."""
    yield f"{chapter.name} ({house.name}): {chapter.says}"
    yield ""
    yield "things"
    for aggregate in chapter.all_aggregates:
        yield from _thing(house, chapter, aggregate)
    yield from _section("addresses", (f"{method:4} {at:60} {what}" for method, at, what in addresses(chapter)))
    yield from _section("lists", _lists(house, chapter))
    yield from _section("timers", (f"{timer.name}: {_names(timer.events)}" for timer in chapter.timers))
    yield from _section("hears", _heard(chapter))
    yield from _section("seen live by everybody with a mandate", (each.name for each in chapter.framework))


def _thing(house: House, chapter: Chapter, aggregate: Aggregate[Any]) -> Iterator[str]:
    served = next((each for each in chapter.served if each.aggregate is aggregate), None)
    yield f"  {aggregate.name}/<id>{_page(served)}, in {aggregate.events[0].__module__}"
    for command, events in aggregate.records.items():
        opens = ", opens one" if command in aggregate.opened_by else ""
        yield f"    {command.__name__}{opens} -> {_names(events) or 'nothing'}"
        yield from (f"      {line}" for line in _who(house, command))


def _page(served: Served | None) -> str:
    return f", told as {served.page.__name__}" if served else ", without a page"


def _who(house: House, command: type[Instruction]) -> Iterator[str]:
    for right in house.domain.rights.rows_for(command.__name__):
        yield f"{'never ' if right.effect == 'deny' else ''}{', '.join(right.roles)}{_where(right)}{_unless(right)}"


def _where(right: Right) -> str:
    return " of the project" if right.relation == "own-project" else ""


def _unless(right: Right) -> str:
    if right.effect == "deny":
        return f" ({right.rule})"
    return "".join(f"; {rule}: {_told(condition)}" for rule, condition in right.unless.items())


def _told(condition: Condition) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in condition.published().items())


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_plain, value))
    return " ".join(f"{name} {_plain(each)}" for name, each in value.items()) if isinstance(value, dict) else str(value)


def _lists(house: House, chapter: Chapter) -> Iterator[str]:
    views = [listed.view for listed in chapter.lists] + [served.view for served in chapter.served if served.view]
    for name, (view, tell) in house.listed.items():
        if view in views:
            asked = "" if tell else ", which nobody asks for"
            yield f"{name} (views.{view.name}{asked}): {_names(view.events)}"


def _heard(chapter: Chapter) -> Iterator[str]:
    for service, policies in chapter.hears.items():
        for event, policy in policies.items():
            does = f"-> {spoken(policy) or policy.__name__}" if policy else "for its lists"
            yield f"{service}: {event.__name__} {does}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield title
        yield from (f"  {line}" for line in found)


def _names(kinds: Iterable[type[Any]]) -> str:
    return ", ".join(kind.__name__ for kind in kinds)
