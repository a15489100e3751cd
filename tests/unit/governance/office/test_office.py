"""Row 1: the office exists, has a charter, and members who act for it. No self-appointment, no second founding."""

from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from pydantic import ValidationError

from governance.main import GOVERNANCE
from governance.office import office
from governance.office.events import (
    AuditorAppointed,
    AuditorRemoved,
    CharterAmended,
    FounderNamed,
    ObserverAppointed,
    ObserverRemoved,
    OfficeChartered,
    OfficeMemberAppointed,
    OfficeMemberRemoved,
)
from governance.office.office import (
    OFFICE,
    THE_OFFICE,
    AmendCharter,
    AppointAuditor,
    AppointMember,
    AppointObserver,
    CharterOffice,
    NameFounder,
    RemoveAuditor,
    RemoveMember,
    RemoveObserver,
)
from governance.people import mandate
from governance.people.mandate import MANDATE, MandateGiven, MandateWithdrawn
from mandate_events.deciding import Command, Context, Instruction, Refused
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario

FAY, ANN, BEN, CID, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "cid", "eve", "zoe"))


def when(scenario: Scenario, command: Instruction, by: str) -> Outcome:
    return scenario.when(OFFICE, THE_OFFICE, command, by=by)


def founded() -> Scenario:
    return (
        Scenario(GOVERNANCE)
        .given(OFFICE, THE_OFFICE, FounderNamed(person=FAY))
        .given(MANDATE, FAY, MandateGiven(person=FAY, role="founder"))
    )


def chartered() -> Scenario:
    return founded().given(OFFICE, THE_OFFICE, OfficeChartered(name="PMO", time_zone="UTC", currency="AUD"))


def holding(scenario: Scenario, person: str, role: str, project: str | None = None) -> Scenario:
    return scenario.given(MANDATE, person, MandateGiven(person=person, role=role, project=project))


# --- founding ---


def test_the_first_start_names_the_founder() -> None:
    when(Scenario(GOVERNANCE), NameFounder(person=FAY), "system/start").then(
        FounderNamed(person=FAY), MandateGiven(person=FAY, role="founder")
    ).under("system", "system/start")


def test_there_is_no_second_founding() -> None:
    when(founded(), NameFounder(person=ZOE), "system/start").then()


def test_nobody_names_themselves_founder() -> None:
    when(Scenario(GOVERNANCE), NameFounder(person=ZOE), ZOE).refused("no-right", authority=True)
    when(founded(), NameFounder(person=ZOE), FAY).refused("no-right", authority=True)


def test_the_founder_charters_the_office() -> None:
    command = CharterOffice(name="PMO", time_zone="Australia/Melbourne", currency="AUD", reason="founded")
    when(founded(), command, FAY).then(
        OfficeChartered(name="PMO", time_zone="Australia/Melbourne", currency="AUD")
    ).under("founder", f"mandate/{FAY}@1")


def test_an_office_is_chartered_once(office: Scenario) -> None:
    when(office, CharterOffice(name="Other", reason="r"), FAY).refused("already-chartered")


def test_only_the_founder_charters(office: Scenario) -> None:
    for person in (ANN, EVE, ZOE):
        when(office, CharterOffice(name="Other", reason="r"), person).refused("no-right", authority=True)


def test_nothing_can_be_decided_in_an_office_that_does_not_exist() -> None:
    when(Scenario(GOVERNANCE), CharterOffice(name="PMO", reason="r"), FAY).unknown()
    when(founded(), AppointMember(person=ANN, reason="r"), FAY).refused("not-chartered")


@pytest.mark.parametrize(
    "zone",
    ["Nowhere/Land", "../../etc/passwd", "/etc/localtime", "", "localtime", "posixrules", "right/UTC", "Factory"],
)
def test_the_days_of_an_office_end_in_a_zone_that_exists(zone: str) -> None:
    with pytest.raises(ValidationError):
        CharterOffice(name="PMO", time_zone=zone, reason="r")


# --- amendments ---

AMENDED = {"name": "Portfolio Office", "time_zone": "Australia/Perth", "currency": "NZD"}


def test_the_pmo_amends_the_charter(office: Scenario) -> None:
    when(office, AmendCharter(**AMENDED, reason="r"), ANN).then(CharterAmended(**AMENDED)).under("pmo")
    for name, value in AMENDED.items():
        one = {"name": "PMO", "time_zone": "UTC", "currency": "AUD", name: value}
        when(office, AmendCharter(**one, reason="r"), ANN).then(CharterAmended(**one))


