# shellcheck shell=bash
# One MariaDB server. Its server refuses to run as root: then it runs as the account `mysql`.
# Needs: $instance and the other files of this folder.

MARIADB_START_WAIT_S=60
# It guards test data on the loopback interface.
MARIADB_PASSWORD=seriatim

mariadb_stop_signal() { echo TERM; }

# The server's program, or nothing; it is not in every account's path.
mariadb_program() {
    PATH=$PATH:/usr/sbin command -v mariadbd || true
}

# Runs a command as the account that owns the data.
as_mysql() {
    if ((EUID == 0)); then
        setpriv --reuid=mysql --regid=mysql --clear-groups "$@"
    else
        "$@"
    fi
}

# The folder of data and socket: inside the instance, or, where the account `mysql` can't get there
# because a folder above is closed to it (/root, say), under /var/tmp. Decided once.
mariadb_data() {
    local home=$instance/mariadb
    if [[ ! -s $home/data-folder ]]; then
        # The folder is ours: let others pass through it, though not list it.
        ((EUID != 0)) || chmod o+x "$instance" "$home"
        if as_mysql test -x "$home" 2>/dev/null; then
            echo "$home/data" >"$home/data-folder"
        else
            mktemp -d /var/tmp/seriatim-mariadb.XXXXXX >"$home/data-folder"
        fi
    fi
    cat "$home/data-folder"
}

# mariadb_init DATA
mariadb_init() {
    local data=$1 home=$instance/mariadb
    rm -rf -- "$data"
    mkdir -m 700 "$data"
    ((EUID != 0)) || chown mysql:mysql "$data"
    (cd / && as_mysql mariadb-install-db --no-defaults --datadir="$data" \
        --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve) \
        >"$home/install-db.log" 2>&1 9>&- ||
        fail "mariadb-install-db failed; see $home/install-db.log"
    # What the server does at every start before it listens, a statement a line: an account with a
    # password, and none without.
    cat >"$data/at-start.sql" <<END
create database if not exists seriatim;
create user if not exists seriatim@'127.0.0.1' identified by '$MARIADB_PASSWORD';
grant all privileges on *.* to seriatim@'127.0.0.1' with grant option;
drop user if exists root@localhost, root@'127.0.0.1', root@'::1', ''@localhost;
END
    ((EUID != 0)) || chown mysql:mysql "$data/at-start.sql"
}

# Answers queries, not merely connections.
mariadb_is_ready() {
    MYSQL_PWD=$MARIADB_PASSWORD mariadb --no-defaults --protocol=tcp -h 127.0.0.1 \
        -P "$(known_port mariadb)" -u seriatim -e 'select 1' >/dev/null 2>&1
}

# Its socket has a path of at most 107 bytes, so it lies in the data folder under a short name.
mariadb_launch() {
    local data=$1 run_as=()
    ((EUID != 0)) || run_as=(setpriv --reuid=mysql --regid=mysql --clear-groups)
    launch mariadb "${run_as[@]}" "$(mariadb_program)" --no-defaults --datadir="$data" \
        --bind-address=127.0.0.1 --port="$(port_of mariadb)" --socket="$data/s" \
        --init-file="$data/at-start.sql" --skip-name-resolve --max-connections=300
}

mariadb_start() {
    ! is_running mariadb || return 0
    local home=$instance/mariadb data
    mkdir -p "$home"
    data=$(mariadb_data)
    [[ -f $home/initialised ]] || mariadb_init "$data"
    touch "$home/initialised"
    mariadb_launch "$data"
    if ! await_ready mariadb "$MARIADB_START_WAIT_S" mariadb_is_ready; then
        show_log mariadb
        kill_service mariadb
        fail "mariadb did not start"
    fi
    say "mariadb: ready on 127.0.0.1:$(port_of mariadb)"
}

mariadb_env() {
    local port
    port=$(known_port mariadb)
    [[ -n $port ]] || fail "mariadb has never been started in $instance"
    echo "export SERIATIM_TEST_MYSQL=mysql://seriatim:$MARIADB_PASSWORD@127.0.0.1:$port/seriatim"
}

mariadb_remove() {
    release_ports mariadb
    [[ ! -s $instance/mariadb/data-folder ]] || rm -rf -- "$(cat "$instance/mariadb/data-folder")"
    rm -rf -- "$instance/mariadb"
}
