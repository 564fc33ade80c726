# Sourced by the scripts: a PostgreSQL for the tests, whose URL is in THIDUA_TEST_PG.
#
# A server that the caller names in THIDUA_TEST_PG is used as it is. Otherwise `postgres_up` creates
# one in a temporary directory on a free loopback port, with its own password and without fsync (the
# data is deleted; PG_DURABLE=1 keeps fsync, for measurements), and `postgres_down` ends it.
# PostgreSQL refuses to run as root, so root runs it as an unprivileged user.

PG_DIR=
PG_BIN=
PG_USER=
PG_AS=()

# Prints the directory of initdb and postgres, or nothing.
postgres_bin() {
    local dir
    for dir in "$(pg_config --bindir 2>/dev/null)" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) \
        "$(dirname "$(command -v initdb 2>/dev/null || echo /none/initdb)")"; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
            echo "$dir"
            return
        fi
    done
}

postgres_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "installing PostgreSQL from the distribution"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null && apt-get install -qq -y --no-install-recommends postgresql >/dev/null
}

# Chooses the user that runs the server: the current user, or for root the first unprivileged user
# found.
postgres_user() {
    PG_AS=()
    [ "$(id -u)" = 0 ] || return 0
    local user
    for user in postgres nobody thidua-test; do
        if id "$user" >/dev/null 2>&1; then
            PG_USER=$user
            break
        fi
    done
    if [ -z "$PG_USER" ]; then
        useradd --system --no-create-home --shell /usr/sbin/nologin thidua-test || return 1
        PG_USER=thidua-test
    fi
    PG_AS=(runuser -u "$PG_USER" --)
}

postgres_start() {
    PG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/thidua-pg.XXXXXX")
    local password port try
    local settings="-c shared_buffers=64MB -c max_wal_size=512MB"
    settings+=" -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    [ -z "${PG_DURABLE:-}" ] || settings="-c shared_buffers=256MB -c max_wal_size=1GB"
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s' "$password" >"$PG_DIR/password"
    [ -z "$PG_USER" ] || chown -R "$PG_USER" "$PG_DIR"
    (cd "$PG_DIR" && "${PG_AS[@]}" "$PG_BIN/initdb" -D "$PG_DIR/data" -U thidua -A scram-sha-256 \
        --pwfile="$PG_DIR/password" -E UTF8 --locale=C --no-sync) >"$PG_DIR/initdb.log" 2>&1 || {
        cat "$PG_DIR/initdb.log" >&2
        return 1
    }
    for try in 1 2 3 4 5 6 7 8; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if (cd "$PG_DIR" && "${PG_AS[@]}" "$PG_BIN/pg_ctl" start -w -s -t 60 -D "$PG_DIR/data" -l "$PG_DIR/log" -o "-p $port \
            -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 $settings"); then
            export THIDUA_TEST_PG=postgres://thidua:$password@127.0.0.1:$port/postgres
            echo "PostgreSQL: $("$PG_BIN/postgres" --version) on 127.0.0.1:$port, thrown away at the end"
            return 0
        fi
        echo "port $port did not serve, trying another ($try)"
    done
    cat "$PG_DIR/log" >&2
    return 1
}

# Stops the server that `postgres_up` started and removes its directory; may be called at any time,
# also twice.
postgres_down() {
    [ -n "$PG_DIR" ] || return 0
    (cd / && "${PG_AS[@]}" "$PG_BIN/pg_ctl" stop -s -m immediate -t 30 -D "$PG_DIR/data") >/dev/null 2>&1
    rm -rf "$PG_DIR"
    PG_DIR=
}

# Exports THIDUA_TEST_PG, or prints why there is none: locally the tests then skip PostgreSQL, in CI
# that is a failure.
postgres_up() {
    if [ -n "${THIDUA_TEST_PG:-}" ]; then
        echo "PostgreSQL: as given in THIDUA_TEST_PG"
        return 0
    fi
    PG_BIN=$(postgres_bin)
    if [ -z "$PG_BIN" ] && postgres_install; then
        PG_BIN=$(postgres_bin)
    fi
    if [ -n "$PG_BIN" ] && postgres_user && postgres_start; then
        return 0
    fi
    postgres_down
    [ "${CI:-}" != true ] || fail "no PostgreSQL for the tests: install it, or name a server in THIDUA_TEST_PG"
    echo "PostgreSQL: none found; its tests are SKIPPED (install postgresql, or set THIDUA_TEST_PG)"
}
