"""The table of settings in docs/ops.md, out of the class that reads them."""

from pathlib import Path
from typing import Any, Final, get_args

from pydantic_core import PydanticUndefined

from mandate_web.settings import Settings, variable

PAGE: Final = Path("docs/ops.md")
BEGIN, END = "<!-- settings: written by `make docs` -->\n", "<!-- end of settings -->\n"


def table() -> str:
    rows = ["| variable | type | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{variable(name)}` | {_kind(field.annotation)} | {_default(field)} | {field.description} |")
    return "\n".join(rows) + "\n"


def _kind(annotation: Any) -> str:
    known = {bool: "true or false", int: "number", str: "text", list[str]: "list", dict[str, str]: "JSON object"}
    if annotation in known:
        return known[annotation]
    chosen = [each for each in get_args(annotation) if each is not type(None)]
    return ", ".join(f"`{each}`" if isinstance(each, str) else _kind(each) for each in chosen)


def _default(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    return (
        f"`{str(value).lower() if isinstance(value, bool) else value}`" if value or value is False or value == 0 else ""
    )


def renewed(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    assert found, f"{PAGE.name} has no place for the settings"
    return before + BEGIN + table() + END + after


def wanted(root: Path) -> dict[Path, str]:
    return {root / PAGE: renewed((root / PAGE).read_text("utf-8"))}


def committed(root: Path) -> list[Path]:
    return [root / PAGE]
