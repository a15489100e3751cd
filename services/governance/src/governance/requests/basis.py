"""What the project's standard says about a request: what to judge it by, and who decides it."""

from typing import Any

import msgspec

from governance.requests.request import Request
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


def basis_of(kind: str, request: Request, content: Content) -> Basis:
    """What a version says about a request of this kind."""
    deciders: dict[Any, Decider] = dict(content.deciders)
    decider = deciders.get(kind, "pmo")
    match kind:
        case "gate-review":
            return Basis(decider, gate=_gate(content, getattr(request, "gate", "")))
        case "waiver" | "tailoring":
            named = {getattr(request, "control", None), getattr(request, "name", None)}
            return Basis(decider, control=next((each for each in content.controls if each.id in named), None))
        case "baseline" | "change" | "exception":
            return Basis(decider, tolerances=content.tolerances)
        case _:
            return Basis(decider)


def _gate(content: Content, id_: str) -> Gate | None:
    gates = (phase.gate for path in content.paths for phase in path.phases)
    return next((gate for gate in gates if gate.id == id_), None)
