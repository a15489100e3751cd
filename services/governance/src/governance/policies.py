"""What governance does because of what the projects service recorded."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from governance import heard
from governance.catalogue.template import TEMPLATE
from governance.catalogue.tool import TOOL
from governance.catalogue.use import RecogniseUse
from governance.oversight.compliance_review import COMPLIANCE_REVIEW, NoteCorrectiveAction
from governance.requests.allocation import ALLOCATION, NoteRelease
from governance.requests.change import CHANGE, ReceiveChangeRequest
from governance.requests.gate_review import GATE_REVIEW, OpenGateReview
from governance.requests.kinds import KINDS
from governance.requests.request import NoteAnswer
from governance.standards.migration import MIGRATION
from mandate_events.deciding import Aggregate
from mandate_events.worker.policy import Heard, Reaction

ANSWERED: Final[Mapping[str, Aggregate[Any]]] = {
    **{name: kind.aggregate for name, kind in KINDS.items()},
    MIGRATION.name: MIGRATION,
}
"""What projects answer decisions on, by the kind of stream."""


def on_projects(said: Heard) -> Sequence[Reaction]:
    """A request reaches the inbox; an answer closes it; what projects use and correct is kept beside what it is of."""
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
        case heard.ChangeAssessed(within_tolerance=True):
            return []  # the project decides it
        case heard.ChangeAssessed():
            return [Reaction(CHANGE, id_, said.told(ReceiveChangeRequest, assessed_by=record.actor))]
        case heard.Requested():
            return [Reaction(KINDS[kind].aggregate, id_, said.told(KINDS[kind].receive, requested_by=record.actor))]
        case heard.AllocationReleased():
            return [Reaction(ALLOCATION, id_, said.told(NoteRelease))]
        case heard.ToolAdopted(tool=tool):
            return [Reaction(TOOL, tool, said.told(RecogniseUse, used_by=record.actor))]
        case heard.TemplateUsed(template=template):
            return [Reaction(TEMPLATE, template, said.told(RecogniseUse, used_by=record.actor))]
        case heard.CorrectiveActionReported(review=review):
            note = said.told(NoteCorrectiveAction, corrective_action=id_, reported_by=record.actor)
            return [Reaction(COMPLIANCE_REVIEW, review, note)]
        case heard.DecisionApplied():
            return [Reaction(ANSWERED[kind], id_, NoteAnswer(applied=True, origin=origin))]
        case heard.DecisionNotApplied(rule=rule):
            return [Reaction(ANSWERED[kind], id_, NoteAnswer(applied=False, rule=rule, origin=origin))]
        case _:
            return []
