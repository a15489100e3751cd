"""What projects does because of what governance recorded: it recognises, initiates, applies and answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mandate_events.deciding import Aggregate
from mandate_events.document.event import Event
from mandate_events.worker.policy import Heard, Reaction
from projects import heard
from projects.catalogue import TEMPLATE, TOOL, EndTemplate, EndTool, RecogniseTemplate, RecogniseTool
from projects.corrective_action import CORRECTIVE_ACTION, EndCorrectiveAction, RecogniseCorrectiveAction
from projects.mandate import MANDATE, RecogniseEnd, RecogniseMandate
from projects.office import OFFICE, THE_OFFICE, RecogniseOffice
from projects.project import PROJECT, ApplyGateDecision, InitiateProject
from projects.requests.allocation import ALLOCATION, ApplyAllocationDecision, EndAllocation
from projects.requests.baseline import BASELINE, ApplyBaselineDecision
from projects.requests.change import CHANGE, ApplyChangeDecision
from projects.requests.charter import CHARTER, ApplyCharterDecision
from projects.requests.closure import CLOSURE, ApplyClosureDecision
from projects.requests.escalation import ESCALATION, ApplyEscalationDecision
from projects.requests.exception import EXCEPTION, ApplyExceptionDecision
from projects.requests.request import ApplyDecision
from projects.requests.tailoring import TAILORING, ApplyTailoringDecision
from projects.requests.waiver import WAIVER, ApplyWaiverDecision, EndWaiver
from projects.standard import STANDARD, RecogniseStandard
from projects.standard_migration import MIGRATION, ApplyMigration

DECISIONS: Final[Mapping[type[Event], tuple[Aggregate[Any], type[ApplyDecision], str | None]]] = {
    heard.WaiverGranted: (WAIVER, ApplyWaiverDecision, "granted"),
    heard.WaiverRejected: (WAIVER, ApplyWaiverDecision, "rejected"),
    heard.BaselineApproved: (BASELINE, ApplyBaselineDecision, "approved"),
    heard.BaselineRejected: (BASELINE, ApplyBaselineDecision, "rejected"),
    heard.ChangeApproved: (CHANGE, ApplyChangeDecision, "approved"),
    heard.ChangeRejected: (CHANGE, ApplyChangeDecision, "rejected"),
    heard.ExceptionDecided: (EXCEPTION, ApplyExceptionDecision, None),
    heard.AllocationApproved: (ALLOCATION, ApplyAllocationDecision, "approved"),
    heard.AllocationRejected: (ALLOCATION, ApplyAllocationDecision, "rejected"),
    heard.TailoringApproved: (TAILORING, ApplyTailoringDecision, "approved"),
    heard.TailoringRejected: (TAILORING, ApplyTailoringDecision, "rejected"),
    heard.CharterApproved: (CHARTER, ApplyCharterDecision, "approved"),
    heard.CharterRejected: (CHARTER, ApplyCharterDecision, "rejected"),
    heard.ClosureApproved: (CLOSURE, ApplyClosureDecision, "approved"),
    heard.ClosureRejected: (CLOSURE, ApplyClosureDecision, "rejected"),
    heard.EscalationDecided: (ESCALATION, ApplyEscalationDecision, None),
}
"""Of each decision on a request: what it is applied to, by which command, and the outcome that it means; None where the
event names it."""


def on_governance(said: Heard) -> Sequence[Reaction]:
    id_ = said.record.thing
    match said.record.data:
        case heard.MandateGiven(person=person):
            return [Reaction(MANDATE, person, said.told(RecogniseMandate))]
        case heard.MandateWithdrawn(person=person):
            return [Reaction(MANDATE, person, said.told(RecogniseEnd))]
        case heard.OfficeChartered() | heard.CharterAmended():
            return [Reaction(OFFICE, THE_OFFICE, said.told(RecogniseOffice))]
        case heard.StandardPublished():
            return [Reaction(STANDARD, id_, said.told(RecogniseStandard))]
        case heard.ProjectAuthorised():
            return [Reaction(PROJECT, id_, said.told(InitiateProject))]
        case heard.GateDecided(project=project):
            return [Reaction(PROJECT, project, said.told(ApplyGateDecision, review=id_))]
        case heard.Decided() as event:
            aggregate, command, outcome = DECISIONS[type(event)]
            named = {} if outcome is None else {"outcome": outcome}
            return [Reaction(aggregate, id_, said.told(command, **named))]
        case heard.ToolApproved():
            return [Reaction(TOOL, id_, said.told(RecogniseTool))]
        case heard.ToolWithdrawn():
            return [Reaction(TOOL, id_, said.told(EndTool))]
        case heard.TemplatePublished():
            return [Reaction(TEMPLATE, id_, said.told(RecogniseTemplate))]
        case heard.TemplateWithdrawn():
            return [Reaction(TEMPLATE, id_, said.told(EndTemplate))]
        case heard.CorrectiveActionRequired(corrective_action=action):
            return [Reaction(CORRECTIVE_ACTION, action, said.told(RecogniseCorrectiveAction, review=id_))]
        case heard.CorrectiveActionWithdrawn(corrective_action=action):
            return [Reaction(CORRECTIVE_ACTION, action, said.told(EndCorrectiveAction))]
        case heard.WaiverRevoked():
            return [Reaction(WAIVER, id_, said.told(EndWaiver, how="revoked"))]
        case heard.AllocationWithdrawn():
            return [Reaction(ALLOCATION, id_, said.told(EndAllocation))]
        case heard.WaiverExpired():
            return [Reaction(WAIVER, id_, said.told(EndWaiver, how="expired"))]
        case heard.StandardMigrationDecided():
            return [Reaction(MIGRATION, id_, said.told(ApplyMigration))]
        case _:
            return []
