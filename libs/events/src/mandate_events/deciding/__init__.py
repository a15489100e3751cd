"""Deciding: the whole theory is two pure functions per aggregate.

    decide(state, command, context) -> events      what follows from a command, or a refusal
    evolve(state, event, record)    -> state       what an event means

Time, ids, the person and what other streams say come in through `context`; nothing here knows a database, a clock
or HTTP. A refusal is a typed value; the edge of the system gives it a status. This is what a slice is written with.
"""

from mandate_events.deciding.aggregate import (
    Aggregate,
    Context,
    Decided,
    Looking,
    Mandate,
    On,
    Records,
    State,
    Streams,
    replace,
)
from mandate_events.deciding.command import STRICT, Command, Decision, Instruction, Part, SystemCommand
from mandate_events.deciding.refusal import (
    Invalid,
    NotYet,
    Refused,
    TooLarge,
    Undecided,
    Unfolded,
    Unknown,
    VersionConflict,
)
from mandate_events.deciding.saying import says
from mandate_events.values.text import Line, PersonId, Reason, Slug, Text, Title

__all__ = [
    "STRICT",
    "Aggregate",
    "Command",
    "Context",
    "Decided",
    "Decision",
    "Instruction",
    "Invalid",
    "Line",
    "Looking",
    "Mandate",
    "NotYet",
    "On",
    "Part",
    "PersonId",
    "Reason",
    "Records",
    "Refused",
    "Slug",
    "State",
    "Streams",
    "SystemCommand",
    "Text",
    "Title",
    "TooLarge",
    "Undecided",
    "Unfolded",
    "Unknown",
    "VersionConflict",
    "replace",
    "says",
]
