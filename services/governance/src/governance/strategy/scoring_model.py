"""Scoring models: by which criteria proposals are compared, and what each weighs. A version never changes.

A total is out of 100: the sum over the criteria of weight x score / scale, divided by the sum of the weights.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Self

import msgspec
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from governance.strategy.objective import check_in_force, objectives_read
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Looking,
    Part,
    PersonId,
    Slug,
    State,
    Streams,
    Title,
    Undecided,
    Unfolded,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Uuid, told
from mandate_events.values.figures import Figure, FigureInput, rounded
from mandate_events.values.text import ThingId
from mandate_events.values.told import Digits, Id

ModelReference = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*@[1-9][0-9]{0,5}$",
        description="A scoring model's id and version",
        examples=["alignment@1"],
    ),
]


class Criterion(msgspec.Struct, frozen=True):
    """What is judged, from 0 to `scale`, what it weighs, and the objective it stands for."""

    id: str
    title: str
    weight: Figure
    scale: Annotated[int, told(minimum=1, maximum=1000)]
    objective: Uuid | None = None


class ScoringModelDefined(Event, frozen=True, kw_only=True):
    """From here on proposals can be scored by this version. It never changes again."""

    version: int
    title: str
    criteria: list[Criterion]


EVENTS = (ScoringModelDefined,)


class CriterionInput(Part):
    id: Slug = Field(examples=["environment"])
    title: Title = Field(examples=["Effect on the environment"])
    weight: FigureInput = Field(examples=["40"])
    scale: int = Field(default=5, ge=1, le=1000, description="The highest score; the lowest is 0")
    objective: ThingId | None = Field(default=None, description="The objective that it stands for")

    def recorded(self) -> Criterion:
        return msgspec.convert(self, Criterion, from_attributes=True)


class DefineScoringModel(Decision):
    """Define a version of a scoring model (the first one makes the model).

    It never changes: another one is the next version.
    """

    title: Title = Field(examples=["Strategic alignment"])
    criteria: list[CriterionInput] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if len({criterion.id for criterion in self.criteria}) < len(self.criteria):
            raise PydanticCustomError("criterion-ids", "each criterion needs its own id")
        if not any(Decimal(criterion.weight) for criterion in self.criteria):
            raise PydanticCustomError("weights-of-zero", "some criterion must weigh more than nothing")
        return self


class Version(State, frozen=True):
    version: int
    title: str
    criteria: tuple[Criterion, ...]
    defined_by: str


class ScoringModel(State, frozen=True):
    versions: tuple[Version, ...] = ()
    """Oldest first: the first one is version 1."""


class CriterionPage(BaseModel):
    """What is judged, and what it weighs."""

    id: Slug = Field(examples=["environment"])
    title: str = Field(max_length=200, examples=["Effect on the environment"])
    weight: Digits = Field(examples=["40"])
    scale: int = Field(description="The highest score", examples=[5])
    objective: Id | None = Field(description="The objective that it stands for")


class ModelVersionPage(BaseModel):
    """One version of a scoring model."""

    version: int
    title: str = Field(max_length=200, examples=["Strategic alignment"])
    criteria: list[CriterionPage]
    defined_by: PersonId


class ScoringModelPage(BaseModel):
    """A scoring model with all its versions."""

    id: Slug = Field(examples=["alignment"])
    versions: list[ModelVersionPage] = Field(description="Oldest first")


class ScoringModelItem(BaseModel):
    """A scoring model, and its latest version."""

    id: Slug = Field(examples=["alignment"])
    title: str = Field(max_length=200, examples=["Strategic alignment"])
    latest: int = Field(examples=[2])


def decide(model: ScoringModel | None, command: Instruction, context: Context) -> Decided:
    match command:
        case DefineScoringModel():
            for number, criterion in enumerate(command.criteria):
                if criterion.objective:
                    check_in_force(context, f"/criteria/{number}/objective", criterion.objective)
            return [says(ScoringModelDefined, command, version=len(model.versions) + 1 if model else 1)]
        case _:
            raise Undecided(command)


def reads(_model: ScoringModel | None, command: Instruction, _looking: Looking) -> Streams:
    """The objectives that criteria stand for."""
    if isinstance(command, DefineScoringModel):
        return objectives_read(criterion.objective for criterion in command.criteria if criterion.objective)
    return ()


def evolve(model: ScoringModel | None, event: Event, record: Recorded[Any]) -> ScoringModel:
    match event:
        case ScoringModelDefined():
            version = Version(event.version, event.title, tuple(event.criteria), record.actor)
            return ScoringModel((*(model.versions if model else ()), version))
        case _:
            raise Unfolded(event)


SCORING_MODEL: Aggregate[ScoringModel] = Aggregate(
    "scoring-model",
    decide,
    evolve,
    events=EVENTS,
    records={DefineScoringModel: (ScoringModelDefined,)},
    reads=reads,
    opened_by=frozenset({DefineScoringModel}),
)


def model_read(reference: str) -> Streams:
    """What `given_version` reads."""
    return [(SCORING_MODEL, reference.partition("@")[0])]


def given_version(context: Context, reference: str) -> Version:
    """The version that a command names as its `model`. `Invalid` where there is none."""
    version = version_of(context.read(SCORING_MODEL, reference.partition("@")[0]), reference)
    if version is None:
        raise Invalid("/model", "no-such-scoring-model", model=reference)
    return version


def version_of(model: ScoringModel | None, reference: str) -> Version | None:
    """The version that `alignment@2` names, if there is one."""
    number = int(reference.partition("@")[2])
    return next((each for each in model.versions if each.version == number), None) if model else None


def total(criteria: Sequence[Criterion], scores: Mapping[str, str]) -> Decimal:
    """What these scores come to, out of 100: computed in fractions, and rounded once."""
    reached = sum(
        (Fraction(criterion.weight) * Fraction(scores[criterion.id]) / criterion.scale for criterion in criteria),
        Fraction(0),
    )
    return rounded(100 * reached / sum(Fraction(criterion.weight) for criterion in criteria))
