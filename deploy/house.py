"""Whether the house is whole: what stands in a chapter's folder and nobody names, what is named and not written.

`make check` tells each step that was forgotten, and where to take it. `house.py explain requests` prints all that
follows from the chapters of that name.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from mandate_events.deciding import Command, SystemCommand
from mandate_events.deciding.completeness import Incomplete
from mandate_events.document.event import Event, Recorded, name_of
from mandate_events.views.view import View
from mandate_web.app.service import Service
from mandate_web.chapters.chapter import Chapter
from mandate_web.chapters.explain import explained
from mandate_web.problems.wording import LANGUAGES, Wording

try:
    from governance.main import SERVICE as GOVERNANCE
    from projects.main import SERVICE as PROJECTS
    from reporting.main import SERVICE as REPORTING
except Incomplete as incomplete:
    sys.exit(str(incomplete))

ROOT: Final = Path(__file__).parents[1]
SERVICES: Final = (GOVERNANCE, PROJECTS, REPORTING)
DOMAINS: Final = tuple(service.domain for service in SERVICES)
PARTS: Final = ("detail", "help")
"""What is said of a rule, in each language."""


def modules(service: Service) -> Iterator[ModuleType]:
    """Every module of a service, but what runs it."""
    package = service.migrations.parent
    for file in sorted(package.rglob("*.py")):
        if "migrations" not in file.relative_to(package).parts:
            yield import_module(
                ".".join((package.name, *file.relative_to(package).with_suffix("").parts)).removesuffix(".__init__")
            )


def defined(service: Service, base: type | tuple[type, ...]) -> Iterator[type[Any]]:
    """Its classes of a kind, without those that others extend."""
    found = [
        kind
        for module in modules(service)
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, base) and kind.__module__ == module.__name__
    ]
    extended = {each for kind in found for each in kind.__mro__[1:]}
    yield from (kind for kind in found if kind not in extended)


def where(kind: type[Any] | ModuleType) -> str:
    """The file that something is written in, from the root of the project."""
    return str(Path(inspect.getfile(kind)).relative_to(ROOT))


def unnamed_chapters(service: Service) -> Iterator[str]:
    """Folders that are chapters and that the service does not list."""
    named = {chapter.folder for chapter in service.chapters}
    for folder in sorted(named):
        if not (folder / "__init__.py").exists():
            yield f"{folder.relative_to(ROOT)} has no __init__.py, with a sentence about the chapter: write it"
    for file in sorted(service.migrations.parent.glob("*/chapter.py")):
        if file.parent not in named:
            main = (service.migrations.parent / "main.py").relative_to(ROOT)
            yield f"{file.relative_to(ROOT)} is no chapter of {service.name}: put it into `chapters` in {main}"


def homeless_events(service: Service) -> Iterator[str]:
    """Events that nothing records, and that are heard of nobody."""
    known = {*service.domain.catalogue.types, *service.domain.catalogue.outdated}
    heard = {event for catalogue in service.house.heard.values() for event in catalogue.types}
    for event in defined(service, Event):
        if event not in known | heard:
            yield (
                f"{event.__name__} belongs to no aggregate: put it into the `events` of its aggregate in "
                f"{where(event)}; or, if another service records it, say in `hears` of the chapter what is done then"
            )


def untaken_commands(service: Service) -> Iterator[str]:
    """Commands that no aggregate takes."""
    taken = {command for aggregate in service.domain.aggregates.values() for command in aggregate.records}
    for command in defined(service, (Command, SystemCommand)):
        if command not in taken:
            yield (
                f"{command.__name__} is taken by no aggregate: say in `records` of the one that decides it what it "
                f"records, in {where(command)}"
            )


def silent_rules(service: Service) -> Iterator[str]:
    """Rules by which something is refused, and that have no words."""
    wording = Wording(service.wording)
    for rule, texts in wording.rules.items():
        lacking = [f"{each}.{part}" for each in LANGUAGES for part in PARTS if part not in texts.get(each, {})]
        if lacking:
            yield f"[rules.{rule}] lacks {', '.join(lacking)}: write it in the wording.toml where it stands"
    for module in modules(service):
        file = Path(inspect.getfile(module))
        for line, rule in _refusals(file):
            if rule not in {*wording.rules, *wording.sentences}:
                yield f"{rule} ({where(module)}:{line}) has no words: {_write(file.parent, rule)}"
    named = {rule: chapter.folder for chapter in service.chapters for right in chapter.rights for rule in right.rules}
    for right in service.domain.rights.rows:
        for rule in right.rules:
            if rule not in wording.rules:
                yield f"{rule} of {right.command} has no words: {_write(named.get(rule, _folder(service)), rule)}"


def _folder(service: Service) -> Path:
    """Of the chapter whose words are read first: for what is said of the whole service."""
    return service.chapters[0].folder


def _refusals(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name("Refused"), args=[ast.Constant(rule), *_]):
                yield node.lineno, str(rule)
            case ast.Call(func=ast.Name("Invalid"), args=[_, ast.Constant(sentence), *_]):
                yield node.lineno, str(sentence)


def _write(folder: Path, rule: str) -> str:
    words = (folder / "wording.toml").relative_to(ROOT)
    return f"write [rules.{rule}] (or, of a value, a line under [sentences]) in {words}, in both languages"


def sample_of(service: str, type_: str, root: Path = ROOT) -> Path:
    """Where the corpus keeps a document of a type."""
    return root / "services" / service / "contracts" / "samples" / f"{type_.removeprefix(f'mandate.{service}.')}.json"


def unplayed_events(service: Service) -> Iterator[str]:
    """Events without a sample."""
    for event, type_ in service.domain.catalogue.types.items():
        if not sample_of(service.name, type_).exists():
            yield f"{event.__name__} never happens: let it happen in tests/contract/rehearsal.py, then `make docs`"


def speechless_lists(service: Service) -> Iterator[str]:
    """Lists that meet an event they do not name."""
    for name, (view, _) in service.house.listed.items():
        for source, catalogue in service.lists.catalogues.items():
            for type_ in view.types(catalogue):
                sample = sample_of(source, type_)
                if sample.exists() and (error := _stumbles(view, catalogue.decode(type_, sample.read_bytes()))):
                    event = name_of(type_)
                    yield f"the list {name} meets {event} and does not say what it changes ({error}): see {_file(view)}"


def _stumbles(view: View, record: Recorded[Any]) -> str | None:
    try:
        view.changes([record])
    except Exception as error:  # noqa: BLE001 - whatever it stumbles over
        return repr(error)
    return None


def _file(view: View) -> str:
    return where(sys.modules[view.change.__module__])


CHECKS: Final = (unnamed_chapters, homeless_events, untaken_commands, silent_rules, unplayed_events, speechless_lists)


def faults(service: Service) -> list[str]:
    """Each step that was forgotten."""
    return [fault for check in CHECKS for fault in check(service)]


def chapters(name: str) -> Iterator[tuple[Service, Chapter]]:
    for service in SERVICES:
        yield from ((service, chapter) for chapter in service.chapters if chapter.name == name)


def explain(name: str) -> int:
    found = list(chapters(name))
    if not found:
        known = sorted({chapter.name for service in SERVICES for chapter in service.chapters})
        print(f"no chapter is named {name!r}; there are {', '.join(known)}: make explain CHAPTER=requests")
        return 2
    for service, chapter in found:
        print("\n".join(explained(service.house, chapter)))
        print()
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["explain", name]:
            sys.exit(explain(name))
        case _:
            sys.exit(__doc__)
