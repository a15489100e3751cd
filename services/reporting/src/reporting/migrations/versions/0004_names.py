"""Who the persons are that the record names by ids, as governance says; beside the record, and erasable."""

from mandate_events.ledger.names import follow_directory

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    follow_directory("reporting")
