"""Requests of all kinds are answered by one event: each list takes the answers that are its own."""

from typing import Any

import pytest

from governance.main import GOVERNANCE
from governance.requests.kinds import KINDS
from governance.requests.request import DecisionAnswered
from governance.requests.views.gate_reviews import GATE_REVIEWS_VIEW
from governance.requests.views.inbox import INBOX_VIEW
from mandate_events.document.event import GENESIS, JSON, Recorded
from mandate_events.document.origin import Origin
from mandate_events.testing import NOON
from mandate_events.views.rows import Change, Key, Row

ANSWERED = DecisionAnswered(project="p1", applied=True, origin=Origin(source="projects", sequence=7, hash="0" * 64))


def answer_to(kind: str) -> Recorded[Any]:
    return Recorded(
        datacontenttype=JSON,
        id="e1",
        source="/mandate/governance",
        type=GOVERNANCE.catalogue.types[DecisionAnswered],
        subject=f"{kind}/r1",
        time=NOON,
        sequence=f"{7:020d}",
        streamversion=3,
        correlationid="c1",
        causationid="k1",
        occurredat=NOON,
        actor="system/recognition",
        actingas="system",
        authority="projects:7",
        policy="0" * 64,
        previous=GENESIS,
        data=ANSWERED,
    )


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"gate-review"}))
def test_the_answer_to_another_request_leaves_the_gate_reviews_alone(kind: str) -> None:
    rows: dict[Key, Row] = {"other": {"id": "other"}}
    GATE_REVIEWS_VIEW.fold(rows, GATE_REVIEWS_VIEW.changes([answer_to(kind)]))
    assert rows == {"other": {"id": "other"}}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_inbox_takes_every_answer(kind: str) -> None:
    assert INBOX_VIEW.changes([answer_to(kind)]) == [Change("r1", {"status": "answered", "answer": "applied"})]
