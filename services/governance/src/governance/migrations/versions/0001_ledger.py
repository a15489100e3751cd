"""The ledger, its roles and its guards."""

from mandate_events.ledger.migrating import run_script
from mandate_events.ledger.schema import create_ledger

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(create_ledger("governance"))
