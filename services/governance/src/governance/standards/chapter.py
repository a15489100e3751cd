"""Standards: what projects go through and are judged by, version by version; and the way from one to another."""

from pathlib import Path
from typing import Final

from governance.roles import PMO
from governance.standards import migration, ready, standard
from governance.standards.migration import MIGRATION
from governance.standards.routes import migration as migration_routes
from governance.standards.routes import standard as standard_routes
from governance.standards.routes import template as template_routes
from governance.standards.standard import STANDARD
from governance.standards.views import STANDARDS_VIEW
from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter, Listed

CHAPTER: Final = Chapter(
    name="standards",
    says="The methodology, drafted, reviewed, published and retired version by version",
    folder=Path(__file__).parent,
    reads="read-framework",
    aggregates=[STANDARD, MIGRATION],
    framework=[STANDARD],
    rights=[
        allow(standard.DraftStandard, PMO),
        allow(ready.AdoptTemplate, PMO),
        allow(standard.ReviseDraft, PMO),
        allow(standard.ReviewDraft, PMO, unless={"reviewer-is-author": standard.is_author}),
        allow(standard.PublishStandard, PMO, unless={"publisher-is-sole-author": standard.is_sole_author}),
        allow(standard.RetireStandard, PMO),
        allow(migration.MigrateProject, PMO, unless=migration.DECIDING),
    ],
    lists=[Listed(view=STANDARDS_VIEW, shown=standard_routes.shown_row)],
    routers=[standard_routes.router, template_routes.router, migration_routes.router],
    tags={"standards": "Versions of the methodology"},
)
