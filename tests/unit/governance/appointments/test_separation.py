"""Separation of duties by the posts of a project."""

from typing import Any, cast

import pytest

from governance.appointments.appointment import APPOINTMENT, Appointments
from governance.appointments.separation import is_its_officer, owns_the_project, runs_the_project
from mandate_events.deciding import Aggregate, Context

HELD = Appointments(manager="pat", officer="ota", sponsor="sue")
RULES = (runs_the_project, owns_the_project, is_its_officer)


class Deciding:
    """As much of a context as the rules ask for."""

    def __init__(self, actor: str, project: str | None = "p1") -> None:
        self.actor = actor
        self.project = project

    def read(self, aggregate: Aggregate[Any], id_: str) -> Appointments | None:
        assert aggregate is APPOINTMENT
        return HELD if id_ == "p1" else None


def too_close(actor: str, project: str | None = "p1") -> list[bool]:
    context = cast("Context", Deciding(actor, project))
    return [rule(None, None, context) for rule in RULES]


@pytest.mark.parametrize(
    ("actor", "found"),
    [
        ("pat", [True, False, False]),
        ("sue", [False, True, False]),
        ("ota", [False, False, True]),
        ("ann", [False, False, False]),
    ],
)
def test_who_holds_a_post_of_the_project_is_too_close_to_it(actor: str, found: list[bool]) -> None:
    assert too_close(actor) == found


@pytest.mark.parametrize("project", ["p2", None])
def test_nobody_is_too_close_to_another_project_or_to_none(project: str | None) -> None:
    for actor in ("pat", "sue", "ota"):
        assert too_close(actor, project) == [False, False, False]
