"""The ledger, its roles and its guards."""

from mandate_events.ledger import create_ledger
from mandate_events.migrating import run_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(create_ledger("reporting"))
