"""Standards as they are told: versions, their content, and what differs between two of them."""

from typing import Any

from pydantic import BaseModel, Field

from governance.standards.content import Boundary, Decider, Dimension, EvmMethod
from governance.standards.difference import Difference, How, Kind
from governance.standards.document import (
    CalendarInput,
    ChecklistInput,
    ControlInput,
    ItemInput,
    KpiInput,
    RiskInput,
    RoleInput,
)
from governance.standards.ready import Template
from governance.standards.standard import Standard, Status, Verdict, Version
from mandate_events.deciding import PersonId
from mandate_events.values.text import Hash, Slug
from mandate_events.values.told import Edition
from mandate_web.chapters.pages import copied
from mandate_web.problems.wording import Language


class GatePage(BaseModel):
    """Where it is decided whether, and how, a project goes on."""

    id: Slug = Field(examples=["gate-1"])
    title: str = Field(max_length=200, examples=["Investment decision"])
    criteria: list[ItemInput] = Field(description="What must be true for a go")
    deliverables: list[ItemInput] = Field(description="What the phase must have produced")
    evidence: list[ItemInput] = Field(description="What a request for the gate must show")


class PhasePage(BaseModel):
    """A stretch of work that ends at a gate."""

    id: Slug = Field(examples=["business-case"])
    title: str = Field(max_length=200, examples=["Business case"])
    gate: GatePage


class GatePathPage(BaseModel):
    """The phases that a kind of project goes through, in order."""

    id: Slug = Field(examples=["two-gate"])
    title: str = Field(max_length=200, examples=["Two gates"])
    phases: list[PhasePage]


class StandardKpi(KpiInput):
    """What is measured in each project, and from where on it is bad."""


class StandardCalendar(CalendarInput):
    """When people work."""


class StandardContent(BaseModel):
    """All that a version says besides its prose."""

    title: str = Field(max_length=200, examples=["Capital delivery"])
    paths: list[GatePathPage]
    controls: list[ControlInput]
    checklists: list[ChecklistInput]
    roles: list[RoleInput]
    tolerances: dict[Dimension, str] = Field(
        description="By dimension: a decimal (time in working days, cost in the budget's currency), a percentage, or a "
        "statement",
        examples=[{"time": "20", "cost": "10 %"}],
    )
    risk: RiskInput | None
    kpis: list[StandardKpi]
    evm_method: EvmMethod | None = Field(description="Where a work package says nothing else")
    calendars: list[StandardCalendar]
    deciders: dict[Boundary, Decider] = Field(
        description="By kind of request; the PMO decides the others", examples=[{"change": "sponsor"}]
    )


class DraftReviewPage(BaseModel):
    """What a reviewer said last of the draft, as it was published or is now."""

    reviewer: PersonId
    verdict: Verdict
    comment: str | None = Field(max_length=500, examples=["Say who holds the contingency"])


class VersionSummary(BaseModel):
    """One version of a standard: who wrote it, who reviewed it, and whether it is in force."""

    version: int
    status: Status
    authors: list[PersonId]
    template: str | None = Field(
        description="The ready standard that it began with", pattern=r"^[a-z0-9-]+\.[a-z]{2}$", examples=["light.en"]
    )
    reviews: list[DraftReviewPage]
    successor: Edition | None = Field(description="Of a retired one: what follows it", examples=["capital-delivery@2"])
    text: Hash | None = Field(description="SHA-256 of its prose: `GET /v1/blobs/{sha256}`")


class VersionPage(VersionSummary):
    """One version of a standard, with its gate paths."""

    title: str = Field(max_length=200, examples=["Capital delivery"])
    paths: list[GatePathPage]


class StandardPage(BaseModel):
    """A standard with all its versions."""

    id: Slug = Field(examples=["capital-delivery"])
    versions: list[VersionPage] = Field(description="Oldest first")


class StandardVersionPage(StandardContent, VersionSummary):
    """One version of a standard, in full."""

    id: Edition = Field(description="How projects name it")


class StandardItem(BaseModel):
    """One version of a standard."""

    id: Edition = Field(description="How projects name it")
    standard: Slug = Field(examples=["capital-delivery"])
    version: int
    title: str = Field(max_length=200, examples=["Capital delivery"])
    status: Status
    successor: Edition | None = Field(examples=["capital-delivery@2"])


class StandardTemplateItem(BaseModel):
    """A ready standard in one of its languages."""

    id: Template
    language: Language
    title: str = Field(max_length=200, examples=["Light, two gates"])


class StandardTemplates(BaseModel):
    """All ready standards."""

    items: list[StandardTemplateItem]


class StandardTemplatePage(StandardContent):
    """A ready standard in full. Without `id` and `language` it is what a draft takes."""

    id: Template
    language: Language
    text: str = Field(description="Its prose, in Markdown")


class DifferencePage(BaseModel):
    """One thing that is not the same in both versions."""

    what: Kind
    id: str = Field(
        description="Its id; what stands in a path, a list or a role has theirs before it",
        pattern="^[a-z0-9_.-]+(/[a-z0-9_.-]+)*$",
        examples=["two-gate/gate-1/need-stated"],
    )
    change: How
    before: str | None = Field(alias="from", description="What the first version says; null where it has none")
    after: str | None = Field(alias="to", description="What the second version says; null where it has none")
    says: str = Field(examples=["New: the control site-diary: “Site diary, mandatory”"])


class StandardComparison(BaseModel):
    """What changed from one version to another."""

    id: Slug = Field(examples=["capital-delivery"])
    before: int = Field(alias="from")
    after: int = Field(alias="to")
    language: Language
    differences: list[DifferencePage]


def shown_standard(id_: str, standard: Standard) -> dict[str, Any]:
    """A standard as it is told."""
    versions = sorted(standard.versions.items())
    return {"id": id_, "versions": [_shown(VersionPage, id_, number, version) for number, version in versions]}


def shown_version(id_: str, number: int, version: Version) -> dict[str, Any]:
    """A version in full."""
    return _shown(StandardVersionPage, f"{id_}@{number}", number, version)


def _shown(page: type[VersionSummary], id_: str, number: int, version: Version) -> dict[str, Any]:
    reviews = [
        {"reviewer": person, "verdict": review.verdict, "comment": review.comment}
        for person, review in sorted(version.reviews.items())
    ]
    return copied(page, id_, version, version=number, reviews=reviews)


def shown_difference(difference: Difference, language: Language) -> dict[str, Any]:
    """A difference as it is told."""
    return {
        "what": difference.what,
        "id": difference.id,
        "change": difference.change,
        "from": difference.before,
        "to": difference.after,
        "says": difference.says(language),
    }
