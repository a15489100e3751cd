"""`?include=people`: which strings of an answer are persons, said by type on each page, and what is told of them."""

import re
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from mandate_events.values.text import Actor, PersonId
from mandate_web.app.operations import router as operations
from mandate_web.app.service import Service
from mandate_web.routes.persons import is_person, persons
from tests.services import SERVICES

ADA, GRACE, ALAN = (f"ce25ad4a-5edf-59aa-983a-c33342cd72c{digit}" for digit in "abc")

BY_NAME = re.compile(r".*_by|person|actor|manager|officer|sponsor|reviewer|scorer|author|authors|members|auditors")
BY_WORDS = re.compile(r"person ids?\b|ids? of (a|the) persons?\b|^who ", re.IGNORECASE)


def pages(service: Service) -> set[type[BaseModel]]:
    """All models that the answers of a service consist of."""
    routes = [route for router in (*service.routers, operations) for route in router.routes]
    found: set[type[BaseModel]] = set()
    for route in routes:
        if isinstance(route, APIRoute):
            for response in route.responses.values():
                found.update(_models(response.get("model")))
    return found


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for hint in get_type_hints(kind, include_extras=True).values():
            yield from _models(hint)
    for inner in get_args(kind):
        yield from _models(inner)


def leaves(kind: Any) -> Iterator[Any]:
    """The types of single values in a type; a text that is one of a few is none."""
    if is_person(kind) or kind is str:
        yield kind
    elif not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        for inner in get_args(kind):
            if not isinstance(inner, str):
                yield from leaves(inner)


def untyped(model: type[BaseModel]) -> list[str]:
    """The members that are persons by what they are called or say, and not by their type."""
    hints = get_type_hints(model, include_extras=True)
    return [
        f"{model.__qualname__}.{name}"
        for name, field in model.model_fields.items()
        if BY_NAME.fullmatch(name) or BY_WORDS.search(field.description or "")
        for leaf in leaves(hints[name])
        if not is_person(leaf)
    ]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_a_page_says_to_be_a_person_is_one_by_type(service: Service) -> None:
    found = pages(service)
    assert [fault for model in found for fault in untyped(model)] == []
    assert any(is_person(leaf) for model in found for hint in _hints(model) for leaf in leaves(hint))


def _hints(model: type[BaseModel]) -> list[Any]:
    return list(get_type_hints(model, include_extras=True).values())


def test_a_person_that_is_text_by_type_is_found() -> None:
    class Page(BaseModel):
        decided_by: str | None
        asked: list[str] = Field(description="Person ids of who was asked")
        owner: PersonId
        title: str

    assert untyped(Page) == [f"{Page.__qualname__}.decided_by", f"{Page.__qualname__}.asked"]


class Line(BaseModel):
    actor: Actor
    follows: "list[Line]" = Field(default_factory=list)


class Told(BaseModel):
    id: str
    owner: PersonId | None
    members: dict[str, list[PersonId]]
    votes: dict[PersonId, str]
    line: Line | None


def test_persons_are_found_by_type_at_any_depth_and_nothing_else_is() -> None:
    told = {
        "id": ALAN,
        "owner": ADA,
        "members": {ALAN: [GRACE]},
        "votes": {ADA: ALAN},
        "line": {"actor": "system/clock", "follows": [{"actor": GRACE, "follows": []}]},
    }
    assert list(persons(Told, told)) == [ADA, GRACE, ADA, GRACE]
    assert list(persons(list[Told], [{**told, "owner": None, "members": {}, "votes": {}, "line": None}])) == []
