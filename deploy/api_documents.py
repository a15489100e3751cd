"""The API as its users see it: `docs/api/<service>.json`, one OpenAPI 3.1 document per service, out of the code.

From release 1.0.0 on `docs/api/promised` holds what later documents must not break: `api_documents.py promise` makes it
of the present ones. A promise is a deliberate act, and a new one may not break the one before it. Until then nothing is
promised, and nothing is kept twice. `<service>.to-3.2.json` makes of a document that of OpenAPI 3.2, which the service
answers at `/openapi-3.2.json`: a JSON Merge Patch (RFC 7396).
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from breaking import OasdiffUnavailable, breaks
from house import ROOT, SERVICES
from mandate_web.app.openapi_3_2 import patch_of
from mandate_web.app.service import Service
from mandate_web.settings import Settings
from releases import STABLE, release

DOCUMENTS: Final = Path("docs/api")
PROMISED: Final = DOCUMENTS / "promised"


def app(service: Service) -> FastAPI:
    """The service without a place to run in: nothing is connected until it begins."""
    nowhere = "postgresql://127.0.0.1/nothing"
    settings = Settings(
        production=False, database=nowhere, transport="local", local_sources={}, issuer_url="http://127.0.0.1"
    )
    return service.app(settings)


def document(service: Service) -> dict[str, Any]:
    """What the service answers at `/openapi.json`, wherever it runs."""
    return app(service).openapi()


def wanted(root: Path) -> dict[Path, str]:
    """The text of each file."""
    files = {}
    for service in SERVICES:
        described = document(service)
        files[root / DOCUMENTS / f"{service.name}.json"] = described
        files[root / DOCUMENTS / f"{service.name}.to-3.2.json"] = patch_of(described)
    return {path: f"{json.dumps(content, indent=2)}\n" for path, content in files.items()}


def unplayed() -> list[str]:
    """Bodies in JSON of which no rehearsal says what was sent or answered: their examples are only declared."""
    found = []
    for service in SERVICES:
        played = json.loads(service.examples.read_text("utf-8"))
        for item in document(service)["paths"].values():
            for operation in item.values():
                name, answers = operation["operationId"], operation["responses"]
                bodies = {part: each for part, each in answers.items() if part.startswith("2")}
                bodies["request"] = operation.get("requestBody", {})
                found += [
                    f"{service.name}: {name} {part}"
                    for part, body in bodies.items()
                    if "application/json" in body.get("content", {}) and part not in played.get(name, {})
                ]
    return found


def committed(root: Path) -> list[Path]:
    return list((root / DOCUMENTS).glob("*.json"))


def broken(root: Path) -> Iterator[str]:
    """Each way in which the documents break what was promised. Raises `OasdiffUnavailable`."""
    for promised in sorted((root / PROMISED).glob("*.json")):
        present = root / DOCUMENTS / promised.name
        if present.exists():
            yield from (f"{promised.stem}: {each}" for each in breaks(promised, present))
        else:
            yield f"{promised.stem}: the whole service is gone"


def unkept(root: Path) -> list[str]:
    """What is wrong with the promise; it is asked for from 1.0.0 on."""
    if not (root / PROMISED).exists():
        if release(root) < STABLE:
            return []
        return [f"nothing is promised in {PROMISED}: run `deploy/api_documents.py promise`"]
    try:
        faults = list(broken(root))
    except OasdiffUnavailable as missing:
        said = f"NOT CHECKED: whether the API breaks what was promised; {missing}"
        if os.environ.get("MANDATE_REQUIRE_ALL") == "1":
            return [said]
        print(said)
        return []
    return [f"breaks what was promised in {PROMISED}:", *faults] if faults else []


def promise(root: Path) -> list[str]:
    """Promise the present documents. Returns why that may not be, and then nothing was done."""
    if release(root) < STABLE:
        return [f"before {STABLE} there is no promise to keep"]
    if faults := list(broken(root)):
        return ["a promise is kept, also by the next one:", *faults]
    (root / PROMISED).mkdir(exist_ok=True)
    for path in (root / DOCUMENTS / f"{service.name}.json" for service in SERVICES):
        (root / PROMISED / path.name).write_bytes(path.read_bytes())
    return []


if __name__ == "__main__":
    sys.exit("\n".join(promise(ROOT)) if sys.argv[1:] == ["promise"] else __doc__)
