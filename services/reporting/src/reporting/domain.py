"""Reporting as one domain. It decides nothing; its ledger holds its table of rights."""

from collections.abc import Sequence

from mandate_events.deciding import Context, Mandate
from mandate_events.deciding.domain import Domain
from reporting.rights import RIGHTS


def find_mandates(_context: Context) -> Sequence[Mandate]:
    return ()


REPORTING = Domain("reporting", aggregates=(), rights=RIGHTS, find_mandates=find_mandates)
