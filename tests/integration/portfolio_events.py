"""Any events that the portfolio is made of, for tests that hold of all of them."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from mandate_events.document.event import Recorded
from mandate_events.values.money import Money
from reporting.portfolio import heard as executed
from reporting.portfolio import heard as governed

PROJECT = "0197b3a0-5c1e-7c44-8d1f-2f6b8f1f7a11"
words = st.sampled_from(["a", "b", "c"])
money = st.builds(Money, amount=st.sampled_from(["1.00", "2.50"]), currency=st.sampled_from(["AUD", "NZD"]))
terms = {"portfolio": words, "reference": words, "title": words, "gate_path": words, "standard": words, "budget": money}
by_governance = st.one_of(
    st.builds(
        governed.ProjectProposed,
        portfolio=words,
        reference=words,
        title=words,
        gate_path=st.none() | words,
        forecast_cost=money,
    ),
    # where an amendment names no path, the authorisation that any project begins with names one
    st.builds(governed.ProposalAmended, title=words, gate_path=words, forecast_cost=money),
    st.builds(governed.MoreRequested),
    st.builds(governed.ProposalDeferred),
    st.builds(governed.ProposalRejected),
    st.builds(governed.ProjectAuthorised, **terms),
    st.builds(governed.ProjectMigratedToStandard, standard=words, gate_path=words),
    st.builds(governed.ManagerAppointed, project=st.just(PROJECT), person=words),
    st.builds(governed.ManagerReplaced, project=st.just(PROJECT), person=words),
    st.builds(governed.OfficerAssigned, project=st.just(PROJECT), person=words),
    st.builds(governed.OfficerReleased, project=st.just(PROJECT)),
    st.builds(governed.SponsorAppointed, project=st.just(PROJECT), person=words),
    st.builds(governed.SponsorReplaced, project=st.just(PROJECT), person=words),
)
by_projects = st.one_of(
    st.builds(executed.ProjectInitiated, **terms),
    st.builds(executed.PhaseStarted, phase=words, gate=words),
    st.builds(executed.GateReviewRequested, review=words),
    st.builds(executed.GateDecisionApplied, review=words),
    st.builds(executed.GateDecisionNotApplied, review=words),
    st.builds(executed.ProjectHeld),
    st.builds(executed.ProjectResumed),
    st.builds(executed.ProjectClosed),
    st.builds(executed.ProjectTerminated),
)


ANY_RECORD: Recorded[Any] = Recorded(
    datacontenttype="application/json",
    id="",
    source="",
    type="",
    subject="",
    time=datetime(2026, 3, 2, tzinfo=UTC),
    sequence="1",
    streamversion=1,
    correlationid="",
    causationid="",
    occurredat=datetime(2026, 3, 2, tzinfo=UTC),
    actor="",
    actingas="",
    authority="",
    policy="",
    previous="",
    data=None,
)
