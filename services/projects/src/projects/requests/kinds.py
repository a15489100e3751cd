"""The kinds of requests, in the order in which the handbook tells them."""

from collections.abc import Sequence
from typing import Final

from projects.requests import (
    allocation,
    baseline,
    change,
    charter,
    closure,
    escalation,
    exception,
    tailoring,
    waiver,
)
from projects.requests.kind import Kind

KINDS: Final[Sequence[Kind]] = (
    baseline.KIND,
    change.KIND,
    exception.KIND,
    waiver.KIND,
    tailoring.KIND,
    charter.KIND,
    closure.KIND,
    escalation.KIND,
    allocation.KIND,
)
