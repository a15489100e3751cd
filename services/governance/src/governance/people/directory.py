"""The directory: who the persons are that the record names by opaque ids. One stream per person.

Names and e-mail addresses are no part of the record: they can be erased from the directory, and the record stays as it
is. On record is only that an entry changed, and by whom; and that a person was erased, after which they have no entry.
"""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from governance.roles import PMO
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Instruction,
    Line,
    PersonId,
    Refused,
    State,
    Title,
    Undecided,
    Unfolded,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.values.told import Following, Instant

Email = Annotated[Line, Field(max_length=254, pattern=r"^[^\s@]+@[^\s@]+$")]


class DirectoryEntryChanged(Event, frozen=True, kw_only=True):
    """The person's entry in the directory is another one. What it says is not on record."""

    person: PersonId


class PersonErased(Event, frozen=True, kw_only=True):
    """Name and e-mail address of the person are gone from the directory, for good."""

    person: PersonId


EVENTS = (DirectoryEntryChanged, PersonErased)


class ChangeDirectoryEntry(Command):
    """Say who a person is. Nothing of it is put on record or logged."""

    name: Title = Field(repr=False, examples=["Ada Lovelace"])
    email: Email = Field(repr=False, examples=["ada.lovelace@example.org"])


class ErasePerson(Decision):
    """Erase name and e-mail address of a person, for good."""

    person: PersonId


class PersonItem(BaseModel):
    """Who a person is."""

    id: PersonId
    name: str = Field(max_length=200, examples=["Ada Lovelace"])
    email: Email = Field(examples=["ada.lovelace@example.org"])
    changed_at: Instant = Field(examples=["2026-11-24T12:00:00.000000Z"])
    changed_by: PersonId


class PersonPage(PersonItem):
    """Who a person is, with what may be done with their entry."""


class People(BaseModel):
    """One page of persons."""

    items: list[PersonItem]
    next: Following | None = Field(description="Cursor of the next page")


class Entry(State, frozen=True):
    erased: bool = False


def decide(entry: Entry | None, command: Instruction, context: Context) -> Decided:
    if entry and entry.erased:
        raise Refused("person-erased")
    match command:
        case ChangeDirectoryEntry():
            if context.actor != context.subject and context.acting_as != PMO:
                raise Refused("entry-of-another", authority=True)
            return [DirectoryEntryChanged(person=context.subject)]
        case ErasePerson(person=person):
            return [PersonErased(person=person)]
        case _:
            raise Undecided(command)


def evolve(_entry: Entry | None, event: Event, _record: Recorded[Any]) -> Entry:
    match event:
        case DirectoryEntryChanged():
            return Entry()
        case PersonErased():
            return Entry(erased=True)
        case _:
            raise Unfolded(event)


DIRECTORY: Aggregate[Entry] = Aggregate(
    "directory",
    decide,
    evolve,
    events=EVENTS,
    records={ChangeDirectoryEntry: (DirectoryEntryChanged,), ErasePerson: (PersonErased,)},
    opened_by=frozenset({ChangeDirectoryEntry}),
)
