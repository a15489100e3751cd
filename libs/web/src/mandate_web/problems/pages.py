"""The pages of the problems: what each `type` means and what to do about it, out of the wording."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mandate_web.problems.problem import KINDS, Problem
from mandate_web.problems.wording import LANGUAGES, Language, Wording, language_of

HEADINGS: Final = {
    "en": {"status": "Status: ", "says": "What it says: “", "end": "”", "help": "What to do: "},
    "fr": {"status": "Statut : ", "says": "Ce qu'il dit : « ", "end": " »", "help": "Que faire : "},
}
NAMES: Final = {"en": "English", "fr": "Français"}


def names(wording: Wording) -> list[str]:
    """All types that these words know: the kinds, and the rules."""
    return sorted({*KINDS, *wording.rules})


def page(wording: Wording, name: str, language: Language) -> str | None:
    """The page of one type in one language, as Markdown; None for a name that is no type."""
    body = _body(wording, name, language)
    return None if body is None else f"# {name}\n\n{body}"


def bilingual(wording: Wording, name: str) -> str:
    """The page in both languages, as `docs/problems` has it."""
    parts = [f"## {NAMES[language]}\n\n{_body(wording, name, language)}" for language in LANGUAGES]
    return f"# {name}\n\n" + "\n".join(parts)


def _body(wording: Wording, name: str, language: Language) -> str | None:
    words = HEADINGS[language]
    if name in wording.rules:
        texts = wording.rules[name][language]
        kind = KINDS["not-permitted" if wording.is_authority(name) else "refused"]
        status = f"{words['status']}{kind.status} — {wording.title(kind.slug, language)}."
        return f"{status}\n\n{words['says']}{texts['detail']}{words['end']}.\n\n{words['help']}{texts['help']}\n"
    if name in wording.kinds:
        texts = wording.kinds[name][language]
        status = f"{words['status']}{KINDS[name].status} — {texts['title']}."
        return f"{status}\n\n{words['help']}{texts['help']}\n"
    return None


async def answer(request: Request) -> Response:
    """The page that `/problems/{name}` names, in the language that the request prefers."""
    name, wording = request.path_params["name"], request.app.state.wording
    language = language_of(request.headers.get("accept-language", ""))
    text = page(wording, name, language)
    if text is None:
        raise Problem("not-found", "no-such-path", {"path": f"/problems/{name[:100]}"})
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "public, max-age=3600"}
    return Response(text, headers=headers, media_type="text/markdown; charset=utf-8")
