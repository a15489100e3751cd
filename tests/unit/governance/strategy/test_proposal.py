"""Row 8: proposals. Nobody decides on what they proposed; what has ended is decided on no more."""

from datetime import date
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest

from governance.strategy import proposal
from governance.strategy.intake import ProjectProposed
from governance.strategy.proposal import (
    PROPOSAL,
    DeferProposal,
    MoreRequested,
    ProposalDeferred,
    ProposalRejected,
    RejectProposal,
    RequestMore,
    Status,
)
from mandate_events.deciding import Command, Context, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario
from mandate_events.values.money import Money
from tests.unit.governance.strategy.conftest import amended, amending, authorising

FAY, ANN, BEN, EVE, ZOE = (derived(name) for name in ("fay", "ann", "ben", "eve", "zoe"))
NOBODYS = cast("Context", None)
STATUSES = get_args(Status)
TOMORROW = date(2026, 3, 3)
MORE = RequestMore(what="Two quotes", reason="r")
DEFER = DeferProposal(until=TOMORROW, reason="r")
REJECT = RejectProposal(reason="r")


def test_the_status_of_a_proposal() -> None:
    one = proposal.Proposal("ann", "roads", "R1", "t", None, Money("1.00", "AUD"))
    assert one.status == "proposed"
    assert [status for status in STATUSES if replace(one, status=status).undecided] == [
        "proposed",
        "more_requested",
        "deferred",
    ]


def test_what_is_no_matter_of_a_proposal_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError):
        proposal.decide(None, Command(), NOBODYS)
    with pytest.raises(TypeError):
        proposal.evolve(None, Event(), cast("Recorded[Any]", None))


@pytest.mark.parametrize(
    ("command", "event"),
    [(DEFER, ProposalDeferred(until=TOMORROW)), (REJECT, ProposalRejected()), (MORE, MoreRequested(what="Two quotes"))],
)
def test_another_member_decides(proposed: Scenario, command: Command, event: Event) -> None:
    proposed.when(PROPOSAL, "p1", command, by=BEN).then(event).under("pmo", f"mandate/{BEN}@1")
    proposed.when(PROPOSAL, "p1", command, by=ANN).refused("decider-is-proposer", authority=True)
    for person in (FAY, EVE, ZOE):
        proposed.when(PROPOSAL, "p1", command, by=person).refused("no-right", authority=True)


def test_a_proposal_is_deferred_to_a_day_to_come(proposed: Scenario) -> None:
    command = DeferProposal(until=date(2026, 3, 2), reason="r")
    proposed.when(PROPOSAL, "p1", command, by=BEN).invalid("/until")


@pytest.mark.parametrize("before", [ProposalDeferred(until=TOMORROW), MoreRequested(what="Two quotes")])
def test_what_waits_can_still_be_decided(proposed: Scenario, before: Event) -> None:
    proposed.given(PROPOSAL, "p1", before, by=BEN)
    for command in (authorising(), REJECT, DEFER, MORE):
        assert proposed.when(PROPOSAL, "p1", command, by=BEN).refusal is None
    assert proposed.when(PROPOSAL, "p1", amending(title="Anew"), by=ANN).refusal is None


def test_nothing_is_decided_on_what_was_rejected(proposed: Scenario) -> None:
    proposed.given(PROPOSAL, "p1", ProposalRejected(), by=BEN)
    for command in (authorising(), REJECT, DEFER, MORE):
        proposed.when(PROPOSAL, "p1", command, by=BEN).refused("proposal-ended")
    proposed.when(PROPOSAL, "p1", amending(title="Anew"), by=ANN).refused("proposal-ended")


def test_nothing_is_decided_on_what_was_authorised(authorised: Scenario) -> None:
    for command in (REJECT, DEFER, MORE):
        authorised.when(PROPOSAL, "p1", command, by=BEN).refused("proposal-ended")
    authorised.when(PROPOSAL, "p1", amending(title="Anew"), by=ANN).refused("proposal-ended")


def test_the_status_follows_what_was_decided() -> None:
    by = cast("Recorded[Any]", SimpleNamespace(actor=ANN))
    first = ProjectProposed(portfolio="p", reference="r", title="t", gate_path=None, forecast_cost=Money("1.00", "AUD"))
    begun = proposal.evolve(None, first, by)

    def after(*events: Event) -> tuple[str, str | None, date | None]:
        state = begun
        for event in events:
            state = proposal.evolve(state, event, by)
        return state.status, state.requested, state.deferred_until

    asked, deferred = MoreRequested(what="w"), ProposalDeferred(until=TOMORROW)
    assert after() == ("proposed", None, None)
    assert after(asked) == ("more_requested", "w", None)
    assert after(asked, amended(answers="w")) == ("proposed", None, None)
    assert after(asked, deferred) == ("deferred", None, TOMORROW)
    assert after(deferred, amended()) == ("deferred", None, TOMORROW)
    assert after(deferred, asked) == ("more_requested", "w", None)
    assert after(deferred, ProposalRejected())[0] == "rejected"
