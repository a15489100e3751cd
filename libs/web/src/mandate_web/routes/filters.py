"""Which rows of a list about projects are asked for, and which of them a person sees."""

from typing import Annotated, Any, TypeAlias

from fastapi import Query
from sqlalchemy import Select, Table, select

from mandate_web.routes.access import Viewer

ProjectFilter: TypeAlias = Annotated[str, Query(max_length=64, pattern=r"^[0-9a-f-]+$", description="Id of a project")]


def seen_by(who: Viewer, table: Table, **asked: Any) -> Select[Any]:
    """The rows with the values that are asked for; with a role in projects only, a person sees those of them."""
    wanted = select(table)
    if "project" in table.c and not who.sees_all():
        wanted = wanted.where(table.c.project.in_(who.projects()))
    for name, value in asked.items():
        if value is not None:
            wanted = wanted.where(table.c[name] == value)
    return wanted
