"""The archive: every document of every service, as it came. It only grows."""

from mandate_events.ledger.migrating import run_script
from mandate_events.ledger.schema import only_grows, role

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ARCHIVE = """
create schema archive;

create table archive.documents (
    entry       bigint primary key,
    source      text not null,
    sequence    bigint not null,
    event       text not null,
    type        text not null,
    name        text not null,
    subject     text not null,
    project     text,
    recorded_at timestamptz not null,
    actor       text not null,
    role        text not null,
    authority   text not null,
    reason      text,
    policy      text not null,
    standard    text,
    correlation text not null,
    causation   text not null,
    rule        text,
    document    bytea not null,
    constraint documents_source_sequence unique (source, sequence),
    constraint documents_entry_positive check (entry > 0 and sequence > 0)
);
comment on table archive.documents is 'What was heard, byte for byte; entry has no gaps and is the order of arrival';

create index documents_project on archive.documents (project, entry) where project is not null;
create index documents_actor on archive.documents (actor, entry);
create index documents_role on archive.documents (role, entry);
create index documents_name on archive.documents (name, entry);
create index documents_subject on archive.documents (subject, entry);
create index documents_correlation on archive.documents (correlation, entry);
create index documents_event on archive.documents (event);
create index documents_authority on archive.documents (authority, entry);
create index documents_causation on archive.documents (causation, entry);
create index documents_rule on archive.documents (rule, entry) where rule is not null;
create index documents_recorded_at on archive.documents (recorded_at);
"""


def upgrade() -> None:
    append, read, auditor, owner = (role("reporting", name) for name in ("append", "read", "auditor", "owner"))
    run_script(ARCHIVE)
    run_script(only_grows("archive.documents"))
    run_script(
        f"""
        grant usage on schema archive to {append}, {read}, {auditor};
        grant select on archive.documents to {append}, {read}, {auditor};
        grant insert on archive.documents to {append};
        alter schema archive owner to {owner};
        alter table archive.documents owner to {owner};
        """
    )
