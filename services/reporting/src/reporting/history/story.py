"""How documents follow from one another: each answers the event that its causation names, or a command."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A document of one story: its number in the archive, its own id, what caused it, and whether it may be seen."""

    entry: int
    id: str
    causation: str
    seen: bool


def tree(nodes: Sequence[Node]) -> Iterator[tuple[int, int | None, Node]]:
    """(depth, entry of the parent, node) from the top, each followed by what followed from it, in order of arrival.

    What may not be seen is left out, unless something that may be seen followed from it. Documents that name one
    another as their cause, which no service writes, are told from the first of them that arrived.
    """
    parents = _parents(nodes)
    children: dict[int | None, list[Node]] = {}
    for node in nodes:
        children.setdefault(parents[node.entry], []).append(node)
    shown = _shown(nodes, parents)
    waiting: list[tuple[int, int | None, Node]] = [(0, None, node) for node in reversed(children.get(None, []))]
    while waiting:
        depth, parent, node = waiting.pop()
        if node.entry in shown:
            yield depth, parent, node
            waiting += [(depth + 1, node.entry, child) for child in reversed(children.get(node.entry, []))]


def _parents(nodes: Sequence[Node]) -> dict[int, int | None]:
    """The entry of each node's cause, None where it begins something. No node is beneath itself."""
    entries = {node.id: node.entry for node in nodes}
    parents: dict[int, int | None] = {node.entry: entries.get(node.causation) for node in nodes}
    settled: set[int] = set()
    for node in nodes:
        path: list[int] = []
        at: int | None = node.entry
        while at is not None and at not in settled and at not in path:
            path.append(at)
            at = parents[at]
        if at in path:
            parents[min(path[path.index(at) :])] = None
        settled.update(path)
    return parents


def _shown(nodes: Sequence[Node], parents: dict[int, int | None]) -> set[int]:
    """What may be seen, and all that it followed from."""
    shown: set[int] = set()
    for node in nodes:
        at: int | None = node.entry if node.seen else None
        while at is not None and at not in shown:
            shown.add(at)
            at = parents[at]
    return shown
