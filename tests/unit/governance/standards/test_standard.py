"""Row 3: standards. The publisher is not the sole author; a published version never changes."""

from typing import Any, cast

import msgspec
import pytest
from pydantic import ValidationError

from governance.people.mandate import MANDATE, MandateGiven
from governance.standards import standard
from governance.standards.content import Gate, GatePath, Phase
from governance.standards.document import GatePathInput
from governance.standards.standard import (
    STANDARD,
    DraftStandard,
    PublishStandard,
    ReviseDraft,
    StandardDrafted,
    StandardDraftRevised,
    StandardPublished,
    parse,
)
from mandate_events.deciding import Command, Context
from mandate_events.document.canonical import digest
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario

FAY, ANN, BEN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe"))

PATH = GatePath(
    "two-gate", "Two gates", [Phase("plan", "Plan", Gate("g1", "One")), Phase("do", "Do", Gate("g2", "Two"))]
)
PUBLISH = PublishStandard(version=1, reason="r")


def path(**changes: Any) -> dict[str, Any]:
    return {**msgspec.to_builtins(PATH), **changes}


def drafting(**changes: Any) -> DraftStandard:
    return DraftStandard.model_validate({"title": "Roads", "paths": [path()], **changes})


def revising(**changes: Any) -> ReviseDraft:
    return ReviseDraft.model_validate({"title": "Roads", "paths": [path()], **changes})


def drafted(office: Scenario, by: str = ANN) -> Scenario:
    return office.given(STANDARD, "roads", StandardDrafted(version=1, title="Roads", paths=[PATH]), by=by)


def published(office: Scenario) -> Scenario:
    return drafted(office).given(STANDARD, "roads", StandardPublished(version=1, title="Roads", paths=[PATH]), by=BEN)


def test_a_member_drafts_the_first_version(office: Scenario) -> None:
    office.when(STANDARD, "roads", drafting(), by=ANN).then(
        StandardDrafted(version=1, title="Roads", paths=[PATH])
    ).under("pmo", f"mandate/{ANN}@1")


def test_the_full_wording_is_kept_as_a_document(office: Scenario) -> None:
    office.when(STANDARD, "roads", drafting(text="Ünder all circumstances"), by=ANN).then(
        StandardDrafted(version=1, title="Roads", paths=[PATH], text=digest("Ünder all circumstances".encode()).hex())
    )


def test_a_draft_is_revised_and_not_drafted_again(office: Scenario) -> None:
    drafted(office).when(STANDARD, "roads", drafting(), by=BEN).refused("draft-open")
    office.when(STANDARD, "roads", revising(title="Better"), by=BEN).then(
        StandardDraftRevised(version=1, title="Better", paths=[PATH])
    ).under("pmo")


def test_a_draft_is_published_by_another_than_its_sole_author(office: Scenario) -> None:
    drafted(office)
    office.when(STANDARD, "roads", PUBLISH, by=ANN).refused("publisher-is-sole-author", authority=True)
    office.when(STANDARD, "roads", PUBLISH, by=BEN).then(
        StandardPublished(version=1, title="Roads", paths=[PATH])
    ).under("pmo", f"mandate/{BEN}@1")


def test_with_two_authors_either_may_publish(office: Scenario) -> None:
    drafted(office).given(STANDARD, "roads", StandardDraftRevised(version=1, title="Better", paths=[PATH]), by=BEN)
    for person in (ANN, BEN):
        office.when(STANDARD, "roads", PUBLISH, by=person).then(
            StandardPublished(version=1, title="Better", paths=[PATH])
        )


def test_who_revised_ones_own_draft_is_still_its_sole_author(office: Scenario) -> None:
    drafted(office).given(STANDARD, "roads", StandardDraftRevised(version=1, title="Better", paths=[PATH]), by=ANN)
    office.when(STANDARD, "roads", PUBLISH, by=ANN).refused("publisher-is-sole-author", authority=True)


def test_a_published_version_never_changes(office: Scenario) -> None:
    published(office).when(STANDARD, "roads", revising(), by=ANN).refused("no-draft")
    office.when(STANDARD, "roads", PUBLISH, by=BEN).refused("no-such-draft")
    office.when(STANDARD, "roads", drafting(title="Next"), by=ANN).then(
        StandardDrafted(version=2, title="Next", paths=[PATH])
    )


def test_an_author_of_an_older_version_is_no_author_of_the_next(office: Scenario) -> None:
    published(office).given(STANDARD, "roads", StandardDrafted(version=2, title="Next", paths=[PATH]), by=BEN)
    two = PublishStandard(version=2, reason="r")
    office.when(STANDARD, "roads", two, by=BEN).refused("publisher-is-sole-author", authority=True)
    office.when(STANDARD, "roads", two, by=ANN).then(StandardPublished(version=2, title="Next", paths=[PATH]))
    office.when(STANDARD, "roads", PUBLISH, by=ANN).refused("no-such-draft")


@pytest.mark.parametrize("command", [drafting(), revising(), PUBLISH])
@pytest.mark.parametrize("person", [FAY, EVE, ZOE])
def test_only_the_pmo_standardises(office: Scenario, command: Command, person: str) -> None:
    drafted(office).when(STANDARD, "roads", command, by=person).refused("no-right", authority=True)


@pytest.mark.parametrize("role", ["pm_officer", "project_manager", "sponsor", "observer"])
def test_no_role_on_a_project_standardises(office: Scenario, role: str) -> None:
    office.given(MANDATE, ZOE, MandateGiven(person=ZOE, role=role, project="p1"))
    office.when(STANDARD, "roads", drafting(), by=ZOE).refused("no-right", authority=True)


def test_what_was_never_drafted_does_not_exist(office: Scenario) -> None:
    office.when(STANDARD, "none", revising(), by=ANN).unknown()
    office.when(STANDARD, "none", PUBLISH, by=ANN).unknown()


@pytest.mark.parametrize(
    "changes",
    [
        {"paths": []},
        {"paths": [path(), path()]},
        {"paths": [path(phases=[])]},
        {"paths": [path(phases=[msgspec.to_builtins(PATH.phases[0])] * 2)]},
        {"paths": [path(id="Not A Slug")]},
        {"title": ""},
        {"text": "a\0b"},
        {"unknown": 1},
    ],
)
def test_a_standard_that_contradicts_itself_is_not_accepted(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        drafting(**changes)


def test_two_gates_of_a_path_have_two_names() -> None:
    one, other = (msgspec.to_builtins(phase) for phase in PATH.phases)
    with pytest.raises(ValidationError, match="its own id"):
        GatePathInput.model_validate(path(phases=[one, {**other, "gate": one["gate"]}]))


def test_a_reference_names_standard_and_version() -> None:
    assert parse("capital-delivery@12") == ("capital-delivery", 12)


def test_what_is_no_matter_of_a_standard_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        standard.decide(None, Command(), cast("Context", None))
    with pytest.raises(TypeError):
        standard.evolve(None, Event(), cast("Recorded[Any]", None))


def test_without_a_draft_nobody_is_its_sole_author(office: Scenario) -> None:
    office.when(STANDARD, "roads", PUBLISH, by=ANN).unknown()
    published(office)
    for version in (1, 2):
        again = PublishStandard(version=version, reason="r")
        office.when(STANDARD, "roads", again, by=ANN).refused("no-such-draft")
