"""The tree of a story: every document once, beneath what it answers, whatever its causes say."""

from hypothesis import given
from hypothesis import strategies as st

from reporting.history.story import Node, tree


def told(*nodes: tuple[str, str] | tuple[str, str, bool]) -> list[tuple[int, str]]:
    """(depth, id) of documents given as (id, causation[, seen]) in order of arrival."""
    made = [Node(number, node[0], node[1], len(node) == 2 or node[2]) for number, node in enumerate(nodes, start=1)]
    return [(depth, node.id) for depth, _, node in tree(made)]


def test_each_document_follows_what_it_answers() -> None:
    assert told(("a", "key"), ("b", "a"), ("c", "key"), ("d", "b"), ("e", "a")) == [
        (0, "a"),
        (1, "b"),
        (2, "d"),
        (1, "e"),
        (0, "c"),
    ]


def test_a_cause_may_arrive_after_what_followed_from_it() -> None:
    assert told(("b", "a"), ("a", "key")) == [(0, "a"), (1, "b")]


def test_what_may_not_be_seen_is_told_only_above_what_may() -> None:
    assert told(("a", "key", False), ("b", "a", False), ("c", "a"), ("d", "c", False)) == [(0, "a"), (1, "c")]


def test_documents_that_cause_one_another_are_told_from_the_first() -> None:
    assert told(("a", "a")) == [(0, "a")]
    assert told(("a", "c"), ("b", "a"), ("c", "b"), ("d", "c")) == [(0, "a"), (1, "b"), (2, "c"), (3, "d")]


names = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(names, names, st.booleans()), max_size=12))
def test_whatever_the_causes_are_each_is_told_once(nodes: list[tuple[str, str, bool]]) -> None:
    """Ids are unique in a real archive; even where they are not, nothing is lost and nothing hangs."""
    made = [Node(number, *node) for number, node in enumerate(nodes, start=1)]
    entries = [node.entry for _, _, node in tree(made)]
    assert len(entries) == len(set(entries))
    assert {node.entry for node in made if node.seen} <= set(entries)
    places = {entry: place for place, entry in enumerate(entries)}
    for depth, parent, node in tree(made):
        assert (parent is None) == (depth == 0)
        assert parent is None or places[parent] < places[node.entry]
