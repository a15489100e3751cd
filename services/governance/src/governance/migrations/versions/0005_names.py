"""Who the persons are, by id, as other services are told it: a name, or nothing of who was erased."""

from mandate_events.ledger.migrating import run_script
from mandate_events.ledger.schema import role

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAMES = """
create view directory.names as
select person, name from directory.people
where not exists (
    select from ledger.events
    where stream = 'directory/' || person and type = 'mandate.governance.person-erased.v1'
)
union all
select substr(stream, length('directory/') + 1), null from ledger.events
where type = 'mandate.governance.person-erased.v1';
comment on view directory.names is 'Who the persons are, as other services are told; without a name: erased, for good';
"""


def upgrade() -> None:
    append, owner = (role("governance", name) for name in ("append", "owner"))
    run_script(NAMES)
    run_script(f"alter view directory.names owner to {owner}; grant select on directory.names to {append};")
