"""Rate limits: each person's own quota, refilled steadily."""

import pytest

from mandate_web.problems.problem import Problem
from mandate_web.routes.limits import MAX_PERSONS, WINDOW, Limits


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def spent(limits: Limits, person: str) -> Problem:
    with pytest.raises(Problem) as refused:
        limits.take(person)
    return refused.value


def test_a_quota_is_used_up_and_refills_steadily() -> None:
    clock = Clock()
    limits = Limits(6, clock)
    left = [quota.remaining for _ in range(6) if (quota := limits.take("a"))]
    assert left == [5, 4, 3, 2, 1, 0]
    problem = spent(limits, "a")
    assert (problem.kind.status, problem.headers["Retry-After"]) == (429, "10")
    assert problem.headers["ratelimit"] == '"person";r=0;t=60'
    clock.now += 9
    assert spent(limits, "a").headers["Retry-After"] == "1"
    clock.now += 1
    again = limits.take("a")
    assert again is not None
    assert again.remaining == 0
    clock.now += WINDOW
    whole = limits.take("a")
    assert whole is not None
    assert (whole.remaining, whole.reset) == (5, 10)


def test_each_person_has_their_own() -> None:
    limits = Limits(1, Clock())
    assert limits.take("a")
    assert limits.take("b")
    spent(limits, "a")


def test_a_refused_request_does_not_count() -> None:
    clock = Clock()
    limits = Limits(1, clock)
    limits.take("a")
    for _ in range(100):
        spent(limits, "a")
    clock.now += WINDOW
    assert limits.take("a")


def test_without_a_limit_nothing_is_counted() -> None:
    assert Limits(0).take("a") is None


def test_what_is_remembered_is_bounded() -> None:
    limits = Limits(1, Clock())
    for person in range(MAX_PERSONS + 10):
        limits.take(str(person))
    assert len(limits._whole_at) == MAX_PERSONS
    assert limits.take("0")


def test_it_is_told_as_the_draft_has_it() -> None:
    quota = Limits(600, Clock()).take("a")
    assert quota is not None
    assert dict(quota.headers()) == {b"ratelimit-policy": b'"person";q=600;w=60', b"ratelimit": b'"person";r=599;t=1'}
