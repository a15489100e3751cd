"""The directory: names and e-mail addresses of persons, which can be erased. It is no part of the record."""

from mandate_events.ledger.migrating import run_script
from mandate_events.ledger.schema import role

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DIRECTORY = """
create schema directory;

create table directory.people (
    person     text primary key,
    name       text not null,
    email      text not null,
    version    integer not null,
    changed_at timestamptz not null,
    changed_by text not null
);
comment on table directory.people is 'Who the persons are that the record names by opaque ids; erased on order';
comment on column directory.people.version is 'The event on the stream of the person that it was put down with';
"""


def upgrade() -> None:
    append, owner = (role("governance", name) for name in ("append", "owner"))
    run_script(DIRECTORY)
    run_script(
        f"""
        grant usage on schema directory to {append};
        grant select, insert, update, delete on directory.people to {append};
        alter schema directory owner to {owner};
        alter table directory.people owner to {owner};
        """
    )
