"""Which strings of an answer are ids of persons: its page says so by type. Nothing is guessed by its looks."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from mandate_events.document.formats import UUID_PATTERN
from mandate_events.values.text import PERSON

_ID: Final = re.compile(UUID_PATTERN)


def persons(kind: Any, value: Any) -> Iterator[str]:
    """The ids of persons in a value of this type, as JSON has it. What the type does not say is not looked into."""
    if not (_reaches(kind) if _is_model(kind) else _tells(kind)):
        return
    if is_person(kind):
        if isinstance(value, str) and _ID.fullmatch(value):  # an actor may be a policy
            yield value
    elif get_origin(kind) in {Union, UnionType}:
        for choice in get_args(kind):
            yield from persons(choice, value)
    elif isinstance(value, Mapping):
        if _is_model(kind):
            members = [(each, value.get(name)) for name, each in _members(kind).items()]
        else:
            named, valued = get_args(kind)
            members = [pair for name, each in value.items() for pair in ((named, name), (valued, each))]
        for member, each in members:
            yield from persons(member, each)
    elif isinstance(value, list):
        for each in value:
            yield from persons(get_args(kind)[0], each)


def is_person(kind: Any) -> bool:
    """Whether this type is that of a person's id."""
    return get_origin(kind) is Annotated and any(each is PERSON for each in get_args(kind)[1:])


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


@cache
def _members(model: type[BaseModel]) -> Mapping[str, Any]:
    """The members that tell of persons, at any depth."""
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields if _tells(hints[name])}


@cache
def _reaches(model: type[BaseModel]) -> bool:
    """The same of a page, which is asked again for each row."""
    return _tells(model)


def _tells(kind: Any, around: tuple[Any, ...] = ()) -> bool:
    if is_person(kind):
        return True
    if not _is_model(kind):
        return any(_tells(each, around) for each in get_args(kind))
    if kind in around:
        return False
    hints = get_type_hints(kind, include_extras=True)
    return any(_tells(hints[name], (*around, kind)) for name in kind.model_fields)
