"""Row 10: appointments. One accountable PM at any instant; nobody watches or accepts their own work."""

from typing import Any, cast

import pytest
from pydantic import ValidationError

from governance.appointments import appointment
from governance.appointments.appointment import (
    APPOINTMENT,
    AcceptAppointment,
    AppointManager,
    AppointmentAccepted,
    AppointSponsor,
    AssignOfficer,
    ManagerAppointed,
    ManagerReplaced,
    OfficerAssigned,
    OfficerReleased,
    ReleaseOfficer,
    ReplaceManager,
    ReplaceSponsor,
    SponsorAppointed,
    SponsorReplaced,
)
from governance.people.mandate import MANDATE, MandateGiven, MandateWithdrawn
from mandate_events.deciding import Context, Decision
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from tests.unit.governance.conftest import mandate

FAY, ANN, BEN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe"))
PAT, QUIN, OLA, SAM = (derived(name) for name in ("pat", "quin", "ola", "sam"))
"""The PM, who might succeed them, the PMOfficer, the sponsor."""

KINDS = [AppointManager, ReplaceManager, AssignOfficer, ReleaseOfficer, AppointSponsor, ReplaceSponsor]
HANDOVER = "The plan and the open risks, in two sessions"


def when(scenario: Scenario, kind: type[Any], person: str, by: str = ANN, project: str = "p1") -> Outcome:
    more = {"handover": HANDOVER} if kind is ReplaceManager else {}
    return scenario.when(APPOINTMENT, project, kind(person=person, reason="r", **more), by=by)


@pytest.fixture
def staffed(authorised: Scenario) -> Scenario:
    """p1 has its three: PM pat, PMOfficer ola, sponsor sam."""
    return authorised.given(
        APPOINTMENT,
        "p1",
        ManagerAppointed(project="p1", person=PAT),
        OfficerAssigned(project="p1", person=OLA),
        SponsorAppointed(project="p1", person=SAM),
    )


def test_the_pmo_appoints_pm_officer_and_sponsor(authorised: Scenario) -> None:
    outcome = when(authorised, AppointManager, PAT).then(
        ManagerAppointed(project="p1", person=PAT), MandateGiven(person=PAT, role="project_manager", project="p1")
    )
    outcome.under("pmo", f"mandate/{ANN}@1")
    assert [record.partitionkey for record in outcome.records] == ["p1", None]
    when(authorised, AssignOfficer, OLA).then(
        OfficerAssigned(project="p1", person=OLA), MandateGiven(person=OLA, role="pm_officer", project="p1")
    ).under("pmo")
    when(authorised, AppointSponsor, SAM).then(
        SponsorAppointed(project="p1", person=SAM), MandateGiven(person=SAM, role="sponsor", project="p1")
    ).under("pmo")


def test_a_pm_is_replaced_at_one_instant(staffed: Scenario) -> None:
    when(staffed, ReplaceManager, QUIN).then(
        ManagerReplaced(project="p1", person=QUIN, predecessor=PAT, handover=HANDOVER),
        MandateWithdrawn(person=PAT, role="project_manager", project="p1"),
        MandateGiven(person=QUIN, role="project_manager", project="p1"),
    ).under("pmo")


def test_who_was_replaced_is_not_in_post(staffed: Scenario) -> None:
    staffed.given(APPOINTMENT, "p1", ManagerReplaced(project="p1", person=QUIN, predecessor=PAT))
    when(staffed, ReplaceManager, QUIN).refused("no-change-of-manager")
    when(staffed, ReplaceManager, PAT).then(
        ManagerReplaced(project="p1", person=PAT, predecessor=QUIN, handover=HANDOVER),
        MandateWithdrawn(person=QUIN, role="project_manager", project="p1"),
        MandateGiven(person=PAT, role="project_manager", project="p1"),
    )


@pytest.mark.parametrize("handover", ["", " ", "x" * 501])
def test_a_replacement_says_what_is_handed_over(handover: str) -> None:
    with pytest.raises(ValidationError):
        ReplaceManager(person=QUIN, reason="r", handover=handover)
    with pytest.raises(ValidationError):
        ReplaceManager.model_validate({"person": QUIN, "reason": "r"})


def test_a_sponsor_is_replaced_at_one_instant(staffed: Scenario) -> None:
    when(staffed, ReplaceSponsor, QUIN).then(
        SponsorReplaced(project="p1", person=QUIN, predecessor=SAM),
        MandateWithdrawn(person=SAM, role="sponsor", project="p1"),
        MandateGiven(person=QUIN, role="sponsor", project="p1"),
    ).under("pmo")
    staffed.given(APPOINTMENT, "p1", SponsorReplaced(project="p1", person=QUIN, predecessor=SAM))
    when(staffed, ReplaceSponsor, QUIN).refused("no-change-of-sponsor")
    when(staffed, AppointSponsor, SAM).refused("sponsor-in-post")


