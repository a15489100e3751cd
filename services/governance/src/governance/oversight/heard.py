"""What this chapter hears of the projects service, and what it does because of it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from governance.oversight.compliance_review import COMPLIANCE_REVIEW
from governance.oversight.findings import NoteCorrectiveAction
from governance.requests.request import Evidence
from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.document.event import Event


class CorrectiveActionReported(Event, frozen=True, kw_only=True):
    review: str
    evidence: list[Evidence] = msgspec.field(default_factory=list)


def corrective_action_reported(said: Heard) -> Sequence[Reaction]:
    """What a project corrects is kept beside the finding that asked for it."""
    record = said.record
    note = said.told(NoteCorrectiveAction, corrective_action=record.thing, reported_by=record.actor)
    return [Reaction(COMPLIANCE_REVIEW, record.data.review, note)]


HEARS: Final[Mapping[type[Event], Policy]] = {CorrectiveActionReported: corrective_action_reported}
