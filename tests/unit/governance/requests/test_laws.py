"""What holds for requests of all kinds: each reaches the inbox once, is decided once, and is answered once.

A kind that is added is judged by them without a word here. Who decides: `test_who_decides.py`.
"""

from typing import Any, cast

import msgspec
import pytest
from pydantic import ValidationError

from governance.main import GOVERNANCE
from governance.requests.heard import DecisionApplied, DecisionNotApplied
from governance.requests.kind import Kind
from governance.requests.kinds import deciders
from governance.requests.request import DecisionAnswered, NoteAnswer
from governance.requests.routes import InboxItem, shown_row
from mandate_events.deciding import Command, Context, replace
from mandate_events.deciding.reacting import Heard, Reaction
from mandate_events.document.event import Event, Recorded
from mandate_events.document.origin import Origin
from mandate_events.testing import Scenario
from mandate_events.values.told import instant
from tests.services import HEARD_OF_PROJECTS, on_projects
from tests.unit.governance.conftest import ANN, BEN
from tests.unit.governance.requests.each_kind import (
    ANSWER,
    APPLIED,
    EACH_KIND,
    EACH_OUTCOME,
    ID,
    POLICY,
    Story,
    deciding,
    sample,
)

ORIGIN = Origin(source="projects", sequence=7, hash="0" * 64)

# --- heard ---


@EACH_KIND
def test_what_a_project_asks_for_becomes_a_request(office: Scenario, kind: Kind) -> None:
    record = sample(HEARD_OF_PROJECTS, kind.hears)
    [reaction] = on_projects(Heard(record, ORIGIN))
    command: Any = reaction.command
    received = command.received
    assert (reaction.aggregate, type(received), command.reason) == (kind.aggregate, kind.received, record.reason)
    if record.subject == kind.aggregate.stream(record.thing):  # only a gate is asked for on the project's own stream
        assert reaction.id == record.thing
    assert (received.project, received.standard) == (record.partitionkey, record.standard)
    assert received.origin == ORIGIN
    for name in {*kind.hears.__struct_fields__} & {*kind.received.__struct_fields__}:
        assert getattr(received, name) == getattr(record.data, name), name
    assert record.actor in {getattr(received, name) for name in kind.askers}, "who brought it does not decide it"
    office.when(kind.aggregate, reaction.id, command, by=POLICY).then(received)


@EACH_KIND
def test_what_a_project_answers_is_noted_on_its_request(kind: Kind) -> None:
    for event in (DecisionApplied, DecisionNotApplied):
        record = replace(sample(HEARD_OF_PROJECTS, event), subject=kind.aggregate.stream(ID))
        rule = getattr(record.data, "rule", None)
        note = NoteAnswer(applied=event is DecisionApplied, rule=rule, origin=ANSWER)
        assert on_projects(Heard(record, ANSWER)) == [Reaction(kind.aggregate, ID, note)]


# --- received, decided, answered: once each ---


@EACH_KIND
def test_it_reaches_the_inbox_once(office: Scenario, kind: Kind) -> None:
    story = Story(office, kind)
    [record] = story.when(story.receive, POLICY).then(story.asked).under("system", POLICY).records
    told = (record.partitionkey, record.standard, record.reason)
    assert told == (story.project, story.asked.standard, story.receive.reason)
    story.received().when(story.receive, POLICY).then()
    story.decided().when(story.receive, POLICY).then()


@EACH_KIND
def test_what_was_never_asked_for_is_neither_decided_nor_answered(office: Scenario, kind: Kind) -> None:
    story = Story(office, kind)
    story.when(deciding(kind), BEN).unknown()
    story.when(APPLIED, POLICY).unknown()


@EACH_OUTCOME
def test_the_pmo_decides_it(office: Scenario, kind: Kind, outcome: str) -> None:
    story = Story(office, kind).received()
    _, decided = story.decided(outcome).records
    assert (decided.actor, decided.actingas, decided.authority) == (BEN, "pmo", f"mandate/{BEN}@1")
    assert kind.outcomes[type(decided.data)] in {outcome, None}
    assert getattr(decided.data, "outcome", outcome) == outcome
    assert (decided.data.project, decided.standard) == (story.project, story.asked.standard)
    request = story.request
    assert (request.outcome, request.decided_by) == (outcome, BEN)
    assert list(request.conditions) == getattr(decided.data, "conditions", [])
    assert request.asked == story.asked, "what was asked for stays as it was"
    assert getattr(request, "decided", decided.data) == decided.data, "kept where its page tells of it"


