"""The ledger's tables, and who may do what with them.

Append-only is enforced twice: no role is granted UPDATE or DELETE on the record, and triggers refuse them, TRUNCATE
included, even to the owner. `cursors`, `received` and `parked` are the state of workers. A ledger that is behind its
topic is closed by a trigger that is off as long as all is well, and so costs a write nothing (docs/adr/0016).
"""

from typing import Final

SHAPE: Final = "Mandate ledger, shape 3"
"""Written into the database. Until 1.0.0 a ledger of another shape is refused: there is no way to bring it over."""

BEHIND: Final = "MD001"
"""SQLSTATE by which the database refuses to write into a ledger that is behind its topic."""

RECOVERING: Final = "mandate.recovering"
"""The session setting of the one who may: `mandate-<service> recover`."""

HOME: Final = "home"
"""What is notified when `ledger.home` has changed."""

ROLES: Final = ("owner", "migrator", "append", "read", "auditor")

TABLES: Final = f"""
create schema ledger;
comment on schema ledger is '{SHAPE}';

create table ledger.events (
    position    bigint primary key,
    stream      text not null,
    version     integer not null,
    type        text not null,
    recorded_at timestamptz not null,
    document    bytea not null,
    leaf        bytea not null,
    constraint events_stream_version unique (stream, version),
    constraint events_position_positive check (position > 0 and version > 0),
    constraint events_document_size check (octet_length(document) <= 65536)
);
comment on table ledger.events is 'The record: one canonical document per event, position order is commit order';

create table ledger.commands (
    principal   text not null,
    route       text not null,
    key         text not null,
    fingerprint bytea not null,
    response    bytea not null,
    position    bigint not null,
    primary key (principal, route, key)
);
comment on table ledger.commands is 'Idempotency: what was answered to a key, written with the events it caused';

create table ledger.blobs (
    sha256     bytea primary key,
    media_type text not null,
    bytes      bytea not null
);

create table ledger.cursors (
    consumer text not null,
    source   text not null,
    sequence bigint not null default 0,
    place    bigint not null default 0,
    primary key (consumer, source)
);
comment on column ledger.cursors.place is 'Where to read on: an offset in Kafka or a position in a ledger';

create table ledger.received (
    source   text not null,
    sequence bigint not null,
    digest   bytea not null,
    primary key (source, sequence)
);
comment on table ledger.received is 'What each number of another ledger was when first seen, so that a fork is';

create table ledger.parked (
    consumer   text not null,
    source     text not null,
    sequence   bigint not null,
    key        text not null,
    document   bytea not null,
    error      text not null,
    attempts   integer not null default 1,
    parked_at  timestamptz not null default clock_timestamp(),
    discarded_at     timestamptz,
    discarded_by     text,
    discarded_reason text,
    primary key (consumer, source, sequence)
);

create table ledger.home (
    id     integer primary key default 1 check (id = 1),
    place  text,
    behind text
);
insert into ledger.home default values;
comment on column ledger.home.place is 'Where this ledger was last seen to hold all that its topic holds';
comment on column ledger.home.behind is 'Why it takes no commands; null where it does';

create table ledger.recovered (
    principal text not null,
    cause     text not null,
    stream    text not null,
    response  bytea not null,
    position  bigint not null,
    primary key (principal, cause, stream)
);
comment on table ledger.recovered is 'What was answered to commands whose keys a restore lost, made from their events';
"""

GUARDS: Final = """
create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on %.% is refused: the record only grows', tg_op, tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;
"""

FENCE: Final = f"""
create function ledger.here() returns text language sql stable set search_path = pg_catalog, pg_temp as $$
    select case when pg_is_in_recovery() then 'a standby'
        else format('%s/%s/%s', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8), oid) end
    from pg_control_system(), pg_database where datname = current_database()
$$;
comment on function ledger.here is 'Which database this is: a dump that is restored, or a recovery in time, is another';

create function ledger.refuse_behind() returns trigger language plpgsql as $$
begin
    if current_setting('{RECOVERING}', true) is distinct from 'on' then
        raise exception 'the ledger is behind its topic' using errcode = '{BEHIND}';
    end if;
    return null;
end $$;
create trigger events_behind before insert on ledger.events
    for each statement execute function ledger.refuse_behind();
alter table ledger.events disable trigger events_behind;

create function ledger.refuse_commands(why text) returns void language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
begin
    alter table ledger.events enable always trigger events_behind;  -- waits for what is being written
    update ledger.home set behind = why;
    perform pg_notify('ledger', '{HOME}');
end $$;

create function ledger.accept_commands() returns void language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
begin
    alter table ledger.events disable trigger events_behind;
    update ledger.home set behind = null, place = ledger.here();
    perform pg_notify('ledger', '{HOME}');
end $$;

revoke execute on function ledger.refuse_commands, ledger.accept_commands from public;
"""  # noqa: S608 - our own names

GRANTS: Final = """
grant usage on schema ledger to {append}, {read}, {auditor};
grant select on all tables in schema ledger to {append}, {read}, {auditor};
grant insert (position, stream, version, type, recorded_at, document, leaf) on ledger.events to {append};
grant insert (sha256, media_type, bytes) on ledger.blobs to {append};
grant insert, delete on ledger.commands to {append};
grant insert, update on ledger.cursors to {append};
grant insert on ledger.received to {append};
grant insert, update, delete on ledger.parked to {append};
grant update (place) on ledger.home to {append};
grant insert, delete on ledger.recovered to {append};
grant execute on function ledger.refuse_commands, ledger.accept_commands to {append};
"""


def role(service: str, name: str) -> str:
    """The database role of one service: roles are shared by all databases of a server, so they carry its name."""
    return f"{service}_{name}"


def only_grows(table: str) -> str:
    """SQL that refuses UPDATE, DELETE and TRUNCATE on a table (`schema.name`), even to its owner."""
    name = table.partition(".")[2]
    return f"""
create trigger {name}_only_grow before update or delete on {table}
    for each row execute function ledger.refuse_change();
create trigger {name}_stay before truncate on {table}
    for each statement execute function ledger.refuse_change();
alter table {table} enable always trigger {name}_only_grow;
alter table {table} enable always trigger {name}_stay;
"""


def create_roles(service: str) -> str:
    """SQL that makes the service's roles where they do not exist. None gets a password here: operations do that."""
    statements = []
    for name in ROLES:
        login = "nologin" if name == "owner" else "login"
        statements.append(
            f"if not exists (select from pg_roles where rolname = '{role(service, name)}') then "
            f"create role {role(service, name)} {login}; end if;"
        )
    granted = f"grant {role(service, 'owner')} to {role(service, 'migrator')};"
    return f"do $$ begin {' '.join(statements)} end $$; {granted}"


def create_ledger(service: str) -> str:
    """SQL of version 1 of the ledger. A migration that was released never changes: later versions get their own."""
    roles = {name: role(service, name) for name in ROLES}
    owner = roles["owner"]
    own = f"alter schema ledger owner to {owner}; "
    own += " ".join(
        f"alter table ledger.{table} owner to {owner};"
        for table in ("events", "commands", "blobs", "cursors", "received", "parked", "home", "recovered")
    )
    own += " ".join(
        f"alter function ledger.{function} owner to {owner};"
        for function in ("here", "refuse_behind", "refuse_commands", "accept_commands")
    )
    guards = [GUARDS, FENCE, only_grows("ledger.events"), only_grows("ledger.blobs")]
    return "\n".join([create_roles(service), TABLES, *guards, GRANTS.format(**roles), own])
