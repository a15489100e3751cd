"""The portfolio: one row per project, from its proposal to its end, and the page of each."""

from pathlib import Path
from typing import Final

from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter, Listed
from reporting.portfolio import routes
from reporting.portfolio.heard import OF_GOVERNANCE, OF_PROJECTS
from reporting.portfolio.views import PORTFOLIO_VIEW
from reporting.roles import AUDITOR, OBSERVER, PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR

CHAPTER: Final = Chapter(
    name="portfolio",
    says="All projects at a glance, and the page of each",
    folder=Path(__file__).parent,
    reads="read-portfolio",
    rights=[
        allow("read-portfolio", PMO, AUDITOR, OBSERVER),
        allow("read-portfolio", PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
    ],
    lists=[Listed(view=PORTFOLIO_VIEW, shown=routes.shown_project)],
    hears={"governance": dict.fromkeys(OF_GOVERNANCE), "projects": dict.fromkeys(OF_PROJECTS)},
    routers=[routes.router],
    tags={"portfolio": "All projects, and the page of each"},
)
