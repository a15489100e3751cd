"""The catalogue: processes, tools and templates, and which of them projects use."""

from pathlib import Path
from typing import Final

from governance.catalogue import process, routes, template, tool
from governance.catalogue.heard import HEARS
from governance.catalogue.process import PROCESS, ProcessPage
from governance.catalogue.template import TEMPLATE, TemplatePage
from governance.catalogue.tool import TOOL, ToolPage
from governance.catalogue.views import CATALOGUE_VIEW, USES_VIEW
from governance.roles import PMO
from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter, Listed, Served
from mandate_web.chapters.ids import slug

ITS_NAME: Final = slug("Its name in the catalogue", "scheduling-workbench")

CHAPTER: Final = Chapter(
    name="catalogue",
    says="What the PMO supplies: processes, tools and templates, and who uses them",
    folder=Path(__file__).parent,
    reads="read-framework",
    served=[
        Served(
            PROCESS,
            ProcessPage,
            at="/v1/processes/{id}",
            id=ITS_NAME,
            takes={"/v1/processes/{id}/versions": process.DefineProcess},
        ),
        Served(
            TOOL,
            ToolPage,
            at="/v1/tools/{id}",
            id=ITS_NAME,
            takes={
                "/v1/tools/{id}/approvals": tool.ApproveTool,
                "/v1/tools/{id}/withdrawals": tool.WithdrawTool,
            },
            shown=routes.shown_tool,
            special=True,
        ),
        Served(
            TEMPLATE,
            TemplatePage,
            at="/v1/templates/{id}",
            id=ITS_NAME,
            takes={
                "/v1/templates/{id}/publications": template.PublishTemplate,
                "/v1/templates/{id}/withdrawals": template.WithdrawTemplate,
            },
            shown=routes.shown_template,
            special=True,
        ),
    ],
    framework=[PROCESS],  # the streams of tools and templates tell which projects use them
    rights=[
        allow(process.DefineProcess, PMO),
        allow(tool.ApproveTool, PMO),
        allow(tool.WithdrawTool, PMO),
        allow(template.PublishTemplate, PMO),
        allow(template.WithdrawTemplate, PMO),
    ],
    lists=[Listed(view=CATALOGUE_VIEW), Listed(view=USES_VIEW, shown=routes.shown_use)],
    hears={"projects": HEARS},
    routers=[routes.router],
    tags={"catalogue": "Processes, tools and templates, and who uses them"},
)
