"""What governance does because of what the projects service recorded."""

from collections.abc import Sequence

import msgspec

from governance import heard
from governance.gate_review import GATE_REVIEW, NoteAnswer, OpenGateReview
from mandate_events.policy import Heard, Reaction


def on_projects(said: Heard) -> Sequence[Reaction]:
    """A request opens a review in the inbox; an answer closes it."""
    record, origin = said.record, msgspec.to_builtins(said.origin)
    match record.data:
        case heard.GateReviewRequested() as event:
            if record.standard is None:
                raise ValueError(f"{record.subject} asks for a gate review and names no standard that the gate is of")
            command = OpenGateReview(
                project=event.project,
                gate=event.gate,
                phase=event.phase,
                standard=record.standard,
                requested_by=record.actor,
                evidence=event.evidence,
                origin=origin,
                reason=record.reason,
            )
            return [Reaction(GATE_REVIEW, event.review, command)]
        case heard.GateDecisionApplied(review=review):
            return [Reaction(GATE_REVIEW, review, NoteAnswer(applied=True, origin=origin))]
        case heard.GateDecisionNotApplied(review=review, rule=rule):
            return [Reaction(GATE_REVIEW, review, NoteAnswer(applied=False, rule=rule, origin=origin))]
        case _:
            return []