def test_an_amendment_changes_something(office: Scenario) -> None:
    same = AmendCharter(name="PMO", time_zone="UTC", currency="AUD", reason="r")
    when(office, same, ANN).refused("charter-says-so")
    office.given(OFFICE, THE_OFFICE, CharterAmended(**AMENDED))
    when(office, AmendCharter(**AMENDED, reason="r"), ANN).refused("charter-says-so")
    when(office, same, ANN).then(CharterAmended(name="PMO", time_zone="UTC", currency="AUD"))


@pytest.mark.parametrize("person", [FAY, EVE, ZOE])
def test_nobody_else_amends_the_charter(office: Scenario, person: str) -> None:
    when(office, AmendCharter(**AMENDED, reason="r"), person).refused("no-right", authority=True)


def test_what_was_not_chartered_is_not_amended() -> None:
    when(holding(founded(), ANN, "pmo"), AmendCharter(**AMENDED, reason="r"), ANN).refused("not-chartered")


def test_an_amendment_says_all_of_the_charter() -> None:
    with pytest.raises(ValidationError):
        AmendCharter(name="PMO", time_zone="Nowhere/Land", currency="AUD", reason="r")
    with pytest.raises(ValidationError):
        AmendCharter.model_validate({"name": "PMO", "reason": "r"})


# --- members ---


def test_the_founder_appoints_the_first_two_members_and_nobody_after() -> None:
    appoint = AppointMember(person=CID, reason="r")
    one = chartered().given(OFFICE, THE_OFFICE, OfficeMemberAppointed(person=ANN))
    for scenario in (chartered(), one):
        when(scenario, appoint, FAY).then(
            OfficeMemberAppointed(person=CID), MandateGiven(person=CID, role="pmo")
        ).under("founder")
    two = one.given(OFFICE, THE_OFFICE, OfficeMemberAppointed(person=BEN))
    when(two, appoint, FAY).refused("founding-is-over", authority=True)


def test_a_founder_who_is_a_member_appoints_as_a_member(office: Scenario) -> None:
    office.given(OFFICE, THE_OFFICE, OfficeMemberAppointed(person=FAY))
    holding(office, FAY, "pmo")
    when(office, AppointMember(person=CID, reason="r"), FAY).then(
        OfficeMemberAppointed(person=CID), MandateGiven(person=CID, role="pmo")
    ).under("pmo", f"mandate/{FAY}@2")


def test_a_member_appoints_members_auditors_and_observers(office: Scenario) -> None:
    when(office, AppointMember(person=CID, reason="r"), ANN).then(
        OfficeMemberAppointed(person=CID), MandateGiven(person=CID, role="pmo")
    ).under("pmo", f"mandate/{ANN}@1")
    when(office, AppointAuditor(person=CID, reason="r"), ANN).then(
        AuditorAppointed(person=CID), MandateGiven(person=CID, role="auditor")
    ).under("pmo")
    when(office, AppointObserver(person=CID, reason="r"), ANN).then(
        ObserverAppointed(person=CID), MandateGiven(person=CID, role="observer")
    ).under("pmo")


@pytest.mark.parametrize("kind", [AppointMember, AppointAuditor, AppointObserver])
@pytest.mark.parametrize("person", [EVE, ZOE])
def test_nobody_else_appoints(office: Scenario, kind: type[Any], person: str) -> None:
    when(office, kind(person=CID, reason="r"), person).refused("no-right", authority=True)


@pytest.mark.parametrize("kind", [AppointMember, AppointAuditor, AppointObserver])
def test_nobody_appoints_themselves(office: Scenario, kind: type[Any]) -> None:
    when(office, kind(person=ANN, reason="r"), ANN).refused("self-appointment", authority=True)


def test_the_founder_does_not_appoint_themselves() -> None:
    when(chartered(), AppointMember(person=FAY, reason="r"), FAY).refused("self-appointment", authority=True)


def test_a_member_is_appointed_once(office: Scenario) -> None:
    when(office, AppointMember(person=BEN, reason="r"), ANN).refused("already-member")


@pytest.mark.parametrize("role", ["project_manager", "auditor"])
def test_a_member_is_neither_pm_nor_auditor(office: Scenario, role: str) -> None:
    holding(office, CID, role, "p1")
    when(office, AppointMember(person=CID, reason="r"), ANN).refused("member-holds-other-role", authority=True)


def test_a_member_may_be_an_officer(office: Scenario) -> None:
    holding(office, CID, "pm_officer", "p1")
    when(office, AppointMember(person=CID, reason="r"), ANN).then(
        OfficeMemberAppointed(person=CID), MandateGiven(person=CID, role="pmo")
    )


