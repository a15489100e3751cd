"""Who decides a request of any kind: whoever is far enough from the project.

That is a member of the PMO, or the sponsor of the project where its standard says so.
"""

from typing import Any, cast, get_args

import pytest

from governance.requests.kind import Kind
from governance.requests.kinds import DECISIONS, deciders
from governance.standards.content import Boundary, Decider
from governance.standards.standard import STANDARD, StandardDrafted, StandardPublished
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario
from tests.unit.governance.conftest import ANN, BEN, EVE, FAY, PATHS, mandate
from tests.unit.governance.requests.each_kind import (
    APPLIED,
    BOUNDARIES,
    EACH_BOUNDARY,
    EACH_KIND,
    POLICY,
    Story,
    deciding,
    taking_back,
)

GIVEN, LEFT = "standard-gives-it-to-the-sponsor", "standard-leaves-it-to-the-pmo"
SUE, TIM, ZOE = (derived(name) for name in ("sue", "tim", "zoe"))


@EACH_KIND
def test_people_put_nothing_before_the_pmo_and_answer_nothing_for_a_project(office: Scenario, kind: Kind) -> None:
    story = Story(office, kind)
    story.when(story.receive, ANN).refused("no-right", authority=True)
    story.received().decided().when(APPLIED, ANN).refused("no-right", authority=True)


@EACH_KIND
def test_who_asked_does_not_decide(office: Scenario, kind: Kind) -> None:
    story = Story(office, kind).received()
    assert "requested_by" in kind.askers
    for person in {getattr(story.asked, name) for name in kind.askers}:
        mandate(office, person, "pmo")
        for command in (deciding(kind), *taking_back(kind)):
            story.when(command, person).refused("decider-is-requester", authority=True)
    story.decided(by=ANN)


POSTS = {
    "project_manager": "decider-runs-the-project",
    "sponsor": "decider-owns-the-project",
    "pm_officer": "decider-is-its-officer",
}


@pytest.mark.parametrize("post", POSTS)
@EACH_KIND
def test_a_member_with_a_post_in_the_project_does_not_decide(office: Scenario, kind: Kind, post: str) -> None:
    """Some of them cannot come to both through the front door; it is judged on the person all the same."""
    story = Story(office, kind).received()
    mandate(office, BEN, post, story.project)
    as_the_sponsor = kind.boundary and post == "sponsor"  # they are judged as such first
    rule = LEFT if as_the_sponsor else POSTS[post]
    story.when(deciding(kind), BEN).refused(rule, authority=True)
    for command in taking_back(kind):
        story.when(command, BEN).refused(POSTS[post], authority=True)
    story.decided(by=ANN)


@EACH_KIND
def test_a_post_in_another_project_is_none_in_this_one(office: Scenario, kind: Kind) -> None:
    for post in POSTS:
        mandate(office, BEN, post, "another")
    Story(office, kind).received().decided(by=BEN)


@EACH_KIND
def test_who_has_no_right_does_not_decide(office: Scenario, kind: Kind) -> None:
    story = Story(office, kind).received()
    posts = {derived(role): role for role in ("project_manager", "pm_officer")}
    for person, role in posts.items():
        mandate(office, person, role, story.project)
    for person in (FAY, EVE, ZOE, *posts, POLICY):
        for command in (deciding(kind), *taking_back(kind)):
            story.when(command, person).refused("no-right", authority=True)


# --- a standard may give it to the sponsor ---


def owned(office: Scenario, kind: Kind, standard: str, **changes: Any) -> Story:
    """Sue is the sponsor of its project, tim of another. By light@1 the sponsor decides it, by firm@1 all but it."""
    names = [cast("Boundary", each.name) for each in BOUNDARIES]
    given: dict[str, dict[Boundary, Decider]] = {
        "light": {name: "sponsor" for name in names if name == kind.name},
        "firm": {name: "sponsor" for name in names if name != kind.name},
    }
    for name, content in given.items():
        said: dict[str, Any] = {"version": 1, "title": name, "paths": PATHS, "deciders": content}
        office.given(STANDARD, name, StandardDrafted(**said), StandardPublished(**said))
    story = Story(office, kind, standard=standard, **changes)
    mandate(office, SUE, "sponsor", story.project)
    mandate(office, TIM, "sponsor", "another")
    return story.received()


@EACH_BOUNDARY
def test_the_sponsor_decides_what_the_standard_gives_them(office: Scenario, kind: Kind) -> None:
    story = owned(office, kind, "light@1")
    story.when(deciding(kind), BEN).refused(GIVEN, authority=True)
    story.when(deciding(kind), TIM).refused("no-right", authority=True)
    assert story.decided(by=SUE).records[-1].actingas == "sponsor"


@EACH_BOUNDARY
def test_a_sponsor_who_is_a_member_decides_it_as_the_sponsor(office: Scenario, kind: Kind) -> None:
    story = owned(office, kind, "light@1")
    mandate(office, SUE, "pmo")
    assert story.decided(by=SUE).records[-1].actingas == "sponsor"


@EACH_BOUNDARY
def test_a_sponsor_who_asked_does_not_decide(office: Scenario, kind: Kind) -> None:
    story = owned(office, kind, "light@1", requested_by=SUE)
    story.when(deciding(kind), SUE).refused("decider-is-requester", authority=True)


@pytest.mark.parametrize("standard", ["firm@1", "firm@9", "unknown@1"])
@EACH_BOUNDARY
def test_the_pmo_decides_what_the_standard_does_not_give_away(office: Scenario, kind: Kind, standard: str) -> None:
    story = owned(office, kind, standard)
    story.when(deciding(kind), SUE).refused(LEFT, authority=True)
    mandate(office, SUE, "pmo")
    story.when(deciding(kind), SUE).refused(LEFT, authority=True)
    assert story.decided(by=BEN).records[-1].actingas == "pmo"


@EACH_KIND
def test_a_boundary_is_the_sponsors_or_the_pmos_and_nothing_else_is_the_sponsors(kind: Kind) -> None:
    rows = [(row.roles, row.relation) for row in DECISIONS if row.command == kind.decide.__name__]
    sponsors = [(("sponsor",), "own-project")] if kind.name in get_args(Boundary) else []
    assert rows == [*sponsors, (("pmo",), "any")]
    assert deciders(kind.name) == (["pmo", "sponsor"] if sponsors else ["pmo"])


def test_what_a_standard_may_give_away_is_asked_for() -> None:
    assert {each.name for each in BOUNDARIES} == {*get_args(Boundary)}
