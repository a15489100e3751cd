"""What chapters do not say, or say of what is not there: each fault tells what to write, and where."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mandate_events.deciding.aggregate import UNSAID
from mandate_events.views.folded import state_of
from mandate_web.chapters.chapter import Chapter, Listed, Served, Things
from mandate_web.chapters.pages import ID, Untold, path_of


def faults(chapters: Sequence[Chapter]) -> Iterator[str]:
    """All that is missing in the chapters of a service, besides what its domain finds."""
    for chapter in chapters:
        where = chapter.folder / "chapter.py"
        if (chapter.served or any(listed.at for listed in chapter.lists)) and not chapter.tags:
            yield f"the chapter {chapter.name} has pages or lists and no tag: say one in `tags` in {where}"
        for served in chapter.served:
            yield from _untold(served)
            yield from _misplaced(served, where)
            if served.listed:
                yield from _unlisted(served, served.listed, where)
        for listed in chapter.lists:
            yield from _unasked(listed, where)
        for aggregate in chapter.all_aggregates:
            if aggregate.records is UNSAID:
                yield f"{aggregate.name} does not say what its commands record: `records` in {aggregate.file}"
    names = [aggregate.name for chapter in chapters for aggregate in chapter.all_aggregates]
    for name in _twice(names):
        yield f"{name} stands in two places: name it once, under `served` or under `aggregates` of one chapter"


def _untold(served: Served) -> Iterator[str]:
    """What a page tells that its state does not hold."""
    if not served.shown:
        for name in served.page.model_fields:
            if name != ID:
                try:
                    path_of(served.page, name, state_of(served.aggregate))
                except Untold as untold:
                    yield str(untold)


def _misplaced(served: Served, where: Path) -> Iterator[str]:
    """Commands that are posted and that the thing does not take, or not so."""
    aggregate = served.aggregate
    for path, command in (*served.opens.items(), *served.takes.items()):
        if aggregate.records is not UNSAID and command not in aggregate.records:
            yield (
                f"{command.__name__} is posted at {path} in {where}, and {aggregate.name} does not take it: "
                f"say in its `records` what it records, in {aggregate.file}"
            )
    for path, command in served.opens.items():
        if command not in aggregate.opened_by:
            yield (
                f"{command.__name__} is posted at {path} and begins no {aggregate.name}: put it into `opened_by` of "
                f"the aggregate in {aggregate.file}, or under `takes` in {where}"
            )


def _unlisted(served: Served, things: Things, where: Path) -> Iterator[str]:
    """Members that a list of things is sorted or filtered by, and that its page does not have."""
    for name in (*(each.lstrip("-") for each in things.sort), *things.filters):
        if name not in served.page.model_fields:
            yield f"the list at {things.at} goes by `{name}`, which {served.page.__name__} does not tell: see {where}"


def _unasked(listed: Listed, where: Path) -> Iterator[str]:
    """Columns that a list is sorted or filtered by, and that its table does not have."""
    for name in (*(each.lstrip("-") for each in listed.sort), *listed.filters):
        if name not in listed.view.table.c:
            yield f"the list {listed.view.name} goes by `{name}`, which is no column of its table: see {where}"
    if listed.at and not (listed.item and listed.operation):
        yield f"the list at {listed.at} says neither `item` nor `operation`, or not both: see {where}"


def _twice(names: Iterable[str]) -> list[str]:
    seen = list(names)
    return sorted({name for name in seen if seen.count(name) > 1})
