"""The lists: the portfolio, and who holds which mandate."""

import sqlalchemy as sa
from alembic import op

from mandate_events.ledger import create_views
from mandate_events.migrating import run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(create_views("reporting"))
    op.create_table(
        "portfolio_v1",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("portfolio", sa.Text, index=True),
        sa.Column("reference", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("intake", sa.Text),
        sa.Column("execution", sa.Text),
        sa.Column(
            "status", sa.Text, sa.Computed("coalesce(execution, intake, 'proposed')", persisted=True), index=True
        ),
        sa.Column("phase", sa.Text),
        sa.Column("gate", sa.Text),
        sa.Column("gate_path", sa.Text),
        sa.Column("standard", sa.Text),
        sa.Column("budget_amount", sa.Numeric(18, 2)),
        sa.Column("budget_currency", sa.Text),
        sa.Column("forecast_amount", sa.Numeric(18, 2)),
        sa.Column("forecast_currency", sa.Text),
        sa.Column("manager", sa.Text, index=True),
        sa.Column("officer", sa.Text, index=True),
        sa.Column("sponsor", sa.Text, index=True),
        sa.Column("open_review", sa.Text),
        sa.Column("initiated_at", sa.DateTime(timezone=True)),
        sa.Column("last_changed_at", sa.DateTime(timezone=True), nullable=False),
        schema="views",
    )
    op.create_table(
        "mandates_v1",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("project", sa.Text),
        sa.Column("authority", sa.Text, nullable=False),
        sa.UniqueConstraint("person", "role", "project", name="mandates_v1_once", postgresql_nulls_not_distinct=True),
        schema="views",
    )
