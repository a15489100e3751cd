"""The kinds of requests, and what follows from each: the inbox, the policies, the routes, the rights."""

from collections.abc import Mapping
from typing import Final

import msgspec

from governance.requests import (
    allocation,
    baseline,
    change,
    charter,
    closure,
    escalation,
    exception,
    gate_review,
    tailoring,
    waiver,
)
from governance.requests.basis import Basis
from governance.requests.duties import NEAR_THE_PROJECT, given_to_sponsor
from governance.requests.kind import Kind
from governance.requests.request import Request
from governance.roles import PMO, SPONSOR
from governance.standards.content import Content
from mandate_events.deciding import Command
from mandate_events.deciding.rights import Right, allow
from mandate_events.deciding.separation import Condition, named_in, not_

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        gate_review.KIND,
        waiver.KIND,
        allocation.KIND,
        baseline.KIND,
        change.KIND,
        exception.KIND,
        tailoring.KIND,
        charter.KIND,
        closure.KIND,
        escalation.KIND,
    )
}


def _by_sponsor(kind: Kind) -> Right:
    unless = {**_asked(kind), "standard-leaves-it-to-the-pmo": not_(given_to_sponsor(kind.name))}
    return allow(kind.decide, SPONSOR, own_project=True, unless=unless)


def _by_pmo(kind: Kind, command: type[Command], **more: Condition) -> Right:
    return allow(command, PMO, unless={**_asked(kind), **NEAR_THE_PROJECT, **more})


def _asked(kind: Kind) -> dict[str, Condition]:
    return {"decider-is-requester": named_in(kind.received, *kind.askers)}


def _decided_by_pmo(kind: Kind) -> Right:
    if not kind.boundary:
        return _by_pmo(kind, kind.decide)
    return _by_pmo(kind, kind.decide, **{"standard-gives-it-to-the-sponsor": given_to_sponsor(kind.name)})


DECISIONS: Final = (
    # first, for a sponsor who is a member of the PMO as well
    *(_by_sponsor(kind) for kind in KINDS.values() if kind.boundary),
    *(_decided_by_pmo(kind) for kind in KINDS.values()),
    *(_by_pmo(kind, command) for kind in KINDS.values() for command in kind.takes.values()),
)
"""Who decides which kind, and who takes back what was given."""


def deciders(name: str) -> list[str]:
    """The roles that the table of rights lets decide a kind of request."""
    command = KINDS[name].decide.__name__
    return sorted({role for right in DECISIONS if right.command == command for role in right.roles})


def basis_of(name: str, request: Request, content: Content) -> Basis:
    """What a version of a standard says about a request."""
    kind = KINDS[name]
    basis = kind.judged_by(request.asked, content)
    given = content.deciders.get(name, "pmo") if kind.boundary else "pmo"  # type: ignore[call-overload]  # a boundary is named
    return msgspec.structs.replace(basis, decider=given)
