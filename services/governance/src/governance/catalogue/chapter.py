"""The catalogue: processes, tools and templates, and which of them projects use."""

from pathlib import Path
from typing import Final

from governance.catalogue import process, template, tool, use
from governance.catalogue.heard import HEARS
from governance.catalogue.process import PROCESS
from governance.catalogue.routes import catalogue as catalogue_routes
from governance.catalogue.routes import process as process_routes
from governance.catalogue.routes import template as template_routes
from governance.catalogue.routes import tool as tool_routes
from governance.catalogue.template import TEMPLATE
from governance.catalogue.tool import TOOL
from governance.catalogue.views import CATALOGUE_VIEW, USES_VIEW
from governance.roles import PMO
from mandate_events.deciding.rights import SYSTEM, allow
from mandate_web.chapters.chapter import Chapter, Listed

CHAPTER: Final = Chapter(
    name="catalogue",
    says="What the PMO supplies: processes, tools and templates, and who uses them",
    folder=Path(__file__).parent,
    reads="read-framework",
    aggregates=[PROCESS, TOOL, TEMPLATE],
    framework=[PROCESS],  # the streams of tools and templates tell which projects use them
    rights=[
        allow(process.DefineProcess, PMO),
        allow(tool.ApproveTool, PMO),
        allow(tool.WithdrawTool, PMO),
        allow(template.PublishTemplate, PMO),
        allow(template.WithdrawTemplate, PMO),
        allow(use.RecogniseUse, SYSTEM),
    ],
    lists=[Listed(view=CATALOGUE_VIEW), Listed(view=USES_VIEW, shown=catalogue_routes.shown_use)],
    hears={"projects": HEARS},
    routers=[catalogue_routes.router, process_routes.router, tool_routes.router, template_routes.router],
    tags={"catalogue": "Processes, tools and templates, and who uses them"},
)
