"""What projects does because of what governance recorded: it recognises, initiates, applies and answers."""

from collections.abc import Sequence

import msgspec

from mandate_events.policy import Heard, Reaction
from projects import heard
from projects.mandate import MANDATE, RecogniseEnd, RecogniseMandate
from projects.project import PROJECT, ApplyGateDecision, InitiateProject
from projects.standard import STANDARD, RecogniseStandard


def on_governance(said: Heard) -> Sequence[Reaction]:
    record, origin = said.record, msgspec.to_builtins(said.origin)
    id_ = record.subject.partition("/")[2]
    fields = msgspec.to_builtins(record.data)
    match record.data:
        case heard.MandateGiven(person=person):
            return [Reaction(MANDATE, person, RecogniseMandate(**fields, origin=origin))]
        case heard.MandateWithdrawn(person=person):
            return [Reaction(MANDATE, person, RecogniseEnd(**fields, origin=origin))]
        case heard.StandardPublished():
            return [Reaction(STANDARD, id_, RecogniseStandard(**fields, origin=origin))]
        case heard.ProjectAuthorised():
            return [Reaction(PROJECT, id_, InitiateProject(**fields, origin=origin, reason=record.reason))]
        case heard.GateDecided() as event:
            command = ApplyGateDecision(
                review=id_, gate=event.gate, outcome=event.outcome, origin=origin, reason=record.reason
            )
            return [Reaction(PROJECT, event.project, command)]
        case _:
            return []
