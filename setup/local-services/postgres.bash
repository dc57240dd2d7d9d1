# shellcheck shell=bash
# One Postgres server. It refuses to run as root: then it runs as the account `postgres`.
# Needs: $instance and the other files of this folder.

POSTGRES_START_WAIT_S=60
# It guards test data on the loopback interface.
POSTGRES_PASSWORD=seriatim

# "Fast shutdown": ends sessions instead of waiting for them.
postgres_stop_signal() { echo INT; }

# The folder of the newest installed server's programs, or nothing.
postgres_programs() {
    local newest
    newest=$(find /usr/lib/postgresql/*/bin/postgres -maxdepth 0 2>/dev/null | sort -V | tail -n 1)
    [[ -n $newest ]] || newest=$(command -v postgres || true)
    [[ -z $newest ]] || dirname "$(realpath "$newest")"
}

# Runs a command as the account that owns the data.
as_postgres() {
    if ((EUID == 0)); then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        "$@"
    fi
}

# The data folder: inside the instance, or, where the account `postgres` can't get there because
# a folder above is closed to it (/root, say), under /var/tmp. Decided once.
postgres_data() {
    local home=$instance/postgres
    if [[ ! -s $home/data-folder ]]; then
        # The folder is ours: let others pass through it, though not list it.
        ((EUID != 0)) || chmod o+x "$instance" "$home"
        if as_postgres test -x "$home" 2>/dev/null; then
            echo "$home/data" >"$home/data-folder"
        else
            mktemp -d /var/tmp/seriatim-postgres.XXXXXX >"$home/data-folder"
        fi
    fi
    cat "$home/data-folder"
}

# postgres_init PROGRAMS DATA
postgres_init() {
    local programs=$1 data=$2 home=$instance/postgres
    rm -rf -- "$data"
    mkdir -m 700 "$data"
    ((EUID != 0)) || chown postgres:postgres "$data"
    # The pipe with the password must belong to the account that reads it, hence the inner shell.
    # shellcheck disable=SC2016 # expanded by the inner shell
    (cd / && as_postgres bash -c '
        initdb=$1 password=$2; shift 2
        exec "$initdb" "$@" --pwfile=<(echo "$password")
    ' initdb "$programs/initdb" "$POSTGRES_PASSWORD" -D "$data" -U seriatim \
        --encoding=UTF8 --locale=C.UTF-8 --auth=scram-sha-256) \
        >"$home/initdb.log" 2>&1 9>&- || fail "initdb failed; see $home/initdb.log"
}

# Answers queries, not merely connections.
postgres_is_ready() {
    PGPASSWORD=$POSTGRES_PASSWORD "$1/psql" -X -q -h 127.0.0.1 -p "$(known_port postgres)" \
        -U seriatim -d postgres -c 'select 1' >/dev/null 2>&1
}

postgres_launch() {
    local programs=$1 data=$2 run_as=()
    ((EUID != 0)) || run_as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    launch postgres "${run_as[@]}" "$programs/postgres" -D "$data" -p "$(port_of postgres)" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200
}

# Makes the database `seriatim`, where it is not there yet.
postgres_create_database() {
    PGPASSWORD=$POSTGRES_PASSWORD "$1/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 \
        -p "$(known_port postgres)" -U seriatim -d postgres >&2 <<'END'
select 'create database seriatim'
where not exists (select from pg_database where datname = 'seriatim') \gexec
END
}

postgres_start() {
    ! is_running postgres || return 0
    local home=$instance/postgres programs data attempt
    mkdir -p "$home"
    programs=$(postgres_programs)
    data=$(postgres_data)
    [[ -f $home/initialised ]] || postgres_init "$programs" "$data"
    touch "$home/initialised"
    # After a kill -9 the orphaned sessions hold the shared memory for a moment: try again.
    for attempt in 1 2 3 4 5; do
        postgres_launch "$programs" "$data"
        if await_ready postgres "$POSTGRES_START_WAIT_S" postgres_is_ready "$programs"; then
            postgres_create_database "$programs"
            say "postgres: ready on 127.0.0.1:$(port_of postgres)"
            return 0
        fi
        grep -qE 'shared memory block|lock file' "$home/log" || break
        sleep "0.$attempt"
    done
    show_log postgres
    kill_service postgres
    fail "postgres did not start"
}

postgres_env() {
    local port
    port=$(known_port postgres)
    [[ -n $port ]] || fail "postgres has never been started in $instance"
    echo "export SERIATIM_TEST_POSTGRES=postgres://seriatim:$POSTGRES_PASSWORD@127.0.0.1:$port/seriatim"
}

postgres_remove() {
    release_ports postgres
    [[ ! -s $instance/postgres/data-folder ]] || rm -rf -- "$(cat "$instance/postgres/data-folder")"
    rm -rf -- "$instance/postgres"
}