def test_a_project_without_a_sponsor_has_nobody_to_replace(authorised: Scenario) -> None:
    authorised.given(APPOINTMENT, "p1", ManagerAppointed(project="p1", person=PAT))
    when(authorised, ReplaceSponsor, QUIN).refused("no-change-of-sponsor")


# --- acceptance ---


def accept(scenario: Scenario, by: str, project: str = "p1") -> Outcome:
    return scenario.when(APPOINTMENT, project, AcceptAppointment(), by=by)


def test_the_pm_accepts_their_appointment_once(staffed: Scenario) -> None:
    mandate(staffed, PAT, "project_manager", "p1")
    accept(staffed, PAT).then(AppointmentAccepted(project="p1", person=PAT)).under(
        "project_manager", f"mandate/{PAT}@1"
    )
    staffed.given(APPOINTMENT, "p1", AppointmentAccepted(project="p1", person=PAT), by=PAT)
    accept(staffed, PAT).refused("already-accepted")


def test_nobody_accepts_for_the_pm(staffed: Scenario) -> None:
    mandate(staffed, OLA, "pm_officer", "p1")
    mandate(staffed, SAM, "sponsor", "p1")
    mandate(staffed, QUIN, "project_manager", "p2")
    for person in (ANN, OLA, SAM, QUIN, EVE, ZOE):
        accept(staffed, person).refused("no-right", authority=True)


def test_a_successor_accepts_for_themselves(staffed: Scenario) -> None:
    accepted = AppointmentAccepted(project="p1", person=PAT)
    replaced = ManagerReplaced(project="p1", person=QUIN, predecessor=PAT, handover=HANDOVER)
    staffed.given(APPOINTMENT, "p1", accepted, replaced)
    mandate(staffed, QUIN, "project_manager", "p1")
    accept(staffed, QUIN).then(AppointmentAccepted(project="p1", person=QUIN))


def test_an_officer_is_released_and_another_assigned(staffed: Scenario) -> None:
    when(staffed, AssignOfficer, QUIN).refused("officer-in-post")
    when(staffed, ReleaseOfficer, OLA).then(
        OfficerReleased(project="p1", person=OLA), MandateWithdrawn(person=OLA, role="pm_officer", project="p1")
    ).under("pmo")
    staffed.given(APPOINTMENT, "p1", OfficerReleased(project="p1", person=OLA))
    when(staffed, AssignOfficer, QUIN).then(
        OfficerAssigned(project="p1", person=QUIN), MandateGiven(person=QUIN, role="pm_officer", project="p1")
    )


def test_there_is_one_of_each(staffed: Scenario) -> None:
    when(staffed, AppointManager, QUIN).refused("manager-in-post")
    when(staffed, AppointSponsor, QUIN).refused("sponsor-in-post")


def test_who_is_appointed_is_not_appointed_again(staffed: Scenario) -> None:
    when(staffed, AppointManager, PAT).refused("already-appointed")
    when(staffed, AssignOfficer, OLA).refused("already-appointed")
    when(staffed, AppointSponsor, SAM).refused("already-appointed")


def test_only_who_is_in_post_can_be_replaced_or_released(authorised: Scenario, staffed: Scenario) -> None:
    when(staffed, ReplaceManager, PAT).refused("no-change-of-manager")
    when(staffed, ReleaseOfficer, QUIN).refused("not-the-officer")
    staffed.given(APPOINTMENT, "p3", OfficerAssigned(project="p3", person=OLA))


def test_a_project_without_a_pm_has_nobody_to_replace(authorised: Scenario) -> None:
    when(authorised, ReplaceManager, QUIN).unknown()
    authorised.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=OLA))
    when(authorised, ReplaceManager, QUIN).refused("no-change-of-manager")


@pytest.mark.parametrize("kind", [AppointManager, ReplaceManager])
def test_a_pmo_member_manages_no_project(staffed: Scenario, kind: type[Any]) -> None:
    when(staffed, kind, BEN).refused("pmo-member-as-manager", authority=True)


def test_a_pmo_member_may_be_a_projects_officer(authorised: Scenario) -> None:
    when(authorised, AssignOfficer, BEN).then(
        OfficerAssigned(project="p1", person=BEN), MandateGiven(person=BEN, role="pm_officer", project="p1")
    )


