"""Work that is carried out later: imports with their lines. It is no part of the record, and is forgotten in time."""

from mandate_events.ledger.migrating import run_script
from mandate_events.ledger.schema import role

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WORK = """
create schema work;

create table work.jobs (
    id          text primary key,
    kind        text not null,
    person      text not null,
    correlation text not null,
    digest      bytea not null,
    state       text not null default 'queued',
    total       integer not null,
    done        integer not null default 0,
    accepted    integer not null default 0,
    refused     integer not null default 0,
    reached     integer not null default 0,
    created_at  timestamptz not null default clock_timestamp(),
    started_at  timestamptz,
    ended_at    timestamptz,
    cancelled_at timestamptz,
    constraint jobs_state check (state in ('queued', 'running', 'done', 'cancelled')),
    constraint jobs_counts check (done = accepted + refused and done <= total)
);
comment on table work.jobs is 'Imports that are answered later; each line of them is a command of this person';
comment on column work.jobs.reached is 'The last line that is done';

create index jobs_open on work.jobs (created_at) where state in ('queued', 'running');
create index jobs_person on work.jobs (person, created_at);
create index jobs_ended on work.jobs (ended_at);

create table work.lines (
    job     text not null references work.jobs on delete cascade,
    line    integer not null,
    content bytea,
    result  bytea,
    primary key (job, line)
);
comment on column work.lines.content is 'The command as JSON, until it is done';
comment on column work.lines.result is 'What it came to';
"""


def upgrade() -> None:
    append, auditor, owner = (role("governance", name) for name in ("append", "auditor", "owner"))
    run_script(WORK)
    run_script(
        f"""
        grant usage on schema work to {append}, {auditor};
        grant select on work.jobs, work.lines to {append}, {auditor};
        grant insert, update, delete on work.jobs, work.lines to {append};
        alter schema work owner to {owner};
        alter table work.jobs owner to {owner};
        alter table work.lines owner to {owner};
        """
    )
