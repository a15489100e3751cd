"""Row 3: drafts are reviewed by others than their authors; a retired version names its successor."""

from typing import Any

import msgspec
import pytest

from governance.standards.content import Content
from governance.standards.document import recorded
from governance.standards.ready import LANGUAGES, TEMPLATES, AdoptTemplate, Language, Template, ready
from governance.standards.standard import (
    STANDARD,
    DraftStandard,
    PublishStandard,
    RetireStandard,
    ReviewDraft,
    ReviseDraft,
    StandardDrafted,
    StandardDraftRevised,
    StandardPublished,
    StandardRetired,
    StandardReviewed,
    Verdict,
)
from governance.strategy.authorisation import AuthoriseProject
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding import Command
from mandate_events.document.canonical import digest
from mandate_events.testing import Scenario
from tests.unit.governance.conftest import ANN, BEN, EVE, FAY, PATHS, mandate

PUBLISH = PublishStandard(version=1, reason="Reviewed")
DRAFTED = StandardDrafted(version=1, title="Roads", paths=PATHS)
REVISED = StandardDraftRevised(version=1, title="Roads", paths=PATHS)
PUBLISHED = StandardPublished(version=1, title="Roads", paths=PATHS)
TO_REVISE = StandardReviewed(version=1, verdict="revise", comment="Who holds the contingency?")


def reviewing(verdict: Verdict = "approve", version: int = 1, comment: str | None = None) -> ReviewDraft:
    return ReviewDraft(version=version, verdict=verdict, comment=comment, reason="Read")


def retiring(successor: str = "capital@1", version: int = 1) -> RetireStandard:
    return RetireStandard(version=version, successor=successor, reason="Merged")


@pytest.fixture
def drafted(office: Scenario) -> Scenario:
    """Ann drafted roads@1."""
    return office.given(STANDARD, "roads", DRAFTED, by=ANN)


@pytest.fixture
def published(standardised: Scenario) -> Scenario:
    """And roads@1 is in force, besides capital@1."""
    return standardised.given(STANDARD, "roads", DRAFTED, by=ANN).given(STANDARD, "roads", PUBLISHED, by=BEN)


def test_another_than_the_author_reviews(drafted: Scenario) -> None:
    drafted.when(STANDARD, "roads", reviewing("revise", comment=TO_REVISE.comment), by=BEN).then(TO_REVISE).under("pmo")
    drafted.when(STANDARD, "roads", reviewing(), by=ANN).refused("reviewer-is-author", authority=True)


def test_each_author_is_one_however_many_there_are(drafted: Scenario) -> None:
    drafted.given(STANDARD, "roads", REVISED, by=BEN)
    for person in (ANN, BEN):
        drafted.when(STANDARD, "roads", reviewing(), by=person).refused("reviewer-is-author", authority=True)


def test_a_draft_that_is_to_be_revised_is_not_published(drafted: Scenario) -> None:
    drafted.given(STANDARD, "roads", TO_REVISE, by=BEN)
    drafted.when(STANDARD, "roads", PUBLISH, by=BEN).refused("draft-to-be-revised")


def test_the_reviewer_may_think_again(drafted: Scenario) -> None:
    approved = StandardReviewed(version=1, verdict="approve")
    drafted.given(STANDARD, "roads", TO_REVISE, by=BEN).given(STANDARD, "roads", approved, by=BEN)
    drafted.when(STANDARD, "roads", PUBLISH, by=BEN).then(PUBLISHED)


def test_the_approval_of_one_is_not_that_of_another(drafted: Scenario) -> None:
    approved = StandardReviewed(version=1, verdict="approve")
    drafted.given(STANDARD, "roads", TO_REVISE, by=EVE).given(STANDARD, "roads", approved, by=BEN)
    drafted.when(STANDARD, "roads", PUBLISH, by=BEN).refused("draft-to-be-revised")


def test_a_revision_ends_the_reviews_of_what_was_there_before(drafted: Scenario) -> None:
    drafted.given(STANDARD, "roads", TO_REVISE, by=BEN).given(STANDARD, "roads", REVISED, by=ANN)
    drafted.when(STANDARD, "roads", PUBLISH, by=BEN).then(PUBLISHED)


def test_only_the_open_draft_is_reviewed(drafted: Scenario, published: Scenario) -> None:
    drafted.when(STANDARD, "roads", reviewing(version=2), by=BEN).refused("no-such-draft")
    published.when(STANDARD, "roads", reviewing(), by=BEN).refused("no-such-draft")


def test_a_version_is_retired_for_one_that_is_in_force(published: Scenario) -> None:
    retired = StandardRetired(version=1, successor="capital@1")
    published.when(STANDARD, "roads", retiring(), by=ANN).then(retired).under("pmo")
    published.given(STANDARD, "roads", retired)
    published.when(STANDARD, "roads", retiring(), by=ANN).refused("no-such-version-in-force")
    published.when(STANDARD, "capital", retiring("roads@1"), by=ANN).invalid("/successor")


