"""What this chapter hears of governance, and what it does because of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.document.event import Event
from projects.control.corrective_action import CORRECTIVE_ACTION, EndCorrectiveAction, RecogniseCorrectiveAction


class CorrectiveActionRequired(Event, frozen=True, kw_only=True):
    project: str
    corrective_action: str
    finding: int
    action: str
    owner: str
    due_on: date


class CorrectiveActionWithdrawn(Event, frozen=True, kw_only=True):
    corrective_action: str


def action_required(said: Heard) -> Sequence[Reaction]:
    command = said.told(RecogniseCorrectiveAction, review=said.record.thing)
    return [Reaction(CORRECTIVE_ACTION, said.record.data.corrective_action, command)]


def action_withdrawn(said: Heard) -> Sequence[Reaction]:
    return [Reaction(CORRECTIVE_ACTION, said.record.data.corrective_action, said.told(EndCorrectiveAction))]


HEARS: Final[Mapping[type[Event], Policy]] = {
    CorrectiveActionRequired: action_required,
    CorrectiveActionWithdrawn: action_withdrawn,
}
