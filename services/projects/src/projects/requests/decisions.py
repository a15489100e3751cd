"""What governance says when it decides a change. The project's own events, inside tolerance, bear the same names."""

from projects.requests.request import DecisionHeard


class ChangeApproved(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""


class ChangeRejected(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""
