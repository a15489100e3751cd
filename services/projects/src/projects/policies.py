"""What projects does because of what governance recorded: it recognises, initiates, applies and answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mandate_events.deciding import Aggregate
from mandate_events.event import Event
from mandate_events.policy import Heard, Reaction
from projects import heard
from projects.mandate import MANDATE, RecogniseEnd, RecogniseMandate
from projects.project import PROJECT, ApplyGateDecision, InitiateProject
from projects.requests.request import ApplyDecision
from projects.requests.waiver import WAIVER, ApplyWaiverDecision, EndWaiver
from projects.standard import STANDARD, RecogniseStandard

DECISIONS: Final[Mapping[type[Event], tuple[Aggregate[Any], type[ApplyDecision], str]]] = {
    heard.WaiverGranted: (WAIVER, ApplyWaiverDecision, "granted"),
    heard.WaiverRejected: (WAIVER, ApplyWaiverDecision, "rejected"),
}
"""Of each decision on a request: what it is applied to, by which command, and the outcome that it means."""


def on_governance(said: Heard) -> Sequence[Reaction]:
    id_ = said.record.thing
    match said.record.data:
        case heard.MandateGiven(person=person):
            return [Reaction(MANDATE, person, said.told(RecogniseMandate))]
        case heard.MandateWithdrawn(person=person):
            return [Reaction(MANDATE, person, said.told(RecogniseEnd))]
        case heard.StandardPublished():
            return [Reaction(STANDARD, id_, said.told(RecogniseStandard))]
        case heard.ProjectAuthorised():
            return [Reaction(PROJECT, id_, said.told(InitiateProject))]
        case heard.GateDecided(project=project):
            return [Reaction(PROJECT, project, said.told(ApplyGateDecision, review=id_))]
        case heard.Decided() as event:
            aggregate, command, outcome = DECISIONS[type(event)]
            return [Reaction(aggregate, id_, said.told(command, outcome=outcome))]
        case heard.WaiverRevoked():
            return [Reaction(WAIVER, id_, said.told(EndWaiver, how="revoked"))]
        case heard.WaiverExpired():
            return [Reaction(WAIVER, id_, said.told(EndWaiver, how="expired"))]
        case _:
            return []
