"""Ready standards: full documents in English and French that a PMO adopts as a draft and makes its own."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from governance.standards.document import DocumentCommand
from mandate_events.deciding import Command

Template: TypeAlias = Literal["prince2-like", "pm2-like", "light"]
Language: TypeAlias = Literal["en", "fr"]

TEMPLATES: Final[tuple[Template, ...]] = get_args(Template)
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

_FOLDER: Final = Path(__file__).parent / "templates"


class AdoptTemplate(Command):
    """Begin a new version of a standard with a ready one.

    It is a draft like others.
    """

    template: Template
    language: Language = "en"


@cache
def ready(template: Template, language: Language) -> DocumentCommand:
    """A ready standard, as if somebody had sent it."""
    file = _FOLDER / f"{template}.{language}.toml"
    return DocumentCommand.model_validate(tomllib.loads(file.read_text("utf-8")))
