"""Oversight: KPIs with their thresholds, and compliance reviews with their findings."""

from pathlib import Path
from typing import Final

from governance.oversight import compliance_review, kpi, measurement
from governance.oversight.compliance_review import COMPLIANCE_REVIEW, REVIEWING
from governance.oversight.heard import HEARS
from governance.oversight.kpi import KPI
from governance.oversight.measurement import MEASUREMENT
from governance.oversight.routes import compliance_review as compliance_review_routes
from governance.oversight.routes import kpi as kpi_routes
from governance.oversight.views import BREACHES_VIEW, COMPLIANCE_REVIEWS_VIEW, FINDINGS_VIEW, KPIS_VIEW
from governance.roles import PM_OFFICER, PMO
from mandate_events.deciding.rights import SYSTEM, allow
from mandate_web.chapters.chapter import Chapter, Listed

COMPUTED: Final = {"kpi-is-computed": measurement.is_computed}

CHAPTER: Final = Chapter(
    name="oversight",
    says="What the PMO watches: KPIs and their thresholds, and whether projects comply",
    folder=Path(__file__).parent,
    reads="read-governance",
    aggregates=[KPI, MEASUREMENT, COMPLIANCE_REVIEW],
    framework=[KPI],
    rights=[
        allow(kpi.DefineKpi, PMO),
        allow(kpi.SetThreshold, PMO),
        allow(measurement.MeasureKpi, PMO, unless=COMPUTED),
        allow(measurement.MeasureKpi, PM_OFFICER, own_project=True, unless=COMPUTED),
        allow(compliance_review.OpenComplianceReview, PMO, unless=REVIEWING),
        allow(compliance_review.RaiseFinding, PMO, unless=REVIEWING),
        allow(compliance_review.RequireCorrectiveAction, PMO, unless=REVIEWING),
        allow(compliance_review.WithdrawCorrectiveAction, PMO, unless=REVIEWING),
        allow(
            compliance_review.CloseFinding,
            PMO,
            unless={**REVIEWING, "closer-is-corrector": compliance_review.corrected_it},
        ),
        allow(compliance_review.CloseComplianceReview, PMO, unless=REVIEWING),
        allow(compliance_review.NoteCorrectiveAction, SYSTEM),
    ],
    lists=[
        Listed(view=KPIS_VIEW, shown=kpi_routes.shown_row),
        Listed(view=BREACHES_VIEW, shown=kpi_routes.shown_breach),
        Listed(view=COMPLIANCE_REVIEWS_VIEW, shown=compliance_review_routes.shown_row),
        Listed(view=FINDINGS_VIEW, shown=compliance_review_routes.shown_finding),
    ],
    hears={"projects": HEARS},
    routers=[kpi_routes.router, compliance_review_routes.router],
    tags={
        "kpis": "What is measured, and from where on it is bad",
        "compliance": "Reviews of what holds for projects, with findings",
    },
)
