"""What others hold in their hands, out of the code: `contracts.py write` makes it, `contracts.py check` judges it.

- `services/<service>/contracts/<event>.v<n>.json`: a JSON Schema of the whole document of each event and version
- `docs/events.md`: the catalogue
- `docs/api/asyncapi.yaml`: the topics

From release 1.0.0 on `write` refuses what breaks a published version; until then it says what it would refuse.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from packaging.version import Version

from governance.main import GOVERNANCE
from mandate_events.published.asyncapi import asyncapi
from mandate_events.published.compatibility import violations
from mandate_events.published.contracts import contracts, schema_of
from mandate_events.published.pages import page
from projects.main import PROJECTS
from reporting.main import REPORTING

ROOT: Final = Path(__file__).parents[1]
DOMAINS: Final = (GOVERNANCE, PROJECTS, REPORTING)
STABLE: Final = Version("1.0.0")


class Plain(yaml.SafeDumper):
    """YAML for people: long text as it stands, and nothing that points elsewhere in the file."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _as_it_stands(dumper: Plain, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Plain.add_representer(str, _as_it_stands)


def release(root: Path) -> Version:
    """The version of the software."""
    return Version(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def wanted(root: Path) -> dict[Path, str]:
    """The content of each generated file."""
    published = [contract for domain in DOMAINS for contract in contracts(domain)]
    directories = {domain.service: root / "services" / domain.service / "contracts" for domain in DOMAINS}
    files = {
        directories[contract.service] / f"{contract.name}.json": f"{json.dumps(schema_of(contract), indent=2)}\n"
        for contract in published
    }
    places = {
        contract.type: directories[contract.service] / "samples" / f"{contract.name}.json" for contract in published
    }
    if missing := [type_ for type_, place in places.items() if not place.exists()]:
        raise SystemExit(f"no sample of {', '.join(missing)}: run `make docs`")
    samples = {type_: json.loads(place.read_bytes()) for type_, place in places.items()}
    topics = asyncapi(DOMAINS, samples, str(release(root)))
    files[root / "docs" / "events.md"] = page(DOMAINS)
    text = yaml.dump(topics, Dumper=Plain, sort_keys=False, allow_unicode=True, width=110)
    files[root / "docs" / "api" / "asyncapi.yaml"] = f"# Written by `make docs`.\n{text}"
    return files


def committed(root: Path) -> dict[Path, str]:
    """What there is of it."""
    found = [*root.glob("services/*/contracts/*.json"), root / "docs/events.md", root / "docs/api/asyncapi.yaml"]
    return {path: path.read_text("utf-8") for path in found if path.exists()}


def broken(there: dict[Path, str], files: dict[Path, str]) -> Iterator[str]:
    """How the published versions would change, other than by more fields."""
    for path, text in there.items():
        if path.parent.name == "contracts":
            if path not in files:
                yield f"{path.stem}: removed"
            else:
                yield from (f"{path.stem}{each}" for each in violations(json.loads(text), json.loads(files[path])))


def main(action: str, root: Path = ROOT) -> int:
    files, there = wanted(root), committed(root)
    faults = sorted(broken(there, files))
    final = release(root) >= STABLE
    if faults:
        rule = "A published version only gains fields that have defaults; anything else is a new version"
        print("\n".join([f"{rule}{'' if final else ' (from 1.0.0 on)'}:", *faults]))
        if final:
            return 1
    stale = sorted(path for path in files.keys() | there.keys() if files.get(path) != there.get(path))
    names = ", ".join(str(path.relative_to(root)) for path in stale)
    if action == "check":
        print(f"stale: {names} (run `make docs`)" if stale else "contracts match the code")
        return 1 if stale else 0
    for path in stale:
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], "utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
