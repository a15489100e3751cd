"""What governance does because of what the projects service recorded."""

from collections.abc import Sequence

from governance import heard
from governance.requests.gate_review import GATE_REVIEW, OpenGateReview
from governance.requests.kinds import KINDS
from governance.requests.request import NoteAnswer
from mandate_events.policy import Heard, Reaction


def on_projects(said: Heard) -> Sequence[Reaction]:
    """A request reaches the inbox; an answer closes it."""
    record, origin = said.record, said.origin
    kind, _, id_ = record.subject.partition("/")
    match record.data:
        case heard.GateReviewRequested(review=review):
            if record.standard is None:
                raise ValueError(f"{record.subject} asks for a gate review and names no standard that the gate is of")
            command = said.told(OpenGateReview, standard=record.standard, requested_by=record.actor)
            return [Reaction(GATE_REVIEW, review, command)]
        case heard.GateDecisionApplied(review=review):
            return [Reaction(GATE_REVIEW, review, NoteAnswer(applied=True, origin=origin))]
        case heard.GateDecisionNotApplied(review=review, rule=rule):
            return [Reaction(GATE_REVIEW, review, NoteAnswer(applied=False, rule=rule, origin=origin))]
        case heard.Requested():
            return [Reaction(KINDS[kind].aggregate, id_, said.told(KINDS[kind].receive, requested_by=record.actor))]
        case heard.DecisionApplied():
            return [Reaction(KINDS[kind].aggregate, id_, NoteAnswer(applied=True, origin=origin))]
        case heard.DecisionNotApplied(rule=rule):
            return [Reaction(KINDS[kind].aggregate, id_, NoteAnswer(applied=False, rule=rule, origin=origin))]
        case _:
            return []
