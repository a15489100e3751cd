"""When streams changed: a fold that was read elsewhere is taken only where it is known to be whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandate_events.ledger import changes
from mandate_events.ledger.changes import Changes


def test_what_is_forgotten_is_not_taken_for_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "REMEMBERED", 4)
    noted = Changes()
    for position, stream in enumerate("abcd", start=1):
        noted.note((stream,), position)
    assert noted.none_since("never", 0)
    assert not noted.none_since("b", 1)
    noted.note("e", 5)
    assert noted.floor == 1, "the oldest is forgotten"
    assert not noted.none_since("never", 0)
    assert noted.none_since("a", 1)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 30)), max_size=30))
def test_never_said_to_be_unchanged_when_it_changed(asked: list[tuple[str, int]]) -> None:
    noted, last = Changes(), dict[str, int]()
    changes_before, changes.REMEMBERED = changes.REMEMBERED, 3  # type: ignore[misc]
    try:
        for position, (stream, since) in enumerate(asked, start=1):
            noted.note((stream,), position)
            last[stream] = position
            for each in "abcdef":
                assert not (noted.none_since(each, since) and last.get(each, 0) > since)
    finally:
        changes.REMEMBERED = changes_before  # type: ignore[misc]
