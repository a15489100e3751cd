"""What this chapter hears of governance: who was given which mandate, and who lost it."""

from typing import Final

from mandate_events.document.event import Catalogue, Event


class MandateGiven(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


class MandateWithdrawn(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


GOVERNANCE: Final = Catalogue("governance", (MandateGiven, MandateWithdrawn))
