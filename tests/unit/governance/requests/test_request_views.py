"""Requests of all kinds are answered by one event: each list takes the answers that are its own."""

from typing import Any

import pytest

from governance.main import GOVERNANCE
from governance.requests.kinds import KINDS
from governance.requests.request import DecisionAnswered
from governance.requests.views.gate_reviews import GATE_REVIEWS_VIEW
from governance.requests.views.inbox import INBOX_VIEW
from governance.standards.migration import MIGRATION
from mandate_events.deciding import replace
from mandate_events.document.event import Recorded
from mandate_events.testing import Scenario
from mandate_events.views.rows import Key, Row
from tests.unit.governance.conftest import BEN
from tests.unit.governance.requests.each_kind import ID, Story, sample


def answer_to(kind: str) -> Recorded[Any]:
    return replace(sample(GOVERNANCE.catalogue, DecisionAnswered), subject=f"{kind}/r1")


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"gate-review"}))
def test_the_answer_to_another_request_leaves_the_gate_reviews_alone(kind: str) -> None:
    rows: dict[Key, Row] = {"other": {"id": "other"}}
    GATE_REVIEWS_VIEW.fold(rows, GATE_REVIEWS_VIEW.changes([answer_to(kind)]))
    assert rows == {"other": {"id": "other"}}


def test_the_gate_reviews_tell_how_far_one_is(office: Scenario) -> None:
    story = Story(office, KINDS["gate-review"]).received().decided("hold").answered("project-closed")
    told = []
    for number in (1, 2, 3):
        rows: dict[Key, Row] = {}
        GATE_REVIEWS_VIEW.fold(rows, GATE_REVIEWS_VIEW.changes(story.records[:number]))
        told.append(rows[ID])
    said = ("project", "gate", "phase", "standard", "requested_by")
    asked = {"id": ID, **{name: getattr(story.asked, name) for name in said}, "opened_at": story.records[0].time}
    decided = {"outcome": "hold", "decided_by": BEN}
    assert told == [
        {**asked, "status": "open", "outcome": None, "decided_by": None, "answer": None},
        {**asked, "status": "decided", **decided, "answer": None},
        {**asked, "status": "answered", **decided, "answer": "not applied: project-closed"},
    ]


def test_the_inbox_passes_over_what_was_never_asked_for_in_it() -> None:
    """A project answers its migration to another standard by the same event."""
    rows: dict[Key, Row] = {"other": {"id": "other"}}
    INBOX_VIEW.fold(rows, INBOX_VIEW.changes([answer_to(MIGRATION.name)]))
    assert rows == {"other": {"id": "other"}}
