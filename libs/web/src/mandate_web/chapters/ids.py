"""Ids of things, as they stand in addresses."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Path

from mandate_events.deciding import Slug
from mandate_events.document.formats import UUID_PATTERN


@dataclass(frozen=True, slots=True)
class Id:
    """What the ids of a kind of thing look like; or the one thing that there is."""

    annotation: Any = str
    only: str | None = None

    def of(self, given: str | None) -> str:
        return self.only if self.only is not None else (given or "")


def uuid(description: str = "Id of the thing") -> Id:
    return Id(Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description=description)])


def slug(description: str, example: str) -> Id:
    return Id(Annotated[Slug, Path(description=description, examples=[example])])


def text(description: str, pattern: str, max_length: int = 64) -> Id:
    return Id(Annotated[str, Path(max_length=max_length, pattern=pattern, description=description)])


def only(id_: str) -> Id:
    """There is one of its kind."""
    return Id(only=id_)


UUID: Final = uuid()
PROJECT: Final = uuid("Id of a project")

InPath: TypeAlias = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of a project")]
"""A project, in the address of a route that is special."""
