"""What chapters do not say, or say of what is not there: each fault tells what to write, and where."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mandate_events.deciding.aggregate import UNSAID
from mandate_events.document.event import type_name
from mandate_events.views.folded import BESIDES, column_of, state_of
from mandate_web.chapters.chapter import Chapter, Listed, Served, Things
from mandate_web.chapters.pages import ID, Untold, path_of


def faults(chapters: Sequence[Chapter]) -> Iterator[str]:
    """All that is missing in the chapters of a service, besides what its domain finds."""
    for chapter in chapters:
        where = chapter.folder / "chapter.py"
        if (chapter.served or any(listed.at for listed in chapter.lists)) and not chapter.tags:
            yield f"the chapter {chapter.name} has pages or lists and no tag: say one in `tags` in {where}"
        for tag in (*(served.tag for served in chapter.served), *(listed.tag for listed in chapter.lists)):
            if tag is not None and tag not in chapter.tags:
                yield f"{tag} is no tag of the chapter {chapter.name}: say it in `tags` in {where}"
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
    yield from _unreadable(chapters)
    yield from _repeated(chapters)


def _unreadable(chapters: Sequence[Chapter]) -> Iterator[str]:
    """Rights to read that nobody is given."""
    given = {right.command for chapter in chapters for right in chapter.rights if right.effect == "allow"}
    for chapter in chapters:
        asked = {chapter.reads, *(each.reads for each in chapter.served), *(each.reads for each in chapter.lists)}
        for name in sorted(asked - {None} - given, key=str):
            where = chapter.folder / "chapter.py"
            yield f"nobody has the right {name}, by which {chapter.name} is read: say who in {where}"


def _repeated(chapters: Sequence[Chapter]) -> Iterator[str]:
    """Names that must be one thing's alone."""
    for name in _twice(aggregate.name for chapter in chapters for aggregate in chapter.all_aggregates):
        yield f"{name} stands in two places: name it once, under `served` or under `aggregates` of one chapter"
    for name in _twice(timer.name for chapter in chapters for timer in chapter.timers):
        yield f"two timers are named {name}: give one of them another name"
    lists = [listed.view for chapter in chapters for listed in chapter.lists]
    lists += [served.view for chapter in chapters for served in chapter.served if served.view and not served.seen]
    for name in _twice(view.name for view in lists):
        yield f"two lists are named {name}, and both would have the table views.{name}: give one another address"
    heard = {
        (service, *type_name(event)): event
        for chapter in chapters
        for service, events in chapter.hears.items()
        for event in events
    }
    for chapter in chapters:
        for service, events in chapter.hears.items():
            for event in events:
                if heard[service, *type_name(event)] is not event:
                    yield (
                        f"{event.__name__} of {service} is heard by two chapters as two classes: let both name one, "
                        f"with the members that either needs ({event.__module__})"
                    )


def _untold(served: Served) -> Iterator[str]:
    """What a page tells that its state does not hold."""
    if not served.shown:
        for name in served.page.model_fields:
            if name != ID and name not in served.tells and name not in served.beside:
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
    for path, command in served.takes.items():
        if not path.startswith(served.at.partition("{")[0]):
            yield (
                f"{command.__name__} is posted at {path}, whose `{{id}}` is not that of {served.at}: post it beneath "
                f"{served.at}, or name it under `opens` if it begins one; see {where}"
            )
    for path, command in served.opens.items():
        if "{id}" in path and not path.startswith("/v1/projects/{id}/"):
            yield f"{command.__name__} is posted at {path}: the `{{id}}` of what it opens is a project's; see {where}"
        if command not in aggregate.opened_by:
            yield (
                f"{command.__name__} is posted at {path} and begins no {aggregate.name}: put it into `opened_by` of "
                f"the aggregate in {aggregate.file}, or under `takes` in {where}"
            )


def _unlisted(served: Served, things: Things, where: Path) -> Iterator[str]:
    """What a list of things cannot go by, and whom it would show what their pages do not."""
    if served.seen:
        yield f"the list at {things.at} goes by projects, and {served.page.__name__} is `seen` otherwise: see {where}"
    sort = [each.lstrip("-") for each in things.sort]
    for name in (*sort, *things.filters):
        if name in BESIDES:
            continue
        member = served.page.model_fields.get(name)
        if member is None:
            yield f"the list at {things.at} goes by `{name}`, which {served.page.__name__} does not tell: see {where}"
            continue
        try:
            column_of(member.annotation)
        except TypeError as fault:
            yield f"the list at {things.at} goes by `{name}`: {fault}: see {where}"


def _unasked(listed: Listed, where: Path) -> Iterator[str]:
    """Columns that a list is sorted or filtered by, and that its table does not have."""
    for name in (*(each.lstrip("-") for each in listed.sort), *listed.filters):
        if name not in listed.view.table.c:
            yield f"the list {listed.view.name} goes by `{name}`, which is no column of its table: see {where}"
    if listed.at and not listed.item:
        yield f"the list at {listed.at} does not say what a row is told as, its `item`: see {where}"


def _twice(names: Iterable[str]) -> list[str]:
    seen = list(names)
    return sorted({name for name in seen if seen.count(name) > 1})
