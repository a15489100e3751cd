"""All lists of governance. They are made from its own ledger."""

from typing import Final

from governance.domain import GOVERNANCE
from governance.views.due import DUE_VIEW
from governance.views.gate_reviews import GATE_REVIEWS_VIEW
from governance.views.inbox import INBOX_VIEW
from governance.views.proposals import PROPOSALS_VIEW
from mandate_events.record import Lists, OwnLedger

LISTS: Final = Lists(
    "governance",
    (PROPOSALS_VIEW, GATE_REVIEWS_VIEW, INBOX_VIEW, DUE_VIEW),
    {"governance": GOVERNANCE.catalogue},
    OwnLedger("governance"),
)
