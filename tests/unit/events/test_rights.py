"""Rights: default deny, a deny row wins, duties are separated by person, and the table has a hash."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from mandate_events.deciding import Command, Context, Mandate, Refused
from mandate_events.deciding.rights import COLLAPSE, Denial, Denials, Right, Rights, allow, deny, name_of
from mandate_events.deciding.separation import Condition, Test, predicate
from mandate_events.document.canonical import digest, encode

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Approve(Command):
    pass


class Ask:
    """All that the rights ask of a context."""

    def __init__(self, actor: str = "ann", project: str | None = None) -> None:
        self.actor = actor
        self.project = project


PMO = Mandate("pmo", "mandate/ann@1")
AUDITOR = Mandate("auditor", "mandate/ann@2")
PM_OF_P1 = Mandate("project_manager", "mandate/ann@3", "p1")
PM_OF_P2 = Mandate("project_manager", "mandate/ann@4", "p2")


def asks(function: Test) -> Condition:
    """A condition of the test's own."""
    return predicate("test", function, says="It is so.")


def judge(rights: Rights, *held: Mandate, project: str | None = None, state: Any = None) -> Mandate:
    return rights.judge(state, Approve(), cast("Context", Ask(project=project)), held)


def refusal(rights: Rights, *held: Mandate, project: str | None = None, state: Any = None) -> Refused:
    with pytest.raises(Refused) as refused:
        judge(rights, *held, project=project, state=state)
    assert refused.value.authority
    return refused.value


def test_what_no_row_allows_is_denied() -> None:
    assert refusal(Rights(), PMO).facts == {"command": "Approve", "needed": []}
    assert refusal(Rights(allow("Other", "pmo")), PMO).rule == "no-right"
    assert refusal(Rights(allow(Approve, "pmo", "sponsor"))).facts["needed"] == ["pmo", "sponsor"]
    assert refusal(Rights(allow(Approve, "pmo")), AUDITOR).rule == "no-right"


def test_a_mandate_of_the_role_permits_and_is_named() -> None:
    assert judge(Rights(allow(Approve, "pmo")), AUDITOR, PMO) == PMO


def test_the_first_permitting_row_is_the_one_acted_under() -> None:
    rows = (allow(Approve, "auditor"), allow(Approve, "pmo"))
    assert judge(Rights(*rows), PMO, AUDITOR) == AUDITOR
    assert judge(Rights(*reversed(rows)), PMO, AUDITOR) == PMO


@pytest.mark.parametrize("deny_first", [True, False])
def test_a_deny_row_wins_wherever_it_stands_and_over_all_roles(deny_first: bool) -> None:
    rows = [deny(Approve, "auditor", rule="auditors-decide-nothing"), allow(Approve, "pmo")]
    rights = Rights(*(rows if deny_first else reversed(rows)))
    denied = refusal(rights, PMO, AUDITOR)
    assert (denied.rule, denied.facts) == ("auditors-decide-nothing", {"command": "Approve", "role": "auditor"})
    assert judge(rights, PMO) == PMO


def test_a_role_on_a_project_counts_on_that_project_only() -> None:
    rights = Rights(allow(Approve, "project_manager", own_project=True))
    assert judge(rights, PM_OF_P1, PM_OF_P2, project="p2") == PM_OF_P2
    assert refusal(rights, PM_OF_P1, project="p2").rule == "no-right"
    assert refusal(rights, PM_OF_P1, project=None).rule == "no-right"
    assert refusal(rights, Mandate("project_manager", "x", None), project=None).rule == "no-right"


def test_duties_are_separated_by_person_whatever_their_roles() -> None:
    """The one who asked does not approve, under none of their roles."""
    asked = {"approver-is-asker": asks(lambda state, _, context: bool(state == context.actor))}
    rights = Rights(allow(Approve, "pmo", unless=asked), allow(Approve, "auditor"))
    assert refusal(rights, PMO, AUDITOR, state="ann").rule == "approver-is-asker"
    assert refusal(rights, AUDITOR, PMO, state="ann").rule == "approver-is-asker"
    assert judge(rights, PMO, state="ben") == PMO


def test_every_separation_of_a_row_is_asked() -> None:
    unless = {"first": asks(lambda *_: False), "second": asks(lambda *_: True)}
    assert refusal(Rights(allow(Approve, "pmo", unless=unless)), PMO).rule == "second"


def test_reading() -> None:
    rights = Rights(
        allow("read", "pmo"),
        deny("read", "suspended", rule="suspended"),
        allow("read-own", "project_manager", own_project=True),
    )
    assert rights.may_read("read", [PMO])
    assert not rights.may_read("read", [])
    assert not rights.may_read("read", [AUDITOR])
    assert not rights.may_read("write", [PMO])
    assert not rights.may_read("read", [PMO, Mandate("suspended", "x")]), "a deny row wins"
    assert rights.may_read("read-own", iter([PM_OF_P1]), "p1")
    assert not rights.may_read("read-own", [PM_OF_P1], "p2")


def test_the_hash_names_the_table() -> None:
    rows = (allow(Approve, "pmo"), deny(Approve, "auditor", rule="r"))
    first = Rights(*rows).hash
    assert first == digest(encode([row.published() for row in rows])).hex()
    assert first == Rights(*rows).hash
    changed = [
        Rights(*reversed(rows)),
        Rights(rows[0]),
        Rights(allow(Approve, "pmo", "sponsor"), rows[1]),
        Rights(allow(Approve, "pmo", own_project=True), rows[1]),
        Rights(allow(Approve, "pmo", unless={"x": asks(lambda *_: True)}), rows[1]),
        Rights(rows[0], deny(Approve, "auditor", rule="other")),
    ]
    assert len({first, *(each.hash for each in changed)}) == 1 + len(changed)


def test_the_hash_does_not_depend_on_the_order_of_rules_in_a_row() -> None:
    one = {"a": asks(lambda *_: True), "b": asks(lambda *_: True)}
    other = dict(reversed(one.items()))
    assert Rights(allow(Approve, "pmo", unless=one)).hash == Rights(allow(Approve, "pmo", unless=other)).hash


def test_a_row_as_it_is_published() -> None:
    assert Right("Approve", ("pmo",)).published() == {
        "command": "Approve",
        "roles": ["pmo"],
        "effect": "allow",
        "relation": "any",
        "unless": {},
        "rule": "no-right",
    }
    assert (name_of(Approve), name_of("read")) == ("Approve", "read")


def test_an_identical_refusal_is_a_repeat_for_a_minute() -> None:
    denials = Denials({("Approve", "gate/1", "no-right"): Denial(NOW, "none")})
    assert denials.repeats("Approve", "gate/1", "no-right", NOW + COLLAPSE - timedelta(microseconds=1))
    assert not denials.repeats("Approve", "gate/1", "no-right", NOW + COLLAPSE)
    assert not denials.repeats("Approve", "gate/2", "no-right", NOW)
    assert not denials.repeats("Approve", "gate/1", "approver-is-asker", NOW)
