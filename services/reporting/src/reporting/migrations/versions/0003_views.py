"""The lists, empty: what they are says the program, and `views build` brings them to a later one's."""

from alembic import op

from mandate_events.views.building import create
from reporting.main import SERVICE

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create(op.get_bind(), SERVICE.name, SERVICE.lists.views)
