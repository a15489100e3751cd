"""Control: whether the project is within what it was given, and what a review requires of it."""

from pathlib import Path
from typing import Final

from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter, Listed, Served
from mandate_web.chapters.ids import PROJECT, uuid
from projects.control.corrective_action import (
    CORRECTIVE_ACTION,
    CorrectiveActionPage,
    ReportCorrectiveAction,
)
from projects.control.forecast import FORECAST, ForecastPage, ReviseForecast
from projects.control.heard import HEARS
from projects.control.pages import ProjectTolerancesPage, shown_tolerances
from projects.control.tolerance import TOLERANCE
from projects.control.views import FORECASTS_VIEW, ForecastItem, shown_forecast
from projects.roles import PROJECT_MANAGER

CHAPTER: Final = Chapter(
    name="control",
    says="Tolerances, the forecasts that are held against them, and corrective actions",
    folder=Path(__file__).parent,
    reads="read-projects",
    served=[
        Served(
            TOLERANCE,
            ProjectTolerancesPage,
            at="/v1/projects/{id}/tolerances",
            id=PROJECT,
            shown=shown_tolerances,
            tag="forecasts",
        ),
        Served(
            FORECAST,
            ForecastPage,
            at="/v1/projects/{id}/forecast",
            id=PROJECT,
            takes={"/v1/projects/{id}/forecasts": ReviseForecast},
            tag="forecasts",
        ),
        Served(
            CORRECTIVE_ACTION,
            CorrectiveActionPage,
            at="/v1/corrective-actions/{id}",
            id=uuid("Id of the corrective action"),
            takes={"/v1/corrective-actions/{id}/reports": ReportCorrectiveAction},
            tag="compliance",
        ),
    ],
    rights=[
        allow(ReviseForecast, PROJECT_MANAGER, own_project=True),
        allow(ReportCorrectiveAction, PROJECT_MANAGER, own_project=True),
    ],
    lists=[
        Listed(
            view=FORECASTS_VIEW,
            item=ForecastItem,
            shown=shown_forecast,
            at="/v1/projects/{id}/forecasts",
            says="What was forecast, the latest first.",
            sort=("-revised_at",),
            tag="forecasts",
        ),
    ],
    hears={"governance": HEARS},
    tags={
        "forecasts": "Forecasts, and the tolerances they are held against",
        "compliance": "What compliance reviews require of projects",
    },
)
