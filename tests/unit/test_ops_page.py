"""docs/ops.md leaves nothing out: every metric is explained there, and every setting as the program reads it."""

from pathlib import Path
from typing import Final

from prometheus_client import REGISTRY

import mandate_events.metrics  # noqa: F401
import mandate_web.app.metrics  # noqa: F401 - both declare what there is to explain
import settings_table

PAGE: Final = (Path(__file__).parents[2] / "docs" / "ops.md").read_text("utf-8")


def test_every_metric_is_explained() -> None:
    exposed = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("mandate_")}
    assert len(exposed) >= 10
    assert [name for name in sorted(exposed) if f"| `{name}` |" not in PAGE and f"| `{name}_total` |" not in PAGE] == []


def test_the_table_of_settings_is_what_the_program_reads() -> None:
    assert settings_table.renewed(PAGE) == PAGE
    for row in settings_table.table().splitlines()[2:]:
        assert row.split("|")[4].strip(), f"{row} has no meaning"
