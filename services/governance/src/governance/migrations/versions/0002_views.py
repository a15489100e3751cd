"""The lists: proposals and gate reviews."""

import sqlalchemy as sa
from alembic import op

from mandate_events.ledger import create_views
from mandate_events.migrating import run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(create_views("governance"))
    op.create_table(
        "proposals_v1",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("portfolio", sa.Text, nullable=False, index=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("gate_path", sa.Text),
        sa.Column("forecast_amount", sa.Numeric(18, 2), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("standard", sa.Text),
        sa.Column("budget_amount", sa.Numeric(18, 2)),
        schema="views",
    )
    op.create_table(
        "gate_reviews_v1",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, nullable=False, index=True),
        sa.Column("gate", sa.Text, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("standard", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("outcome", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("answer", sa.Text),
        schema="views",
    )
