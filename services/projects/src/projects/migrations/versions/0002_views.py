"""The lists, empty: what they are says the program, and `views build` brings them to a later one's.

Telling their past reads some types of events out of all.
"""

from alembic import op

from mandate_events.views.building import create
from projects.main import SERVICE

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index events_type on ledger.events (type, position)")
    create(op.get_bind(), SERVICE.name, SERVICE.lists.views)