def test_a_later_version_of_the_same_standard_follows(published: Scenario) -> None:
    published.given(STANDARD, "capital", StandardPublished(version=2, title="Capital", paths=PATHS), by=BEN)
    published.when(STANDARD, "capital", retiring("capital@2"), by=ANN).then(
        StandardRetired(version=1, successor="capital@2")
    )


@pytest.mark.parametrize("successor", ["capital@2", "capital@9", "unknown@1", "roads@1", "roads@2"])
def test_what_is_not_in_force_follows_nothing(published: Scenario, successor: str) -> None:
    published.when(STANDARD, "roads", retiring(successor), by=ANN).invalid("/successor")


def test_only_what_is_in_force_is_retired(published: Scenario) -> None:
    published.when(STANDARD, "capital", retiring("roads@1", version=2), by=ANN).refused("no-such-version-in-force")
    published.when(STANDARD, "capital", retiring("roads@1", version=3), by=ANN).refused("no-such-version-in-force")


def test_a_retired_version_is_given_to_no_project(proposed: Scenario) -> None:
    proposed.given(STANDARD, "roads", DRAFTED, PUBLISHED, by=ANN)
    proposed.given(STANDARD, "capital", StandardRetired(version=1, successor="roads@1"), by=ANN)
    body = {"standard": "capital@1", "budget": {"amount": "9", "currency": "AUD"}, "reason": "r"}
    proposed.when(PROPOSAL, "p1", AuthoriseProject.model_validate(body), by=BEN).invalid("/standard")
    body["standard"] = "roads@1"
    assert proposed.when(PROPOSAL, "p1", AuthoriseProject.model_validate(body), by=BEN).refusal is None


def test_a_retired_version_never_changes(published: Scenario) -> None:
    published.given(STANDARD, "roads", StandardRetired(version=1, successor="capital@1"))
    body = {"title": "Roads", "paths": msgspec.to_builtins(PATHS)}
    published.when(STANDARD, "roads", ReviseDraft.model_validate(body), by=ANN).refused("no-draft")
    published.when(STANDARD, "roads", DraftStandard.model_validate(body), by=ANN).then(
        StandardDrafted(version=2, title="Roads", paths=PATHS)
    )


@pytest.mark.parametrize("command", [reviewing(), retiring(), AdoptTemplate(template="light")])
@pytest.mark.parametrize("role", ["founder", "auditor", "observer", "project_manager", "pm_officer", "sponsor"])
def test_only_the_pmo_reviews_retires_and_adopts(drafted: Scenario, command: Command, role: str) -> None:
    mandate(drafted, FAY, role, "p1")
    drafted.when(STANDARD, "roads", command, by=FAY).refused("no-right", authority=True)


# --- ready standards ---


class Attached:
    """What a decision may do with documents."""

    def attach(self, _media_type: str, content: bytes) -> str:
        return digest(content).hex()


def content(template: Template, language: Language) -> Content:
    attached: Any = Attached()
    return Content(**recorded(ready(template, language), attached))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ready_standard_is_adopted_as_a_draft(office: Scenario, template: Template, language: Language) -> None:
    adopt = AdoptTemplate(template=template, language=language)
    (record,) = office.when(STANDARD, "ours", adopt, by=ANN).records
    says = msgspec.structs.asdict(content(template, language))
    assert record.data == StandardDrafted(version=1, template=f"{template}.{language}", **says)
    office.given(STANDARD, "ours", record.data, by=ANN)
    office.when(STANDARD, "ours", adopt, by=BEN).refused("draft-open")
    office.when(STANDARD, "ours", PUBLISH, by=ANN).refused("publisher-is-sole-author", authority=True)
    office.when(STANDARD, "ours", PUBLISH, by=BEN).then(StandardPublished(version=1, **says))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_ready_standard_leaves_nothing_open(template: Template) -> None:
    for language in LANGUAGES:
        says = content(template, language)
        assert all(getattr(says, name) for name in Content.__struct_fields__)
        assert any(control.mandatory for control in says.controls)
        assert all(kpi.thresholds for kpi in says.kpis)
        for path in says.paths:
            for phase in path.phases:
                assert phase.gate.criteria
                assert phase.gate.deliverables
                assert phase.gate.evidence


WORDS = {"title", "duties", "text", "unit", "formula", "tolerances"}


def without_words(value: Any) -> Any:
    match value:
        case dict():
            return {name: without_words(each) for name, each in value.items() if name not in WORDS}
        case list():
            return [without_words(each) for each in value]
        case _:
            return value


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_ready_standard_says_the_same_in_both_languages(template: Template) -> None:
    english, french = (content(template, language) for language in LANGUAGES)
    assert without_words(msgspec.to_builtins(english)) == without_words(msgspec.to_builtins(french))
    assert set(english.tolerances) == set(french.tolerances)
    assert (english.tolerances["time"], english.tolerances["cost"]) == (
        french.tolerances["time"],
        french.tolerances["cost"],
    )
    assert [len(role.duties) for role in english.roles] == [len(role.duties) for role in french.roles]
    assert english.title != french.title
