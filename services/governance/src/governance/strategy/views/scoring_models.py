"""The list of scoring models."""

from typing import Any, Final

from sqlalchemy import Column, Integer, Text

from governance.strategy.scoring_model import ScoringModelDefined
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

SCORING_MODELS: Final = table(
    "scoring_models",
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("latest", Integer, nullable=False),
)


def change(record: Recorded[Any]) -> Change:
    said: ScoringModelDefined = record.data
    return Change(record.thing, {"title": said.title, "latest": said.version})


SCORING_MODELS_VIEW: Final = View(SCORING_MODELS, (ScoringModelDefined,), change)