@EACH_OUTCOME
def test_it_is_decided_once(office: Scenario, kind: Kind, outcome: str) -> None:
    story = Story(office, kind).received().decided(outcome)
    story.when(deciding(kind), ANN).refused("already-decided")
    story.when(deciding(kind, outcome), BEN).refused("already-decided")


@EACH_KIND
def test_an_outcome_is_one_of_its_own_and_has_a_reason(kind: Kind) -> None:
    body = deciding(kind).model_dump()
    for changes in ({"outcome": "perhaps"}, {"reason": None}):
        with pytest.raises(ValidationError):
            kind.decide.model_validate({**body, **changes})


@pytest.mark.parametrize("rule", [None, "project-closed"])
@EACH_KIND
def test_the_projects_answer_is_noted_once(office: Scenario, kind: Kind, rule: str | None) -> None:
    story = Story(office, kind).received().decided()
    answer = NoteAnswer(applied=rule is None, rule=rule, origin=ANSWER)
    first, *_ = story.when(answer, POLICY).under("system", POLICY).records
    assert first.data == DecisionAnswered(project=story.project, applied=rule is None, rule=rule, origin=ANSWER)
    assert story.answered(rule).request.answer == (f"not applied: {rule}" if rule else "applied")
    story.when(answer, POLICY).then()


@EACH_KIND
def test_what_is_no_matter_of_a_request_is_a_fault_of_the_program(kind: Kind) -> None:
    for command in (Command(), deciding(kind), APPLIED):
        with pytest.raises(TypeError, match=f"{type(command).__name__} is not decided here"):
            kind.aggregate.decide(None, command, cast("Context", None))
    decisions = [sample(GOVERNANCE.catalogue, event).data for event in kind.outcomes]
    for event in (Event(), DecisionAnswered(project="p1", applied=True, origin=ANSWER), *decisions):
        with pytest.raises(TypeError, match=f"{type(event).__name__} means nothing here"):
            kind.aggregate.evolve(None, event, cast("Recorded[Any]", None))


# --- told ---


@EACH_OUTCOME
def test_its_page_tells_how_far_it_is(office: Scenario, kind: Kind, outcome: str) -> None:
    story = Story(office, kind).received()
    page_tells(story, "open", None, None)
    page_tells(story.decided(outcome), "decided", outcome, BEN)
    page_tells(story.answered(), "answered", outcome, BEN)


def page_tells(story: Story, *how_far: str | None) -> None:
    page = story.page
    story.kind.page.model_validate(page)
    said = [page[name] for name in ("id", "project", "standard", "requested_by", "status", "outcome", "decided_by")]
    assert said == [ID, story.project, story.asked.standard, story.asked.requested_by, *how_far]
    assert page["evidence"] == msgspec.to_builtins(story.asked.evidence)
    assert page["conditions"] == msgspec.to_builtins([*story.request.conditions])


@EACH_OUTCOME
def test_the_inbox_tells_how_far_it_is(office: Scenario, kind: Kind, outcome: str) -> None:
    story = Story(office, kind).received()
    inbox_tells(story, "open", None, None, None)
    inbox_tells(story.decided(outcome), "decided", outcome, BEN, None)
    inbox_tells(story.answered(), "answered", outcome, BEN, "applied")


def inbox_tells(story: Story, *how_far: str | None) -> None:
    kind, asked, [received, *later] = story.kind, story.asked, story.records
    item = shown_row(dict(story.row))
    InboxItem.model_validate(item)
    about = [item[name] for name in ("id", "kind", "about", "project", "standard", "requested_by", "reason")]
    assert about == [
        ID,
        kind.name,
        str(kind.about(asked)),
        story.project,
        asked.standard,
        asked.requested_by,
        received.reason,
    ]
    assert item["about"], "in one word"
    assert [item[name] for name in ("status", "outcome", "decided_by", "answer")] == [*how_far]
    decided_at = instant(later[0].time) if later else None
    assert (item["requested_at"], item["decided_at"]) == (instant(received.time), decided_at)
    assert item["may_decide"] == deciders(kind.name)
