"""Identifiers: ordered by time, or the same for the same parts and never for others."""

import time
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandate_events.document.identifiers import NAMESPACE, derived, uuid7

text = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_uuid7_has_the_version_the_variant_and_the_time() -> None:
    before = time.time_ns() // 1_000_000
    ids = [UUID(uuid7()) for _ in range(500)]
    after = time.time_ns() // 1_000_000
    assert {each.version for each in ids} == {7}
    assert {each.int >> 62 & 3 for each in ids} == {2}
    assert all(before <= each.int >> 80 <= after for each in ids)
    assert len(set(ids)) == 500


def test_uuid7s_of_later_milliseconds_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(1_700_000_000_000_000_000, 1_700_000_000_100_000_000, 1_000_000))
    monkeypatch.setattr(time, "time_ns", lambda: next(times))
    ids = [uuid7() for _ in range(100)]
    assert ids == sorted(ids)


def test_all_74_random_bits_vary() -> None:
    ones = zeros = 0
    for _ in range(200):
        value = UUID(uuid7()).int
        ones, zeros = ones | value, zeros | ~value
    mask = (0xFFF << 64) | (1 << 62) - 1
    assert ones & mask == mask
    assert zeros & mask == mask


@given(st.lists(text))
def test_a_derived_id_is_the_uuid5_of_its_parts(parts: list[str]) -> None:
    name = "".join(f"{len(part)}:{part}" for part in parts)
    assert derived(*parts) == str(uuid5(uuid5(NAMESPACE_URL, "mandate"), name))


@given(st.lists(text, max_size=4), st.lists(text, max_size=4))
def test_other_parts_give_another_id(one: list[str], other: list[str]) -> None:
    assert (derived(*one) == derived(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "bc"), ("ab", "c")),
        (("a",), ("a", "")),
        (("1:a",), ("1", "a")),
        (("a2:bc",), ("a", "bc")),
        (("", "x"), ("x", "")),
        ((), ("",)),
    ],
)
def test_no_two_ways_to_cut_the_parts_agree(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert derived(*one) != derived(*other)


def test_the_namespace_never_changes() -> None:
    assert str(NAMESPACE) == "5bbbbc38-f51f-50f9-bdcd-cccf4437c8a8"
    assert derived("proposal", "capital-delivery", "Q05388") == "6d8c77c2-23a8-5153-9c6a-3239c914d164"
