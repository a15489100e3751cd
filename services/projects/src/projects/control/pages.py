"""Pages of control: the tolerances of a project, dimension by dimension."""

from typing import Any

from pydantic import BaseModel, Field

from mandate_events.values.told import Digits, Id
from mandate_web.chapters.pages import plain
from projects.control.tolerance import Dimension, Tolerances


class DimensionTolerance(BaseModel):
    """How far the project may depart from its plan in one dimension, and how it stands to that."""

    dimension: Dimension
    tolerance: str | None = Field(
        description="A decimal, a part of the plan, or a statement; null: any departure is beyond", examples=["10%"]
    )
    used: Digits | None = Field(description="What approved changes take of it", examples=["25000.00"])
    breach: Digits | None = Field(description="By how much the forecast departs, where that is beyond", examples=["12"])
    reported: bool = Field(description="Whether an exception report waits for the PMO's decision")


class ProjectTolerancesPage(BaseModel):
    """How far the project may depart from its plan, and where its forecast leaves that.

    Of its tolerances, those that say something, dimension by dimension.
    """

    project: Id
    tolerances: list[DimensionTolerance]


def shown_tolerances(id_: str, known: Tolerances) -> dict[str, Any]:
    """The tolerances of a project as they are told."""
    dimensions = sorted({*known.set, *known.used, *known.breaches, *known.reported})
    return {
        "project": id_,
        "tolerances": [
            {
                "dimension": each,
                "tolerance": known.set.get(each),
                "used": plain(known.used.get(each)),
                "breach": plain(known.breaches.get(each)),
                "reported": each in known.reported,
            }
            for each in dimensions
        ],
    }
