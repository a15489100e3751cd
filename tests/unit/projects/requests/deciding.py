"""What the PMO decides, as it reaches a project."""

from typing import Any

from projects.requests.request import ApplyDecision, DecisionHeard
from tests.unit.projects.conftest import ORIGIN


def decision(said: type[DecisionHeard], means: str, /, **members: Any) -> ApplyDecision:
    """The command that applies what governance said of p1."""
    return ApplyDecision(decision=said(project="p1", **members), outcome=means, origin=ORIGIN)
