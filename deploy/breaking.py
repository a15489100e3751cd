"""What a client of one OpenAPI document would lose by the next: oasdiff's findings, and what it lets pass.

oasdiff is a Go program: built once, from the pinned version, into `.cache`. It holds an optional member of an answer
that is gone for harmless. Our clients are generated from the document, so that theirs would no longer compile.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
VERSION: Final = "v1.34.1"
PROGRAM: Final = ROOT / ".cache" / f"oasdiff-{VERSION}" / "oasdiff"
METHODS: Final = frozenset({"get", "post"})


class OasdiffUnavailable(RuntimeError):
    """There is no Go here, or it cannot get the module."""


def oasdiff() -> Path:
    """The program, built where it is not there yet. Raises `OasdiffUnavailable`."""
    if PROGRAM.exists():
        return PROGRAM
    if (go := shutil.which("go")) is None:
        raise OasdiffUnavailable("oasdiff needs Go (1.26 or later), which is not on PATH")
    PROGRAM.parent.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PROGRAM.parent.parent, prefix="oasdiff-") as directory:
        environment = {**os.environ, "GOBIN": directory, "GOFLAGS": "-mod=mod", "GOWORK": "off", "CGO_ENABLED": "0"}
        built = subprocess.run(
            [go, "install", f"github.com/oasdiff/oasdiff@{VERSION}"],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if built.returncode:
            raise OasdiffUnavailable(f"Go cannot build oasdiff {VERSION}: {built.stderr.strip()[-300:]}")
        PROGRAM.parent.mkdir(exist_ok=True)
        (Path(directory) / "oasdiff").replace(PROGRAM)  # others may be at it: the last one wins, all are the same
    return PROGRAM


def breaks(promised: Path, present: Path) -> Iterator[str]:
    """Each thing that a client of `promised` can no longer rely on in `present`, in words."""
    done = subprocess.run(
        [oasdiff(), "breaking", promised, present, "--format", "json"],
        env={**os.environ, "OASDIFF_NO_TELEMETRY": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        yield f"oasdiff cannot compare: {done.stderr.strip()}"
        return
    for found in json.loads(done.stdout or "[]") or []:
        if found["level"] == ERROR or found["id"] in REFUSED:
            yield f"{found['operation']} {found['path']}: {found['text']}"
    before, after = (json.loads(path.read_text("utf-8")) for path in (promised, present))
    yield from _lost(before, after)


ERROR: Final = 3
"""oasdiff's level of what breaks clients for certain."""

REFUSED: Final = frozenset({"request-parameter-removed", "request-property-removed"})
"""A warning only to oasdiff; but what is not known here is refused, not passed over."""


def _lost(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Members and headers of answers that were described and no longer are."""
    for path, item in before["paths"].items():
        for method in item.keys() & METHODS & after.get("paths", {}).get(path, {}).keys():
            where = f"{method.upper()} {path}"
            now = after["paths"][path][method]["responses"]
            for status, response in item[method]["responses"].items():
                if status not in now:
                    continue
                old, new = _resolved(response, before), _resolved(now[status], after)
                for name in old.get("headers", {}).keys() - new.get("headers", {}).keys():
                    yield f"{where}: {status} lost the header {name}"
                for media_type in old.get("content", {}).keys() & new.get("content", {}).keys():
                    pair = (each["content"][media_type].get("schema", {}) for each in (old, new))
                    was, is_ = (set(_members(schema, at)) for schema, at in zip(pair, (before, after), strict=True))
                    for name in sorted(was - is_):
                        yield f"{where}: {status} lost the member {name}"


def _members(
    schema: Any, document: dict[str, Any], path: str = "", around: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The paths of all members of a schema; one that holds itself is looked into once."""
    reference = schema.get("$ref", "")
    if reference in around:
        return
    schema, around = _resolved(schema, document), around | ({reference} if reference else frozenset())
    for name, member in schema.get("properties", {}).items():
        yield f"{path}/{name}"
        yield from _members(member, document, f"{path}/{name}", around)
    if isinstance(schema.get("items"), dict):
        yield from _members(schema["items"], document, f"{path}/-", around)
    for choice in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(choice, []):
            yield from _members(each, document, path, around)


def _resolved(node: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node
