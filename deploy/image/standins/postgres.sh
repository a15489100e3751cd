#!/bin/bash
# Begins as the official image does with a new volume, as far as docker-compose.yml relies on it.
set -euo pipefail
sockets=/run/postgresql

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    # shellcheck disable=SC2086 - several arguments
    initdb --pgdata="$PGDATA" --username=postgres --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        --auth=trust ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl --pgdata="$PGDATA" --wait --options="-c listen_addresses='' -c unix_socket_directories=$sockets" start
    for file in /docker-entrypoint-initdb.d/*.sql; do
        psql --host="$sockets" --username=postgres --no-psqlrc --set=ON_ERROR_STOP=1 --file="$file"
    done
    pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
fi
exec "$@" -c listen_addresses='*' -c unix_socket_directories="$sockets"