@pytest.mark.parametrize(
    ("kind", "person"),
    [
        (AppointManager, OLA),
        (AppointManager, SAM),
        (ReplaceManager, OLA),
        (ReplaceManager, SAM),
        (AssignOfficer, PAT),
        (AssignOfficer, SAM),
        (AppointSponsor, PAT),
        (AppointSponsor, OLA),
        (ReplaceSponsor, PAT),
        (ReplaceSponsor, OLA),
    ],
)
def test_no_two_of_the_three_are_one_person(staffed: Scenario, kind: type[Any], person: str) -> None:
    when(staffed, kind, person).refused("conflict-of-roles", authority=True)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not ReleaseOfficer])
def test_an_auditor_holds_no_role_on_a_project(staffed: Scenario, kind: type[Any]) -> None:
    when(staffed, kind, EVE).refused("auditor-decides-nothing", authority=True)


def test_the_roles_of_another_project_are_no_conflict(staffed: Scenario) -> None:
    staffed.given(APPOINTMENT, "p0", ManagerAppointed(project="p0", person=QUIN))
    staffed.given(MANDATE, QUIN, MandateGiven(person=QUIN, role="project_manager", project="p0"))
    when(staffed, ReplaceManager, QUIN).then(
        ManagerReplaced(project="p1", person=QUIN, predecessor=PAT, handover=HANDOVER),
        MandateWithdrawn(person=PAT, role="project_manager", project="p1"),
        MandateGiven(person=QUIN, role="project_manager", project="p1"),
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not ReleaseOfficer])
def test_nobody_appoints_themselves(staffed: Scenario, kind: type[Any]) -> None:
    when(staffed, kind, ANN, by=ANN).refused("self-appointment", authority=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("person", [QUIN, BEN])
def test_a_member_who_is_the_projects_officer_appoints_nobody_on_it(
    authorised: Scenario, kind: type[Any], person: str
) -> None:
    """Themselves neither: ben is released by another."""
    manager, officer = ManagerAppointed(project="p1", person=PAT), OfficerAssigned(project="p1", person=BEN)
    authorised.given(APPOINTMENT, "p1", manager, officer)
    authorised.given(MANDATE, BEN, MandateGiven(person=BEN, role="pm_officer", project="p1"))
    when(authorised, kind, person, by=BEN).refused("decider-is-its-officer", authority=True)
    when(authorised, ReleaseOfficer, BEN, by=ANN).then(
        OfficerReleased(project="p1", person=BEN), MandateWithdrawn(person=BEN, role="pm_officer", project="p1")
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("person", [QUIN, BEN])
def test_a_member_who_is_the_projects_sponsor_fills_no_post_of_it(
    staffed: Scenario, kind: type[Any], person: str
) -> None:
    """Their own neither: who gave it up could decide a moment later what the project asked for before."""
    staffed.given(APPOINTMENT, "p1", SponsorReplaced(project="p1", person=BEN, predecessor=SAM))
    staffed.given(MANDATE, BEN, MandateGiven(person=BEN, role="sponsor", project="p1"))
    when(staffed, kind, person, by=BEN).refused("decider-is-its-sponsor", authority=True)
    assert when(staffed, ReplaceSponsor, SAM, by=ANN).refusal is None


def test_the_officer_of_another_project_appoints(authorised: Scenario) -> None:
    authorised.given(APPOINTMENT, "p0", OfficerAssigned(project="p0", person=BEN))
    mandate(authorised, BEN, "pm_officer", "p0")
    authorised.given(APPOINTMENT, "p1", OfficerAssigned(project="p1", person=OLA))
    when(authorised, ReleaseOfficer, OLA, by=BEN).then(
        OfficerReleased(project="p1", person=OLA), MandateWithdrawn(person=OLA, role="pm_officer", project="p1")
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("person", [FAY, EVE, ZOE, PAT, OLA, SAM])
def test_only_the_pmo_appoints(staffed: Scenario, kind: type[Any], person: str) -> None:
    for holder, role in ((PAT, "project_manager"), (OLA, "pm_officer"), (SAM, "sponsor")):
        staffed.given(MANDATE, holder, MandateGiven(person=holder, role=role, project="p1"))
    when(staffed, kind, QUIN, by=person).refused("no-right", authority=True)


def test_only_an_authorised_project_is_staffed(proposed: Scenario) -> None:
    for project in ("p1", "never-proposed"):
        when(proposed, AppointManager, PAT, project=project).refused("not-authorised")


def test_what_is_no_appointment_is_an_error_of_the_program(authorised: Scenario) -> None:
    class AppointJester(Decision):
        person: str

    class Ask:
        subject = "p1"

        def read(self, *_: object) -> Any:
            return type("Authorised", (), {"standard": "s@1"})

    with pytest.raises(TypeError):
        appointment.decide(None, AppointJester(person=PAT, reason="r"), cast("Context", Ask()))
    with pytest.raises(TypeError):
        appointment.evolve(None, Event(), cast("Recorded[Any]", None))
