"""Scoring models: by which criteria proposals are compared, and what each weighs. A version never changes.

A total is out of 100: the sum over the criteria of weight x score / scale, divided by the sum of the weights.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Self

import immutables
import msgspec
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from governance.strategy.figures import Figure, FigureInput, rounded
from governance.strategy.objective import check_in_force
from mandate_events.deciding import Aggregate, Context, Decided, Decision, Instruction, Part, Slug, State, Title
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import UUID_PATTERN, Uuid, told

ModelReference = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*@[1-9][0-9]{0,5}$",
        description="A scoring model's id and version",
        examples=["alignment@1"],
    ),
]
ObjectiveId = Annotated[str, Field(pattern=f"^{UUID_PATTERN}$", examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])]


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
    objective: ObjectiveId | None = Field(default=None, description="The objective that it stands for")


class DefineScoringModel(Decision):
    """Define a version of a scoring model (the first one makes the model)."""

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
    title: str
    criteria: tuple[Criterion, ...]
    defined_by: str


class ScoringModel(State, frozen=True):
    versions: immutables.Map[int, Version] = msgspec.field(default_factory=immutables.Map)


def decide(model: ScoringModel | None, command: Instruction, context: Context) -> Decided:
    match command:
        case DefineScoringModel():
            for number, criterion in enumerate(command.criteria):
                if criterion.objective:
                    check_in_force(context, f"/criteria/{number}/objective", criterion.objective)
            version = len(model.versions) + 1 if model else 1
            criteria = [msgspec.convert(criterion.model_dump(), Criterion) for criterion in command.criteria]
            return [ScoringModelDefined(version=version, title=command.title, criteria=criteria)]
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a scoring model")


def evolve(model: ScoringModel | None, event: Event, record: Recorded[Any]) -> ScoringModel:
    match event:
        case ScoringModelDefined():
            version = Version(event.title, tuple(event.criteria), record.actor)
            return ScoringModel((model or ScoringModel()).versions.set(event.version, version))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a scoring model")


SCORING_MODEL: Aggregate[ScoringModel] = Aggregate(
    "scoring-model", decide, evolve, events=EVENTS, opened_by=frozenset({DefineScoringModel})
)


def version_of(model: ScoringModel | None, reference: str) -> Version | None:
    """The version that `alignment@2` names, if there is one."""
    return model.versions.get(int(reference.partition("@")[2])) if model else None


def total(criteria: Sequence[Criterion], scores: Mapping[str, str]) -> Decimal:
    """What these scores come to, out of 100: computed in fractions, and rounded once."""
    reached = sum(
        (Fraction(criterion.weight) * Fraction(scores[criterion.id]) / criterion.scale for criterion in criteria),
        Fraction(0),
    )
    return rounded(100 * reached / sum(Fraction(criterion.weight) for criterion in criteria))
