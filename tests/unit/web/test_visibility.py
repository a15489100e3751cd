"""Who sees which event of a ledger live, by the tables of rights in force."""

from collections.abc import Mapping

import pytest

from governance.main import GOVERNANCE
from mandate_events.deciding import Mandate
from mandate_events.deciding.rights import Rights
from mandate_web.live.visibility import Visibility
from projects.main import PROJECTS
from tests.services import GOVERNANCE_SERVICE, PROJECTS_SERVICE

ME, OTHER = "me", "other"
OFFICE = ("pmo", "auditor", "observer", "founder")
POSTS = ("project_manager", "pm_officer", "sponsor")
EVENTS: Mapping[str, tuple[str, str | None]] = {
    "mine": ("project/1", "1"),
    "theirs": ("project/2", "2"),
    "framework": ("standard/house", None),
    "my mandate": (f"mandate/{ME}", None),
    "their mandate": (f"mandate/{OTHER}", None),
    "my refusal": (f"denial/{ME}", None),
    "their refusal": (f"denial/{OTHER}", None),
    "their refusal in my project": (f"denial/{OTHER}", "1"),
    "unknown": ("moon/1", None),
}
OWN = {"my mandate", "my refusal"}
REFUSALS = {"their refusal", "their refusal in my project"}


def seen(visibility: Visibility, rights: Rights, *held: Mandate) -> set[str]:
    sees = visibility.of(rights, ME, held)
    return {name for name, (stream, project) in EVENTS.items() if sees(stream, project)}


@pytest.mark.parametrize("role", [*OFFICE, *POSTS, "nothing"])
def test_in_governance(role: str) -> None:
    project = "1" if role in POSTS else None
    found = seen(GOVERNANCE_SERVICE.visibility, GOVERNANCE.rights, Mandate(role, "", project))
    expected = {
        "pmo": set(EVENTS),
        "auditor": set(EVENTS),
        "observer": set(EVENTS) - REFUSALS,
        "founder": set(EVENTS) - REFUSALS,
        "nothing": OWN,
    }.get(role, OWN | {"mine", "framework"})
    assert found == expected


@pytest.mark.parametrize("role", [*OFFICE, *POSTS, "nothing"])
def test_in_projects(role: str) -> None:
    project = "1" if role in POSTS else None
    found = seen(PROJECTS_SERVICE.visibility, PROJECTS.rights, Mandate(role, "", project))
    expected = {
        "pmo": set(EVENTS),
        "auditor": set(EVENTS),
        "observer": set(EVENTS) - REFUSALS,
        "founder": OWN,
        "nothing": OWN,
    }.get(role, OWN | {"mine", "framework"})
    assert found == expected


def test_without_a_mandate_a_person_sees_what_concerns_themselves() -> None:
    assert seen(GOVERNANCE_SERVICE.visibility, GOVERNANCE.rights) == OWN
    assert seen(PROJECTS_SERVICE.visibility, PROJECTS.rights) == OWN


def test_a_role_of_the_office_held_for_a_project_shows_that_project_only() -> None:
    held = Mandate("auditor", "", "1")
    assert seen(GOVERNANCE_SERVICE.visibility, GOVERNANCE.rights, held) == OWN | {"mine", "framework"}
