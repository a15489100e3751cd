"""What reporting reads of each service's events: only the fields it needs, so that the others may change."""

from collections.abc import Mapping
from typing import Final

from mandate_events.document.event import Catalogue
from reporting.heard.governance import GOVERNANCE
from reporting.heard.projects import PROJECTS
from reporting.heard.reporting import REPORTING

HEARD: Final[Mapping[str, Catalogue]] = {
    catalogue.service: catalogue for catalogue in (GOVERNANCE, PROJECTS, REPORTING)
}
"""Every ledger that reporting follows, its own included."""