def test_a_member_is_removed_by_another(office: Scenario) -> None:
    office.given(OFFICE, THE_OFFICE, OfficeMemberAppointed(person=CID))
    holding(office, CID, "pmo")
    when(office, RemoveMember(person=CID, reason="r"), ANN).then(
        OfficeMemberRemoved(person=CID), MandateWithdrawn(person=CID, role="pmo")
    ).under("pmo")
    when(office, RemoveMember(person=ANN, reason="r"), ANN).refused("self-removal", authority=True)
    when(office, RemoveMember(person=CID, reason="r"), FAY).refused("no-right", authority=True)


def test_who_was_removed_decides_nothing_any_more(office: Scenario) -> None:
    office.given(OFFICE, THE_OFFICE, OfficeMemberRemoved(person=BEN))
    office.given(MANDATE, BEN, MandateWithdrawn(person=BEN, role="pmo"))
    when(office, AppointMember(person=CID, reason="r"), BEN).refused("no-right", authority=True)


def test_an_office_keeps_two_members(office: Scenario) -> None:
    when(office, RemoveMember(person=BEN, reason="r"), ANN).refused("too-few-members")


def test_only_a_member_can_be_removed(office: Scenario) -> None:
    when(office, RemoveMember(person=ZOE, reason="r"), ANN).refused("not-a-member")


@pytest.mark.parametrize("role", ["pmo", "pm_officer", "project_manager", "sponsor"])
def test_an_auditor_holds_no_other_role(office: Scenario, role: str) -> None:
    holding(office, CID, role)
    when(office, AppointAuditor(person=CID, reason="r"), ANN).refused("auditor-holds-other-role", authority=True)


def test_an_auditor_is_appointed_once(office: Scenario) -> None:
    when(office, AppointAuditor(person=EVE, reason="r"), ANN).refused("already-auditor")


def test_an_observer_is_appointed_once(office: Scenario) -> None:
    office.given(OFFICE, THE_OFFICE, ObserverAppointed(person=CID))
    when(office, AppointObserver(person=CID, reason="r"), ANN).refused("already-observer")


def test_an_auditor_and_an_observer_are_removed_by_the_pmo(office: Scenario) -> None:
    when(office, RemoveAuditor(person=EVE, reason="r"), ANN).then(
        AuditorRemoved(person=EVE), MandateWithdrawn(person=EVE, role="auditor")
    ).under("pmo")
    holding(office.given(OFFICE, THE_OFFICE, ObserverAppointed(person=CID)), CID, "observer")
    when(office, RemoveObserver(person=CID, reason="r"), ANN).then(
        ObserverRemoved(person=CID), MandateWithdrawn(person=CID, role="observer")
    ).under("pmo")
    office.given(OFFICE, THE_OFFICE, AuditorRemoved(person=EVE), ObserverRemoved(person=CID))
    when(office, RemoveAuditor(person=EVE, reason="r"), ANN).refused("not-an-auditor")
    when(office, RemoveObserver(person=CID, reason="r"), ANN).refused("not-an-observer")


def test_who_audited_may_be_appointed_to_something_else(office: Scenario) -> None:
    office.given(OFFICE, THE_OFFICE, AuditorRemoved(person=EVE))
    office.given(MANDATE, EVE, MandateWithdrawn(person=EVE, role="auditor"))
    when(office, AppointMember(person=EVE, reason="r"), ANN).then(
        OfficeMemberAppointed(person=EVE), MandateGiven(person=EVE, role="pmo")
    )


@pytest.mark.parametrize("kind", [RemoveAuditor, RemoveObserver])
@pytest.mark.parametrize("person", [FAY, EVE, ZOE])
def test_nobody_else_removes_them(office: Scenario, kind: type[Any], person: str) -> None:
    when(office, kind(person=EVE, reason="r"), person).refused("no-right", authority=True)


# --- mandates follow appointments ---


def test_nobody_decides_on_a_mandate(office: Scenario) -> None:
    office.when(MANDATE, ANN, AppointMember(person=CID, reason="r"), by=ANN).refused("mandates-follow-appointments")
    with pytest.raises(Refused):
        mandate.decide(None, None, cast("Context", None))


def test_a_role_given_twice_is_held_once_under_the_later_authority(office: Scenario) -> None:
    holding(office, ANN, "pmo")
    when(office, AppointMember(person=CID, reason="r"), ANN).then(
        OfficeMemberAppointed(person=CID), MandateGiven(person=CID, role="pmo")
    ).under("pmo", f"mandate/{ANN}@2")


def test_before_there_is_a_charter_the_day_ends_in_utc() -> None:
    class Ask:
        now = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)

        def read(self, *_: object) -> None: ...

    assert office.today(cast("Context", Ask())) == date(2026, 3, 2)


def test_what_is_no_matter_of_the_office_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        office.decide(office.Office(name="PMO"), Command(), cast("Context", None))
    with pytest.raises(TypeError):
        office.evolve(None, Event(), cast("Recorded[Any]", None))
