"""The rule of versions: once published, a version of an event only gains fields that have defaults.

Anything else, wider or narrower, is another version: somebody reads the new documents with the old program, and
somebody reads the old documents with the new one. What schemas say in prose may change at any time.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

PROSE: Final = frozenset({"$schema", "$id", "$comment", "title", "description", "examples", "deprecated"})
HANDLED: Final = frozenset({"$ref", "$defs", "properties", "required", "items", "additionalProperties", "anyOf"})

Schema = dict[str, Any]


def whole(schema: Schema, others: Mapping[str, Schema]) -> Schema:
    """The schema in one piece, to be compared: what it stands on (`allOf`), found in `others` by `$id`, put into it.

    Raises `LookupError` for what is not there.
    """
    made: Schema = {}
    for part in (*(others[each["$ref"]] for each in schema.get("allOf", ())), schema):
        made = _joined(made, part)
    return made


def _joined(base: Schema, more: Schema) -> Schema:
    """What both say; of a property that both name, all that either says of it."""
    before, after = base.get("properties", {}), more.get("properties", {})
    return {
        **base,
        **{keyword: value for keyword, value in more.items() if keyword != "allOf"},
        "properties": {name: {**before.get(name, {}), **after.get(name, {})} for name in before | after},
        "required": sorted({*base.get("required", ()), *more.get("required", ())}),
        "$defs": {**base.get("$defs", {}), **more.get("$defs", {})},
    }


def violations(old: Schema, new: Schema) -> list[str]:
    """What the new schema of a version changes and may not, each with the place (RFC 6901) in the document."""
    return list(_Comparison(old, new).compare(old, new, ""))


class _Comparison:
    """Two schemas with their definitions. Types that hold themselves are compared once."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._compared: set[tuple[str, str]] = set()

    def compare(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        pair = old.get("$ref", ""), new.get("$ref", "")
        if all(pair):
            if pair in self._compared:
                return
            self._compared.add(pair)
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        for keyword in sorted((old.keys() | new.keys()) - PROSE - HANDLED):
            if old.get(keyword) != new.get(keyword) or (keyword in old) != (keyword in new):
                yield f"{at or '/'}: {_change(keyword, old, new)}"
        yield from self._fields(old, new, at)
        for keyword in ("items", "additionalProperties"):
            yield from self._within(old.get(keyword), new.get(keyword), keyword, at)
        yield from self._alternatives(old.get("anyOf", []), new.get("anyOf", []), at)

    def _fields(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, demanded = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            place = f"{at}/{name}"
            if name not in after:
                yield f"{place}: removed"
                continue
            if (name in needed) != (name in demanded):
                yield f"{place}: no longer required" if name in needed else f"{place}: now required"
            yield from self.compare(before[name], after[name], place)
        for name in after.keys() - before.keys():
            if name in demanded:  # what is not required has a default, in the program if not in the schema
                yield f"{at}/{name}: added without a default"

    def _within(self, old: Any, new: Any, keyword: str, at: str) -> Iterator[str]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.compare(old, new, f"{at}/*")
        elif old != new:
            yield f"{at or '/'}: {keyword} was {old}, is {new}"

    def _alternatives(self, old: list[Schema], new: list[Schema], at: str) -> Iterator[str]:
        if len(old) != len(new):
            yield f"{at or '/'}: {len(old)} alternatives, now {len(new)}"
        else:
            for before, after in zip(old, new, strict=True):
                yield from self.compare(before, after, at)


def _resolved(schema: Schema, root: Schema) -> Schema:
    """What a reference stands for, with what is said beside it."""
    if "$ref" not in schema:
        return schema
    definition: Schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return {**definition, **{keyword: value for keyword, value in schema.items() if keyword != "$ref"}}


def _change(keyword: str, old: Schema, new: Schema) -> str:
    if keyword == "enum" and "enum" in old and "enum" in new:
        lost, gained = set(old["enum"]) - set(new["enum"]), set(new["enum"]) - set(old["enum"])
        return "; ".join(
            [f"no longer {each!r}" for each in sorted(lost)] + [f"now also {each!r}" for each in sorted(gained)]
        )
    return f"{keyword} was {old.get(keyword)!r}, is {new.get(keyword)!r}"
