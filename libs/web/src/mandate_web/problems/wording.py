"""Wording: what a problem says to a person, in English and French.

Code names a sentence and gives its facts; the words stand in the `wording.toml` of each chapter, both languages side by
side. From the same words come the answers, the pages under `/problems` and
`docs/problems`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

Language: TypeAlias = Literal["en", "fr"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr")

Texts: TypeAlias = Mapping[str, Any]
"""By language, then by part (title, detail, help); a rule also says whether it is one of authority."""

_OWN: Final = Path(__file__).parent / "wording.toml"


class Wording:
    """The words of this library and of the files that are given."""

    def __init__(self, files: Iterable[Path] = ()) -> None:
        self.kinds: dict[str, Texts] = {}
        self.rules: dict[str, Texts] = {}
        self.sentences: dict[str, Mapping[str, str]] = {}
        self.validation: dict[str, str] = {}
        """French for pydantic's findings, by their type; English is pydantic's own."""
        for file in (_OWN, *files):
            content = tomllib.loads(file.read_text("utf-8"))
            for part in ("kinds", "rules", "sentences", "validation"):
                getattr(self, part).update(content.get(part, {}))

    def title(self, kind: str, language: Language) -> str:
        title: str = self.kinds[kind][language]["title"]
        return title

    def detail(self, sentence: str, facts: Mapping[str, Any], language: Language) -> str:
        """A rule's sentence, or another, with its facts. Words that nobody wrote down are said as they are."""
        rule = self.rules.get(sentence)
        template = rule[language]["detail"] if rule else self.sentences.get(sentence, {}).get(language)
        return sentence if template is None else _filled(template, facts)

    def finding(self, type_: str, message: str, facts: Mapping[str, Any], language: Language) -> str:
        """What pydantic found, in the language asked for where it is known."""
        template = self.validation.get(type_) if language == "fr" else None
        return message if template is None else _filled(template, facts)

    def is_authority(self, rule: str) -> bool:
        """Whether the rule says that the person may not (403), and not that the state does not allow it (409)."""
        return bool(self.rules[rule].get("authority"))


def _filled(template: str, facts: Mapping[str, Any]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: _shown(facts.get(match[1], match[0])), template)


def _shown(fact: Any) -> str:
    return ", ".join(str(each) for each in fact) if isinstance(fact, list | tuple) else str(fact)


def language_of(accept_language: str) -> Language:
    """The first of our languages that the client prefers (RFC 9110, 12.5.4); English where it names none of them."""
    best: tuple[float, Language] = (0.0, "en")
    for part in accept_language.lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        primary = name.partition("-")[0]
        for language in LANGUAGES:
            quality = _quality(parameters)
            if primary in {language, "*"} and quality > best[0]:
                best = (quality, "en" if primary == "*" else language)
    return best[1]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if match := re.fullmatch(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)", parameter):
            return float(match[1])
    return 1.0
