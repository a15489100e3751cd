"""Standards: what projects go through and are judged by, version by version; and the way from one to another."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from governance.requests.kind import ID_PATTERN
from governance.roles import PMO
from governance.standards.migration import DECIDING, MIGRATION, MigrateProject, StandardMigrationPage
from governance.standards.pages import StandardItem, StandardPage, shown_standard
from governance.standards.ready import AdoptTemplate
from governance.standards.routes import router
from governance.standards.standard import (
    STANDARD,
    DraftStandard,
    PublishStandard,
    RetireStandard,
    ReviewDraft,
    ReviseDraft,
    StandardDrafted,
    StandardDraftRevised,
    StandardPublished,
    Status,
)
from governance.standards.views import STANDARDS_VIEW
from mandate_events.deciding import Slug
from mandate_events.deciding.rights import allow
from mandate_events.deciding.separation import recorded, recorded_alone
from mandate_web.chapters.chapter import Chapter, Listed, Served
from mandate_web.chapters.ids import slug, text

WRITING: Final = (StandardDrafted, StandardDraftRevised)
"""Who recorded one of these of a version is an author of it."""

ALONE: Final = recorded_alone(*WRITING, StandardPublished, where="version")
"""Who did all that was done to a version. Publishing counts: a published one is no draft, whoever wrote it."""

CHAPTER: Final = Chapter(
    name="standards",
    says="The methodology, drafted, reviewed, published and retired version by version",
    folder=Path(__file__).parent,
    reads="read-framework",
    served=[
        Served(
            STANDARD,
            StandardPage,
            at="/v1/standards/{id}",
            id=slug("The standard's name", "capital-delivery"),
            takes={
                "/v1/standards/{id}/versions": DraftStandard,
                "/v1/standards/{id}/adoptions": AdoptTemplate,
                "/v1/standards/{id}/revisions": ReviseDraft,
                "/v1/standards/{id}/reviews": ReviewDraft,
                "/v1/standards/{id}/publications": PublishStandard,
                "/v1/standards/{id}/retirements": RetireStandard,
            },
            shown=shown_standard,
        ),
        Served(
            MIGRATION,
            StandardMigrationPage,
            at="/v1/standard-migrations/{id}",
            id=text("Id of the migration", ID_PATTERN),
            opens={"/v1/projects/{id}/standard-migrations": MigrateProject},
            reads="read-governance",
        ),
    ],
    framework=[STANDARD],
    rights=[
        allow(DraftStandard, PMO),
        allow(AdoptTemplate, PMO),
        allow(ReviseDraft, PMO),
        allow(ReviewDraft, PMO, unless={"reviewer-is-author": recorded(*WRITING, where="version")}),
        allow(PublishStandard, PMO, unless={"publisher-is-sole-author": ALONE}),
        allow(RetireStandard, PMO),
        allow(MigrateProject, PMO, unless=DECIDING),
    ],
    lists=[
        Listed(
            view=STANDARDS_VIEW,
            item=StandardItem,
            at="/v1/standards",
            says="Versions of standards, by name and number. Projects are authorised under the published ones.",
            sort=("standard", "version"),
            filters={
                "standard": Annotated[Slug, Field(description="Only its versions", examples=["capital-delivery"])],
                "status": Status,
            },
        ),
    ],
    routers=[router],
    tags={"standards": "Versions of the methodology"},
)
