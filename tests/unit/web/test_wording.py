"""What problems say: each sentence that the code names is written down, in both languages, with the same facts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mandate_events
import mandate_web
from mandate_web.app.service import Service
from mandate_web.problems.problem import KINDS
from mandate_web.problems.wording import LANGUAGES, Wording, language_of
from tests.services import SERVICES

EVERYTHING = Wording(file for service in SERVICES for file in service.wording)


def _sources(service: Service) -> Iterator[ast.AST]:
    for package in (mandate_events.__path__[0], mandate_web.__path__[0], str(service.migrations.parent)):
        for file in Path(package).rglob("*.py"):
            yield ast.parse(file.read_text("utf-8"))


SENTENCE_AT = {"Refused": 0, "Invalid": 1, "Problem": 1, "ruled": 1, "invalid": 1, "PydanticCustomError": 0}
"""Which argument of a call names the sentence."""


def _named(service: Service) -> Iterator[tuple[str, str, bool]]:
    """(call, sentence, authority) of every sentence that a service's code names literally."""
    for source in _sources(service):
        for node in ast.walk(source):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            at = SENTENCE_AT.get(node.func.id)
            if at is None or len(node.args) <= at:
                continue
            sentence = node.args[at]
            if isinstance(sentence, ast.Constant) and isinstance(sentence.value, str):
                authority = any(keyword.arg == "authority" for keyword in node.keywords)
                yield node.func.id, sentence.value, authority


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_sentence_that_the_code_names_is_written_down(service: Service) -> None:
    wording = Wording(service.wording)
    named = list(_named(service))
    assert len(named) > 30
    for call, sentence, authority in named:
        if call == "PydanticCustomError":
            assert sentence in wording.validation, sentence
        elif call == "Refused":
            assert sentence in wording.rules, sentence
            assert wording.is_authority(sentence) == authority, sentence
        else:
            assert sentence in {*wording.rules, *wording.sentences}, f"{call}: {sentence}"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_rule_of_the_table_of_rights_is_written_down_as_one_of_authority(service: Service) -> None:
    wording = Wording(service.wording)
    rules = {rule for row in service.domain.rights.rows for rule in (row.rule, *row.unless)}
    for rule in rules:
        assert wording.is_authority(rule), rule


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_say_the_same_with_the_same_facts() -> None:
    assert set(EVERYTHING.kinds) == set(KINDS)
    entries: dict[str, Any] = {**EVERYTHING.kinds, **EVERYTHING.rules}
    for name, texts in entries.items():
        english, french = (texts[language] for language in LANGUAGES)
        assert set(english) == set(french) == {"title" if name in KINDS else "detail", "help"}, name
        for part in ("detail", "title"):
            assert _placeholders(english.get(part, "")) == _placeholders(french.get(part, "")), name
    for name, sentence in EVERYTHING.sentences.items():
        assert set(sentence) == set(LANGUAGES), name
        assert _placeholders(sentence["en"]) == _placeholders(sentence["fr"]), name


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,en;q=0.8", "fr"),
        ("en, fr;q=0.9", "en"),
        ("de, fr;q=0.3", "fr"),
        ("de", "en"),
        ("*", "en"),
        ("fr;q=0", "en"),
        ("de;q=1, *;q=0.5, fr;q=0.7", "fr"),
        ("fr;q=zwei, ;;,", "fr"),
    ],
)
def test_the_language_is_the_one_the_client_prefers(header: str, language: str) -> None:
    assert language_of(header) == language


def test_a_sentence_tells_its_facts() -> None:
    facts = {"standard": "light@1", "gate": "gate-9", "known": ["gate-1", "gate-2"]}
    assert (
        EVERYTHING.detail("no-such-gate", facts, "en")
        == "light@1 has no gate gate-9 on this path; it has gate-1, gate-2"
    )
    assert EVERYTHING.detail("no-such-gate", facts, "fr").startswith("light@1 n'a pas de jalon gate-9")


def test_facts_are_never_read_as_a_template() -> None:
    assert EVERYTHING.detail("no-such-path", {"path": "/{path}{0}%s"}, "en") == "there is nothing at /{path}{0}%s"
