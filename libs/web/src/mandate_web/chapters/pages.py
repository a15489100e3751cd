"""Pages: a thing as it is told. What a page names like its state does is copied; the rest says how itself."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints

import immutables
import msgspec
from pydantic import BaseModel

from mandate_events.deciding.telling import file_of
from mandate_events.document.event import Event
from mandate_events.values.told import instant

Path: TypeAlias = tuple[str, ...]
"""How a member of a page is found: an attribute of the state, or one of an event that the state keeps."""

ID: Final = "id"


class Untold(TypeError):
    """A page names what its state does not hold."""


def copied(page: type[BaseModel], id_: str, state: Any, **own: Any) -> dict[str, Any]:
    """The page of a thing: what is given as its own, the id, and the members that bear the state's names."""
    told: dict[str, Any] = {}
    for name in page.model_fields:
        if name in own:
            told[name] = own[name]
        else:
            told[name] = id_ if name == ID else plain(_at(state, path_of(page, name, state.__class__)))
    return told


def copies(page: type[BaseModel], tells: Mapping[str, Callable[[Any], Any]]) -> Callable[[str, Any], dict[str, Any]]:
    """The function that tells a thing as this page: by the state's names, or as `tells` says of the state."""

    def shown(id_: str, state: Any) -> dict[str, Any]:
        return copied(page, id_, state, **{name: tell(state) for name, tell in tells.items()})

    return shown


def plain(value: Any) -> Any:
    """A value as JSON has it. Sets are sorted; instants are spelled as documents spell them."""
    match value:
        case None | str() | bool() | int():
            return value
        case datetime():
            return instant(value)
        case date():
            return value.isoformat()
        case Mapping() | immutables.Map():
            return {str(key): plain(each) for key, each in value.items()}
        case frozenset() | set():
            return sorted(plain(each) for each in value)
        case list() | tuple():
            return [plain(each) for each in value]
        case msgspec.Struct():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        case _:
            return msgspec.to_builtins(value)


def _at(state: Any, path: Path) -> Any:
    for name in path:
        if state is None:
            return None
        state = getattr(state, name)
    return state


@cache
def path_of(page: type[BaseModel], name: str, state: Any) -> Path:
    """Where a state holds what a page names: by that name, or in the one event that it keeps which says it."""
    members = _members(state)
    if hasattr(state, name) or name in members:
        return (name,)
    kept = [each for each, kind in members.items() if any(name in _members(event) for event in _events(kind))]
    if len(kept) == 1:
        return (kept[0], name)
    held = f"holds in {' and in '.join(kept)}" if kept else "does not hold"
    raise Untold(
        f"{page.__qualname__} tells `{name}`, which {getattr(state, '__qualname__', state)} {held}: give the "
        f"state in {file_of(state)} a member or property of that name, or say it in the thing's `shown`"
    )


@cache
def _members(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind) if isinstance(kind, type) else {}


def _events(kind: Any) -> list[type[Event]]:
    """The events that a member of this type may be."""
    if get_origin(kind) in {Union, UnionType}:
        return [event for each in get_args(kind) if each is not NoneType for event in _events(each)]
    return [kind] if isinstance(kind, type) and issubclass(kind, Event) else []
