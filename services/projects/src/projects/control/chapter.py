"""Control: whether the project is within what it was given, and what a review requires of it."""

from pathlib import Path
from typing import Final

from mandate_events.deciding.rights import SYSTEM, allow, deny
from mandate_web.chapters.chapter import Chapter
from projects.control import corrective_action, forecast
from projects.control.corrective_action import CORRECTIVE_ACTION
from projects.control.forecast import FORECAST
from projects.control.heard import HEARS
from projects.control.routes import corrective_action as corrective_action_routes
from projects.control.routes import tolerance as tolerance_routes
from projects.control.tolerance import TOLERANCE
from projects.roles import PMO, PROJECT_MANAGER

OF_THE_MANAGER: Final = (forecast.ReviseForecast, corrective_action.ReportCorrectiveAction)

CHAPTER: Final = Chapter(
    name="control",
    says="Tolerances, the forecasts that are held against them, and corrective actions",
    folder=Path(__file__).parent,
    reads="read-projects",
    aggregates=[TOLERANCE, FORECAST, CORRECTIVE_ACTION],
    rights=[
        *(deny(command, PMO, rule="pmo-does-not-manage-projects") for command in OF_THE_MANAGER),
        *(allow(command, PROJECT_MANAGER, own_project=True) for command in OF_THE_MANAGER),
        allow(corrective_action.RecogniseCorrectiveAction, SYSTEM),
        allow(corrective_action.EndCorrectiveAction, SYSTEM),
    ],
    hears={"governance": HEARS},
    routers=[tolerance_routes.router, corrective_action_routes.router],
    tags={
        "forecasts": "Forecasts, and the tolerances they are held against",
        "compliance": "What compliance reviews require of projects",
    },
)
