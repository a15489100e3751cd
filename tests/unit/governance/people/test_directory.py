"""The directory: on record is that an entry changed and that a person was erased, and never what the entry says."""

from typing import Any, cast

import pytest
from pydantic import ValidationError

from governance.people import directory
from governance.people.directory import (
    DIRECTORY,
    ChangeDirectoryEntry,
    DirectoryEntryChanged,
    ErasePerson,
    PersonErased,
)
from governance.people.routes import may_decide
from mandate_events.deciding import Command, Context
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import ANN, BEN, EVE, FAY, mandate

PAT, ZOE = derived("pat"), derived("zoe")
NAME, EMAIL = "Ada Lovelace", "ada@example.org"


def change(scenario: Scenario, person: str, by: str) -> Outcome:
    return scenario.when(DIRECTORY, person, ChangeDirectoryEntry(name=NAME, email=EMAIL), by=by)


def erase(scenario: Scenario, person: str, by: str) -> Outcome:
    return scenario.when(DIRECTORY, person, ErasePerson(person=person, reason="They asked for it"), by=by)


def entered(scenario: Scenario, person: str) -> Scenario:
    return scenario.given(DIRECTORY, person, DirectoryEntryChanged(person=person), by=ANN)


def test_the_pmo_changes_the_entry_of_anybody(office: Scenario) -> None:
    change(office, PAT, ANN).then(DirectoryEntryChanged(person=PAT)).under("pmo", f"mandate/{ANN}@1")
    change(entered(office, PAT), PAT, BEN).then(DirectoryEntryChanged(person=PAT))


@pytest.mark.parametrize("role", ["project_manager", "pm_officer", "sponsor", "auditor", "observer", "founder"])
def test_everybody_with_a_role_changes_their_own_entry_and_no_other(office: Scenario, role: str) -> None:
    mandate(office, PAT, role, "p1")
    change(office, PAT, PAT).then(DirectoryEntryChanged(person=PAT)).under(role)
    change(office, ANN, PAT).refused("entry-of-another", authority=True)


def test_a_member_who_is_an_officer_too_acts_for_the_pmo(office: Scenario) -> None:
    mandate(office, PAT, "pm_officer", "p1")
    mandate(office, PAT, "pmo")
    change(office, BEN, PAT).then(DirectoryEntryChanged(person=BEN)).under("pmo", f"mandate/{PAT}@2")


def test_who_has_no_role_has_no_entry_to_change(office: Scenario) -> None:
    change(office, ZOE, ZOE).refused("no-right", authority=True)


def test_the_pmo_erases_a_person_for_good(office: Scenario) -> None:
    erase(entered(office, PAT), PAT, ANN).then(PersonErased(person=PAT)).under("pmo")
    office.given(DIRECTORY, PAT, PersonErased(person=PAT), by=ANN)
    mandate(office, PAT, "project_manager", "p1")
    for person in (ANN, PAT):
        change(office, PAT, person).refused("person-erased")
    erase(office, PAT, BEN).refused("person-erased")


def test_nobody_erases_themselves_or_is_erased_by_another_than_the_pmo(office: Scenario) -> None:
    erase(entered(office, ANN), ANN, ANN).refused("self-erasure", authority=True)
    office.when(DIRECTORY, ANN, ErasePerson.unsaid(), by=ANN).refused("self-erasure", authority=True)
    mandate(office, PAT, "project_manager", "p1")
    for person in (FAY, EVE, PAT, ZOE):
        erase(office, ANN, person).refused("no-right", authority=True)


def test_who_has_no_entry_is_not_erased(office: Scenario) -> None:
    erase(office, ZOE, ANN).unknown()


@pytest.mark.parametrize(
    ("name", "email"), [("", EMAIL), ("\x07", EMAIL), (NAME, "nobody"), (NAME, "a@b@c"), (NAME, "")]
)
def test_an_entry_can_be_read(name: str, email: str) -> None:
    with pytest.raises(ValidationError):
        ChangeDirectoryEntry(name=name, email=email)


def test_a_name_stands_in_no_document_and_in_no_line_of_a_log(office: Scenario) -> None:
    command = ChangeDirectoryEntry(name=NAME, email=EMAIL)
    assert NAME not in repr(command)
    assert EMAIL not in repr(command)
    for record in change(office, PAT, ANN).records:
        assert NAME not in repr(record)
        assert EMAIL not in repr(record)


def test_what_is_no_matter_of_the_directory_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        directory.decide(None, Command(), cast("Context", None))
    with pytest.raises(TypeError):
        directory.evolve(None, Event(), cast("Recorded[Any]", None))


def row(command: str, *roles: str, relation: str = "any", effect: str = "allow") -> dict[str, Any]:
    return {"command": command, "roles": list(roles), "relation": relation, "effect": effect}


def test_what_a_role_may_decide_is_what_the_table_allows_and_does_not_deny() -> None:
    table = [
        row("Plan", "pm", relation="own-project"),
        row("Report", "pm", "team"),
        row("Report", "pm", relation="own-project"),
        row("Decide", "pmo", "pm"),
        row("Decide", "pm", effect="deny"),
        row("read-plans", "pm"),
    ]
    assert may_decide("pm", table) == [
        {"command": "Plan", "relation": "own-project"},
        {"command": "Report", "relation": "any"},
    ]
    assert may_decide("nobody", table) == []
