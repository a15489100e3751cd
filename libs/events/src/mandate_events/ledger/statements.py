"""The SQL of the record (events, keys, blobs), in one place to be read in court. What moves a cursor stands with it."""

from typing import Final

WRITE: Final = """
with written as (
    insert into ledger.events (position, stream, version, type, recorded_at, document, leaf)
    select position, stream, version, type, $5::timestamptz, document, leaf
    from unnest($1::bigint[], $2::text[], $3::integer[], $4::text[], $6::bytea[], $7::bytea[])
        as row (position, stream, version, type, document, leaf)
), answered as (
    insert into ledger.commands (principal, route, key, fingerprint, response, position)
    select * from unnest($8::text[], $9::text[], $10::text[], $11::bytea[], $12::bytea[], $13::bigint[])
), attached as (
    insert into ledger.blobs (sha256, media_type, bytes)
    select * from unnest($14::bytea[], $15::text[], $16::bytea[])
    on conflict (sha256) do nothing
)
select pg_notify('ledger', $17), clock_timestamp()
"""

WRITE_ONE: Final = """
with written as (
    insert into ledger.events (position, stream, version, type, recorded_at, document, leaf)
    values ($1, $2, $3, $4, $5, $6, $7)
), answered as (
    insert into ledger.commands (principal, route, key, fingerprint, response, position)
    values ($8, $9, $10, $11, $12, $1)
)
select pg_notify('ledger', $13), clock_timestamp()
"""

LAST: Final = "select coalesce(max(position), 0), clock_timestamp() from ledger.events"

AT: Final = "select recorded_at, leaf from ledger.events where position = $1"

TAIL: Final = """
select position, stream, version, type, document, recorded_at from ledger.events
where position > $1 order by position limit 5000
"""

HISTORY: Final = """
select stream, type, document from ledger.events where stream = any($1::text[]) order by stream, version
"""

HISTORY_AND_END: Final = """
with ending as (select coalesce(max(position), 0) as position from ledger.events)
select ending.position, stream, type, document
from ending left join ledger.events on stream = any($1::text[]) order by stream, version
"""

KEYS: Final = """
select principal, route, key, fingerprint, response from ledger.commands
join unnest($1::text[], $2::text[], $3::text[]) as asked (principal, route, key) using (principal, route, key)
"""

STREAM_SINCE: Final = """
select type, document from ledger.events where stream = $1 and version > $2 order by version
"""

STREAMS_SINCE: Final = """
select stream, type, document from unnest($1::text[], $2::integer[]) as known (name, had)
join ledger.events on stream = name and version > had order by stream, version
"""

STREAM_UNTIL: Final = """
select type, document from ledger.events where stream = $1 and recorded_at <= $2 order by version
"""

AFTER: Final = """
select position, type, document, recorded_at from ledger.events where position > $1 order by position limit $2
"""

FEED: Final = """
select position, stream, type, document from (
    select *, sum(octet_length(document)) over (order by position) as size from (
        select position, stream, type, document from ledger.events where position > $1 order by position limit $2
    ) as following
) as measured where size <= $3 or position = $1 + 1 order by position
"""

BLOB: Final = "select media_type, bytes from ledger.blobs where sha256 = $1"

PRUNE_KEYS: Final = """
with old as (
    select max(position) as position from ledger.events where recorded_at < clock_timestamp() - interval '7 days'
), recovered as (
    delete from ledger.recovered using old
    where principal not like 'system/%' and recovered.position <= old.position
)
delete from ledger.commands using old
where principal not like 'system/%' and commands.position <= old.position
"""

STANDING: Final = "select place, ledger.here(), behind from ledger.home"

SETTLE: Final = """
with settled as (
    update ledger.home set place = ledger.here() where place is distinct from ledger.here() returning place
)
select place, pg_notify('ledger', 'home') from settled
"""

RECOVERED: Final = "select principal, cause, stream, response from ledger.recovered"

DOCUMENTS: Final = "select position, document from ledger.events where position = any($1::bigint[])"

HEADS: Final = """
select distinct on (stream) stream, version, document from ledger.events
where stream = any($1::text[]) order by stream, version desc
"""

READMIT: Final = """
with written as (
    insert into ledger.events (position, stream, version, type, recorded_at, document, leaf)
    select * from unnest(
        $1::bigint[], $2::text[], $3::integer[], $4::text[], $5::timestamptz[], $6::bytea[], $7::bytea[]
    )
), answered as (
    insert into ledger.recovered (principal, cause, stream, response, position)
    select * from unnest($8::text[], $9::text[], $10::text[], $11::bytea[], $12::bigint[])
    on conflict do nothing
)
select pg_notify('ledger', $13)
"""
