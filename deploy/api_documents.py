"""The API as its users see it: `docs/api/<service>.json`, one OpenAPI 3.1 document per service, out of the code.

    api_documents.py write      writes them
    api_documents.py check      fails if one is stale, or breaks what was promised
    api_documents.py promise    makes of the present documents what later ones must not break (docs/api/promised)

A promise is a deliberate act. From release 1.0.0 on a new one may not break the one before it.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from breaking import OasdiffUnavailable, breaks
from contracts import STABLE, release
from house import SERVICES
from mandate_web.app.service import Service
from mandate_web.settings import Settings

ROOT: Final = Path(__file__).parents[1]


def document(service: Service) -> dict[str, Any]:
    """What the service answers at `/openapi.json`, wherever it runs. Nothing is connected for it."""
    nowhere = "postgresql://127.0.0.1/nothing"
    settings = Settings(
        production=False, database=nowhere, transport="local", local_sources={}, issuer_url="http://127.0.0.1"
    )
    return service.app(settings).openapi()


def wanted() -> dict[str, str]:
    """The text of each file by its name."""
    return {f"{service.name}.json": f"{json.dumps(document(service), indent=2)}\n" for service in SERVICES}


def stale(directory: Path, texts: Mapping[str, str]) -> list[str]:
    """The names of the files that say something else than these texts, or are left over."""
    there = {path.name: path.read_text("utf-8") for path in directory.glob("*.json")}
    return sorted(name for name in there.keys() | texts.keys() if there.get(name) != texts.get(name))


def broken(directory: Path) -> Iterator[str]:
    """Each way in which the documents break what was promised. Raises `OasdiffUnavailable`."""
    for promised in sorted((directory / "promised").glob("*.json")):
        present = directory / promised.name
        if present.exists():
            yield from (f"{promised.stem}: {each}" for each in breaks(promised, present))
        else:
            yield f"{promised.stem}: the whole service is gone"


def write(directory: Path, texts: Mapping[str, str]) -> int:
    for name in stale(directory, texts):
        if name in texts:
            (directory / name).write_text(texts[name], "utf-8")
        else:
            (directory / name).unlink()
    return 0


def check(directory: Path, texts: Mapping[str, str]) -> int:
    names = stale(directory, texts)
    if names:
        print(f"stale: docs/api/{', '.join(names)} (run `make docs`)")
    try:
        faults = list(broken(directory))
    except OasdiffUnavailable as missing:
        print(f"NOT CHECKED: whether the API breaks what was promised; {missing}")
        return 1 if names or os.environ.get("MANDATE_REQUIRE_ALL") == "1" else 0
    if faults:
        print("\n".join(["breaks what was promised in docs/api/promised:", *faults]))
    if names or faults:
        return 1
    print("the API documents match the code, and keep what was promised")
    return 0


def promise(directory: Path, texts: Mapping[str, str], *, final: bool) -> int:
    faults = list(broken(directory)) if final else []
    if faults:
        print("\n".join(["from 1.0.0 on a promise is kept:", *faults]))
        return 1
    return write(directory / "promised", texts)


def main(action: str, root: Path = ROOT) -> int:
    directory, texts = root / "docs" / "api", wanted()
    match action:
        case "write":
            return write(directory, texts)
        case "check":
            return check(directory, texts)
        case "promise":
            return promise(directory, texts, final=release(root) >= STABLE)
        case _:
            print(__doc__)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
