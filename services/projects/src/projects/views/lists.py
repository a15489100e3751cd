"""All lists of projects. They are made from its own ledger."""

from typing import Final

from mandate_events.views.record import Lists, OwnLedger
from projects.domain import PROJECTS
from projects.views.due import DUE_VIEW

LISTS: Final = Lists("projects", (DUE_VIEW,), {"projects": PROJECTS.catalogue}, OwnLedger("projects"))
