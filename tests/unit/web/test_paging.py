"""Pages: a cursor that we make is one that we take, and no list is sorted by what cannot be compared."""

from types import SimpleNamespace

import pytest
from pydantic import TypeAdapter

from mandate_events.views.folded import sortable
from mandate_web.routes.paging import Cursor, Page

TITLE = 400
"""Characters of the longest title there is."""


@pytest.mark.parametrize("character", ["a", "\u00e9", "\U0001f30a", '"'])
def test_the_cursor_behind_the_longest_titles_is_taken(character: str) -> None:
    row = SimpleNamespace(_mapping={"title": character * TITLE, "reference": "R" * 64, "id": "0" * 36})
    _, following = Page({"list": "portfolio"}, 1, None).answer([row, row], ["title", "reference", "id"])
    assert following is not None
    assert TypeAdapter(Cursor).validate_python(following) == following
    Page({"list": "portfolio"}, 1, following)


def test_yes_and_no_is_no_order() -> None:
    assert not sortable("within_tolerance", bool | None)
    assert sortable("number", int)
