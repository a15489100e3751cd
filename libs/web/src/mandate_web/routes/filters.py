"""Which rows of a list are asked for, and which of them a person sees."""

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from fastapi import Query
from sqlalchemy import ColumnElement, Select, Table, or_, select

from mandate_events.values.text import Text
from mandate_web.routes.access import Viewer

ProjectFilter: TypeAlias = Annotated[str, Query(max_length=64, pattern=r"^[0-9a-f-]+$", description="Id of a project")]

SEARCH: Final = "q"

Search: TypeAlias = Annotated[
    Text | None,
    Query(
        min_length=1,
        max_length=200,
        description="Only those whose title has this in it, in any case",
        examples=["pump"],
    ),
]


def choices(kind: Any) -> tuple[str, ...]:
    """What a member can be, where it is one of a few words; nothing where it can be anything."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in {Union, UnionType}:
        kinds = [each for each in get_args(kind) if each is not NoneType]
        return choices(kinds[0]) if len(kinds) == 1 else ()
    return get_args(kind) if get_origin(kind) is Literal else ()


def parameter(kind: Any) -> Any:
    """The parameter that filters by a member of this type."""
    return Annotated[str | None, several(choices(kind))] if choices(kind) else kind | None


def several(words: Sequence[str]) -> Any:
    """What a parameter can be that asks for one or several of a few words."""
    one = f"({'|'.join(words)})"
    says = f"One of {', '.join(words)}; or several, with commas between"
    return Query(pattern=f"^{one}(,{one})*$", description=says, examples=[",".join(words[:2])])


def words(given: str | None) -> list[str] | None:
    """Those that a parameter names, with commas between; None where it is not given."""
    return None if given is None else given.split(",")


def asked(filters: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked for by filters: of a few words those that were named, else the value."""
    return {name: words(value) if choices(filters[name]) else value for name, value in given.items() if name in filters}


def seen_by(who: Viewer, table: Table, *, also_without: bool = False, **asked: Any) -> Select[Any]:
    """The rows with the values that are asked for. With a role in projects only, a person sees those of them; and
    `also_without` what belongs to no project."""
    wanted = select(table)
    if "project" in table.c and not who.sees_all():
        theirs = table.c.project.in_(who.projects())
        wanted = wanted.where(or_(table.c.project.is_(None), theirs) if also_without else theirs)
    return wanted.where(*conditions(table, asked))


def conditions(table: Table, asked: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """What is asked for of the columns of a table: a value, or one of a list."""
    return [
        table.c[name].in_(value) if isinstance(value, list) else table.c[name] == value
        for name, value in asked.items()
        if value is not None
    ]


def having(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Rows that have this text somewhere in a column, in any case."""
    return column.icontains(text, autoescape=True)
