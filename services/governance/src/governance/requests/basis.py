"""What the project's standard says about a request: what to judge it by, and who decides it."""

from typing import Any

import msgspec

from governance.standards.content import Content, Control, Decider, Dimension, Gate


class Basis(msgspec.Struct, frozen=True):
    """The part of a version that a request is judged by."""

    decider: Decider
    gate: Gate | None = None
    """Of a gate review: by which criteria, on what."""
    control: Control | None = None
    """Of a waiver or a tailoring."""
    tolerances: dict[Dimension, str] = msgspec.field(default_factory=dict)
    """Of what may change time, cost and the other dimensions."""


def on_path(content: Content, path: str | None) -> Content:
    """What it says to a project on this gate path, since paths may name their gates alike; all of it where the version
    has no such path: the project has moved to another version since.
    """
    return msgspec.structs.replace(content, paths=[each for each in content.paths if each.id == path] or content.paths)


def nothing_more(_asked: Any, _content: Content) -> Basis:
    """Who decides it, and nothing else."""
    return Basis("pmo")


def the_gate(asked: Any, content: Content) -> Basis:
    """The gate that it is about."""
    gates = (phase.gate for path in content.paths for phase in path.phases)
    return Basis("pmo", gate=next((gate for gate in gates if gate.id == asked.gate), None))


def the_control(name: str, content: Content) -> Basis:
    """The control of that name."""
    return Basis("pmo", control=next((each for each in content.controls if each.id == name), None))


def the_tolerances(_asked: Any, content: Content) -> Basis:
    """How far a project may depart from its plan."""
    return Basis("pmo", tolerances=content.tolerances)
