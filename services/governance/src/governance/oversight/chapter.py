"""Oversight: KPIs with their thresholds, and compliance reviews with their findings."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias

from pydantic import Field

from governance.oversight import routes
from governance.oversight.compliance_review import (
    COMPLIANCE_REVIEW,
    CloseComplianceReview,
    ComplianceReviewPage,
    OpenComplianceReview,
    corrected_it,
)
from governance.oversight.findings import (
    CloseFinding,
    FindingItem,
    RaiseFinding,
    RequireCorrectiveAction,
    Severity,
    Status,
    WithdrawCorrectiveAction,
)
from governance.oversight.heard import HEARS
from governance.oversight.kpi import KPI, DefineKpi, KpiItem, KpiPage, SetThreshold
from governance.oversight.measurement import (
    MEASUREMENT,
    BreachedThresholdItem,
    MeasureKpi,
    MeasurementPage,
    is_computed,
    kpi_read,
)
from governance.oversight.views import BREACHES_VIEW, FINDINGS_VIEW, KPIS_VIEW
from governance.roles import PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR
from mandate_events.deciding.rights import allow
from mandate_events.deciding.separation import holds, predicate
from mandate_web.chapters.chapter import Chapter, Listed, Served, Things
from mandate_web.chapters.ids import slug, uuid
from mandate_web.routes.offering import Offer

SEEN: Final = "With a role in projects only, a person sees those of them."
COMPUTED: Final = {
    "kpi-is-computed": predicate(
        "kpi-is-computed", is_computed, says="The system computes the KPI that is measured.", reads=kpi_read
    )
}
REVIEWING: Final = {
    "reviewer-runs-the-project": holds(PROJECT_MANAGER),
    "reviewer-owns-the-project": holds(SPONSOR),
    "reviewer-is-its-officer": holds(PM_OFFICER),
}
"""Who is too close to a project to review it."""
CORRECTED_IT: Final = predicate(
    "corrected-it",
    corrected_it,
    says="The person owns a corrective action that the finding requires, or reported it done.",
)

OfKpi: TypeAlias = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9-]+$", description="Name of a KPI")]
OfProject: TypeAlias = Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f-]+$", description="Id of a project")]

CHAPTER: Final = Chapter(
    name="oversight",
    says="What the PMO watches: KPIs and their thresholds, and whether projects comply",
    folder=Path(__file__).parent,
    reads="read-governance",
    served=[
        Served(
            KPI,
            KpiPage,
            at="/v1/kpis/{id}",
            id=slug("The KPI's name", "schedule-performance"),
            takes={
                "/v1/kpis/{id}/definitions": DefineKpi,
                "/v1/kpis/{id}/thresholds": SetThreshold,
            },
            reads="read-framework",
            tag="kpis",
        ),
        Served(MEASUREMENT, MeasurementPage, at="/v1/kpis/{id}/measurements/{place}", special=True, tag="kpis"),
        Served(
            COMPLIANCE_REVIEW,
            ComplianceReviewPage,
            at="/v1/compliance-reviews/{id}",
            id=uuid("Id of the compliance review"),
            opens={"/v1/projects/{id}/compliance-reviews": OpenComplianceReview},
            takes={
                "/v1/compliance-reviews/{id}/findings": RaiseFinding,
                "/v1/compliance-reviews/{id}/corrective-actions": RequireCorrectiveAction,
                "/v1/compliance-reviews/{id}/corrective-action-withdrawals": WithdrawCorrectiveAction,
                "/v1/compliance-reviews/{id}/finding-closures": CloseFinding,
                "/v1/compliance-reviews/{id}/closures": CloseComplianceReview,
            },
            listed=Things(
                at="/v1/compliance-reviews",
                sort=("-recorded_at",),
                says=f"Compliance reviews, the latest first. {SEEN}",
            ),
            tag="compliance",
        ),
    ],
    framework=[KPI],
    rights=[
        allow(DefineKpi, PMO),
        allow(SetThreshold, PMO),
        allow(MeasureKpi, PMO, unless=COMPUTED),
        allow(MeasureKpi, PM_OFFICER, own_project=True, unless=COMPUTED),
        allow(OpenComplianceReview, PMO, unless=REVIEWING),
        allow(RaiseFinding, PMO, unless=REVIEWING),
        allow(RequireCorrectiveAction, PMO, unless=REVIEWING),
        allow(WithdrawCorrectiveAction, PMO, unless=REVIEWING),
        allow(CloseFinding, PMO, unless={**REVIEWING, "closer-is-corrector": CORRECTED_IT}),
        allow(CloseComplianceReview, PMO, unless=REVIEWING),
    ],
    lists=[
        Listed(
            view=KPIS_VIEW,
            item=KpiItem,
            of=KPI,
            at="/v1/kpis",
            says="All KPIs, by name.",
            reads="read-framework",
            tag="kpis",
        ),
        Listed(
            view=BREACHES_VIEW,
            item=BreachedThresholdItem,
            at="/v1/breaches",
            says=f"Values that lie in red, the latest first. {SEEN}",
            sort=("-breached_at", "-id"),
            filters={"kpi": OfKpi, "project": OfProject},
            tag="kpis",
        ),
        Listed(
            view=FINDINGS_VIEW,
            item=FindingItem,
            at="/v1/findings",
            says=f"Findings of all reviews, the oldest first. {SEEN}",
            sort=("raised_at", "review", "number"),
            filters={"project": OfProject, "status": Status, "severity": Severity},
            tag="compliance",
        ),
    ],
    hears={"projects": HEARS},
    routers=[routes.router],
    offers=[Offer(MeasureKpi, "/v1/kpis/{kpi}/measurements", MEASUREMENT)],
    tags={
        "kpis": "What is measured, and from where on it is bad",
        "compliance": "Reviews of what holds for projects, with findings",
    },
)
