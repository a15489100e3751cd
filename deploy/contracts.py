"""What others hold in their hands of the events, out of the code.

- `services/<service>/contracts/<event>.v<n>.json`: a JSON Schema of the whole document of each event and version, and
  beside them that of the envelope which all of them have
- `docs/events.md`: the catalogue
- `docs/api/asyncapi.yaml`: the topics

From release 1.0.0 on what breaks a published version is refused; until then it is only told of.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from house import DOMAINS, sample_of
from mandate_events.published.asyncapi import asyncapi
from mandate_events.published.compatibility import Schema, violations, whole
from mandate_events.published.contracts import contracts, envelope_id, envelope_of, schema_of, text_of
from mandate_events.published.pages import page
from releases import STABLE, release

CATALOGUE: Final = Path("docs/events.md")
TOPICS: Final = Path("docs/api/asyncapi.yaml")
ENVELOPE: Final = ".envelope.json"


class Plain(yaml.CSafeDumper):
    """YAML for people: long text as it stands, and nothing that points elsewhere in the file."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _as_it_stands(dumper: Plain, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Plain.add_representer(str, _as_it_stands)


def unplayed(root: Path) -> list[str]:
    """The types of which there is no sample."""
    published = [contract for domain in DOMAINS for contract in contracts(domain)]
    return [each.type for each in published if not sample_of(each.service, each.type, root).exists()]


def wanted(root: Path) -> dict[Path, str]:
    """The content of each generated file."""
    if missing := unplayed(root):
        raise SystemExit(f"no sample of {', '.join(missing)}: run `make docs`")
    files, samples = {}, {}
    for domain in DOMAINS:
        directory = root / "services" / domain.service / "contracts"
        files[directory / envelope_id(domain.service)] = text_of(envelope_of(domain.service))
        for contract in contracts(domain):
            files[directory / f"{contract.name}.json"] = text_of(schema_of(contract))
            samples[contract.type] = json.loads(sample_of(contract.service, contract.type, root).read_bytes())
    topics = asyncapi(DOMAINS, samples, str(release(root)))
    text = yaml.dump(topics, Dumper=Plain, sort_keys=False, allow_unicode=True, width=110)
    return {
        **files,
        root / CATALOGUE: page(DOMAINS),
        root / TOPICS: f"# Written by `make docs`.\n{text}",
    }


def committed(root: Path) -> list[Path]:
    """What there is of it."""
    return [*root.glob("services/*/contracts/*.json"), *filter(Path.exists, (root / CATALOGUE, root / TOPICS))]


def refused(root: Path, files: Mapping[Path, str]) -> list[str]:
    """What keeps these files from being written; what only will from 1.0.0 on is printed."""
    there = {path: path.read_text("utf-8") for path in committed(root)}
    found = sorted(breaks(_schemas(there), _schemas(files)))
    if not found:
        return []
    rule = "A published version only gains fields that have defaults; anything else is a new version"
    if release(root) >= STABLE:
        return [f"{rule}:", *found]
    print("\n".join([f"{rule} (from 1.0.0 on):", *found]))
    return []


def breaks(old: Mapping[Path, Schema], new: Mapping[Path, Schema]) -> Iterator[str]:
    """How the published versions would change, other than by more fields; a change of all of them is told once."""
    before, after = ({schema.get("$id", ""): schema for schema in side.values()} for side in (old, new))
    told: dict[Path, list[str]] = {}
    for path in sorted(old, key=_is_event):
        if path not in new:
            yield f"{path.stem}: removed"
            continue
        try:
            changes = violations(whole(old[path], before), whole(new[path], after))
        except LookupError as missing:
            changes = [f": stands on {missing}, which is not there"]
        yield from (f"{path.stem}{each}" for each in changes if each not in told.get(path.parent, ()))
        if not _is_event(path):
            told[path.parent] = changes


def _schemas(files: Mapping[Path, str]) -> dict[Path, Schema]:
    return {path: json.loads(text) for path, text in files.items() if path.parent.name == "contracts"}


def _is_event(path: Path) -> bool:
    return not path.name.endswith(ENVELOPE)
