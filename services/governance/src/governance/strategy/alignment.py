"""Alignment: how well a proposal serves the strategy, as one person scores it by one version of a scoring model."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from governance.strategy.scoring_model import ModelReference, given_version, total
from mandate_events.deciding import Context, Decision, Invalid, Slug, says
from mandate_events.document.event import Event
from mandate_events.document.formats import told
from mandate_events.values.figures import Figure, FigureInput

ModelVersion = Annotated[str, told("A scoring model's id and version: `alignment@1`", pattern="^[^@]+@[1-9][0-9]*$")]


class AlignmentScored(Event, frozen=True, kw_only=True):
    """The person scored the proposal by this version of the model. `total` is out of 100; their latest counts."""

    model: ModelVersion
    scores: dict[str, Figure]
    total: Figure


class ScoreProposal(Decision):
    """Score a proposal: each criterion of the version, from 0 to its scale.

    The latest score of each person by a version counts; nobody scores a proposal of their own.
    """

    model: ModelReference
    scores: dict[Slug, FigureInput] = Field(min_length=1, max_length=50, examples=[{"environment": "4", "cost": "2.5"}])


def scored(command: ScoreProposal, context: Context) -> AlignmentScored:
    """The score with its total. Raises `Invalid` where it is not what the version of the model asks for."""
    version = given_version(context, command.model)
    expected = [criterion.id for criterion in version.criteria]
    if set(command.scores) != set(expected):
        raise Invalid("/scores", "scores-of-other-criteria", model=command.model, criteria=expected)
    for criterion in version.criteria:
        if Decimal(command.scores[criterion.id]) > criterion.scale:
            raise Invalid(f"/scores/{criterion.id}", "score-above-scale", scale=criterion.scale)
    return says(AlignmentScored, command, total=f"{total(version.criteria, command.scores):.4f}")
