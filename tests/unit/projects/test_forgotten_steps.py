"""Whoever adds a chapter and forgets a step is told which, and the file to write it in, before anything serves."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

import house
from mandate_events.deciding import Aggregate
from mandate_events.deciding.completeness import Incomplete
from mandate_events.deciding.rights import Right, allow
from mandate_events.deciding.separation import Condition, recorded
from mandate_web.app.service import Service
from mandate_web.chapters.chapter import Chapter, Things
from projects.execution.conditions import GateConditionMet
from projects.execution.project import RequestGateReview
from projects.main import SERVICE
from projects.roles import PROJECT_MANAGER, SPONSOR
from tests.fixtures.quality.benefit import (
    BENEFIT,
    Benefit,
    BenefitConfirmed,
    BenefitPage,
    BenefitPlanned,
    ConfirmBenefit,
    PlanBenefit,
)
from tests.fixtures.quality.chapter import CHAPTER

[SERVED] = CHAPTER.served
PLAN: Final = allow(PlanBenefit, PROJECT_MANAGER, own_project=True)
AT: Final = "/v1/projects/{id}/benefits"


def told(chapter: Chapter) -> list[str]:
    """What is said at the start of a service that has this chapter too."""
    service = replace(SERVICE, chapters=[*SERVICE.chapters, chapter])
    try:
        assert service.routers
        assert service.house.lists.views
    except Incomplete as incomplete:
        return list(incomplete.faults)
    return []


def of(aggregate: Aggregate[Benefit]) -> Chapter:
    return replace(CHAPTER, served=[replace(SERVED, aggregate=aggregate)])


def listed(things: Things) -> Chapter:
    return replace(CHAPTER, served=[replace(SERVED, listed=things)])


def confirm(unless: Condition) -> Right:
    return allow(ConfirmBenefit, SPONSOR, own_project=True, unless={"confirmer-is-planner": unless})


class ColouredPage(BenefitPage):
    colour: str


STEPS: Final[dict[str, tuple[Callable[[], Chapter], str, str]]] = {
    "no right": (
        lambda: replace(CHAPTER, rights=[PLAN]),
        "nobody may give ConfirmBenefit",
        "benefit.py",
    ),
    "a separation of duties by what never happens to it": (
        lambda: replace(CHAPTER, rights=[PLAN, confirm(recorded(GateConditionMet))]),
        "confirmer-is-planner: GateConditionMet never happens to a benefit, so it keeps nobody",
        "benefit.py",
    ),
    "an event that happens to nothing": (
        lambda: of(replace(BENEFIT, events=(BenefitPlanned,))),
        "ConfirmBenefit records BenefitConfirmed, which is in no aggregate's `events`",
        "benefit.py",
    ),
    "a command that records nothing": (
        lambda: of(replace(BENEFIT, records={PlanBenefit: (BenefitPlanned,)})),
        "ConfirmBenefit is posted at /v1/benefits/{id}/confirmations",
        "benefit.py",
    ),
    "an aggregate that does not say what it records": (
        lambda: of(Aggregate("benefit", BENEFIT.decide, BENEFIT.evolve, events=BENEFIT.events)),
        "benefit does not say what its commands record",
        "benefit.py",
    ),
    "nothing that begins one": (
        lambda: of(replace(BENEFIT, opened_by=frozenset())),
        f"PlanBenefit is posted at {AT} and begins no benefit",
        "benefit.py",
    ),
    "an opener that is given to one that exists": (
        lambda: replace(CHAPTER, served=[replace(SERVED, opens={}, takes={**SERVED.takes, AT: PlanBenefit})]),
        f"PlanBenefit is posted at {AT}, whose `{{id}}` is not that of /v1/benefits/{{id}}",
        "chapter.py",
    ),
    "a right to read that nobody has": (
        lambda: replace(CHAPTER, reads="read-benefits"),
        "nobody has the right read-benefits, by which quality is read",
        "chapter.py",
    ),
    "a command of another thing": (
        lambda: replace(
            CHAPTER, served=[replace(SERVED, takes={**SERVED.takes, "/v1/benefits/{id}/reviews": RequestGateReview})]
        ),
        "RequestGateReview is posted at /v1/benefits/{id}/reviews",
        "benefit.py",
    ),
    "a member that no state holds": (
        lambda: replace(CHAPTER, served=[replace(SERVED, page=ColouredPage)]),
        "ColouredPage tells `colour`, which Benefit does not hold",
        "benefit.py",
    ),
    "a list that goes by what no page tells": (
        lambda: listed(Things(at=AT, filters={"stage": str})),
        f"the list at {AT} goes by `stage`, which BenefitPage does not tell",
        "chapter.py",
    ),
    "no tag": (lambda: replace(CHAPTER, tags={}), "the chapter quality has pages or lists and no tag", "chapter.py"),
}


def test_with_all_of_them_it_starts() -> None:
    assert told(CHAPTER) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_forgotten_step_is_told_with_the_file_to_write_it_in(step: str) -> None:
    forgotten, fault, file = STEPS[step]
    faults = told(forgotten())
    assert any(fault in each and file in each for each in faults), faults


def test_several_are_told_at_once() -> None:
    faults = told(replace(of(replace(BENEFIT, events=(BenefitPlanned,))), tags={}))
    assert len(faults) >= 2


def with_quality(**changes: object) -> Service:
    return replace(SERVICE, chapters=[*SERVICE.chapters, replace(CHAPTER, **changes)])  # type: ignore[arg-type]


def test_what_never_happened_in_the_rehearsal_is_told() -> None:
    faults = house.faults(with_quality())
    for event in (BenefitPlanned, BenefitConfirmed):
        assert any(each.startswith(f"{event.__name__} never happens") for each in faults), faults


def test_a_rule_without_words_is_told() -> None:
    service = with_quality(folder=SERVICE.chapters[0].folder)
    faults = list(house.silent_rules(service))
    assert any(each.startswith("confirmer-is-planner of ConfirmBenefit has no words") for each in faults), faults
