"""What an answer holds besides, where `?include=` asks for it: the names of those whom it tells of by id.

Each value names a member at the top of the answer. What it is about follows from the page that the route is described
by, so that no route needs a line for it.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from mandate_web.routes.persons import persons

FindNames: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[str, str | None]]]
"""The names of persons by id; None of who was erased. Who has no entry is left out."""


class NamedPerson(BaseModel):
    """Who somebody is, as of today."""

    status: Literal["known", "erased", "unknown"] = Field(
        description="`erased`: name and address are gone, for good. `unknown`: the directory has no entry yet",
        examples=["known"],
    )
    name: str | None = Field(description="null unless `known`", examples=["Ada Lovelace"])


class WithPeople(BaseModel):
    """An answer with the persons that it tells of, where `?include=people` asks for them."""

    people: dict[str, NamedPerson] = Field(
        default_factory=dict,
        description="By id, each person that the answer tells of",
        examples=[{"ce25ad4a-5edf-59aa-983a-c33342cd72ca": {"status": "known", "name": "Ada Lovelace"}}],
    )


MEMBERS: Final[Mapping[str, type[BaseModel]]] = {"people": WithPeople}
"""By value of the parameter: the optional member of an answer, as the OpenAPI documents it."""

SAYS: Final[Mapping[str, str]] = {
    "people": "`people` adds who the persons are that the answer tells of by id: their names are those of today, also "
    "in an answer about the past, since names are no part of the record",
    "allowed": "`allowed` adds to each item what you may do with it now",
}


class Including:
    """What one request asks to be included in its answer."""

    def __init__(self, request: Request, asked: frozenset[str] = frozenset()) -> None:
        self.asked = asked
        self._request = request

    async def complete(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body, with the members that are asked for."""
        if "people" not in self.asked:
            return body
        model = self._request.scope["route"].responses[200]["model"]
        return {**body, "people": await self._people(sorted(set(persons(model, body))))}

    async def _people(self, ids: Sequence[str]) -> dict[str, Any]:
        find: FindNames = self._request.app.state.find_names
        names = await find(ids) if ids else {}
        return {id_: _named(names, id_) for id_ in ids}


def _named(names: Mapping[str, str | None], id_: str) -> dict[str, str | None]:
    name = names.get(id_)
    return {"status": "known" if name else "erased" if id_ in names else "unknown", "name": name}


def including(*values: str) -> Any:
    """The dependency of a route that can include these."""
    one = "|".join(values)
    says = "What to add to the answer, with commas between: " + "; ".join(SAYS[value] for value in values)

    async def opened(
        request: Request,
        include: Annotated[
            str | None,
            Query(pattern=f"^({one})(,({one}))*$", max_length=100, description=says, examples=[values[0]]),
        ] = None,
    ) -> Including:
        return Including(request, frozenset(include.split(",")) if include else frozenset())

    return Depends(opened)


OpenIncluding: TypeAlias = Annotated[Including, including("people")]
"""`?include=people`; anything else is a 422."""


def included(operation: Mapping[str, Any]) -> list[type[BaseModel]]:
    """What an operation of an OpenAPI document can include, by what its parameter takes."""
    patterns = [each["schema"]["pattern"] for each in operation.get("parameters", []) if each["name"] == "include"]
    return [model for value, model in MEMBERS.items() if any(re.fullmatch(pattern, value) for pattern in patterns)]
