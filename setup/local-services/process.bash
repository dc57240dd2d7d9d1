# shellcheck shell=bash
# Processes that outlive this script, known by their pid and the moment they started, so that a pid
# that was given to somebody else is never taken for ours.
# Needs: $instance, say, fail.

STOP_WAIT_S=30
KILL_WAIT_S=10
# The end of a log that is shown when a start failed, in lines.
LOG_LINES_SHOWN=20

# State and start time (clock ticks since boot) of process $1, or nothing.
process_identity() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # The name in parentheses may hold anything; fields count from behind it: state is the first
    # one there, the start time the 20th (proc(5)).
    local fields
    read -r -a fields <<<"${stat##*) }"
    echo "${fields[0]} ${fields[19]}"
}

# Whether process $1, started at $2, is there and is not a zombie. Of a process with threads the first
# may be one while others still end, and hold its ports.
process_lives() {
    local state started tasks
    read -r state started <<<"$(process_identity "$1")"
    [[ -n ${state:-} && $started == "$2" ]] || return 1
    tasks=("/proc/$1/task/"*)
    [[ $state != Z ]] || ((${#tasks[@]} > 1))
}

service_pid() {
    local pid started
    read -r pid started <"$instance/$1/pid"
    echo "$pid"
}

is_running() {
    local pid started
    [[ -s $instance/$1/pid ]] || return 1
    read -r pid started <"$instance/$1/pid" || return 1
    process_lives "$pid" "$started"
}

# launch SERVICE COMMAND...: starts the command in a session of its own, its output in
# SERVICE/log. A parent stays beside it only to wait for it: Postgres takes an unreaped
# predecessor for a running one, and not every container's first process reaps.
launch() {
    local service=$1 home=$instance/$1
    shift
    rm -f -- "$home/pid"
    [[ ! -f $home/log ]] || mv -f -- "$home/log" "$home/log.before"
    # shellcheck disable=SC2016 # expanded by the inner shell
    setsid bash -c '
        home=$1; shift
        "$@" &
        pid=$!
        read -r -a fields < <(sed "s/.*) //" "/proc/$pid/stat")
        echo "$pid ${fields[19]}" >"$home/pid.new"
        mv "$home/pid.new" "$home/pid"
        wait "$pid"
        echo "exit code $?"
    ' launch "$home" "$@" </dev/null >"$home/log" 2>&1 9>&- &
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        [[ ! -s $home/pid ]] || return 0
        sleep 0.05
    done
    fail "$service was not started; see $home/log"
}

# await_ready SERVICE SECONDS CHECK...: waits until the check succeeds. Returns 1 where the process
# ends before, or the time runs out.
await_ready() {
    local service=$1 deadline=$((SECONDS + $2))
    shift 2
    while ((SECONDS < deadline)); do
        if "$@"; then return 0; fi
        is_running "$service" || return 1
        sleep 0.05
    done
    return 1
}

show_log() {
    say "The end of $instance/$1/log:"
    tail -n "$LOG_LINES_SHOWN" "$instance/$1/log" >&2
}

# Waits up to $2 seconds until the service has ended.
await_end() {
    local deadline=$((SECONDS + $2))
    while is_running "$1"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

# signal_service SERVICE SIGNAL
signal_service() {
    kill -s "$2" "$(service_pid "$1")" 2>/dev/null || true
}

stop_service() {
    if is_running "$1"; then
        signal_service "$1" "$("$1_stop_signal")"
        await_end "$1" "$STOP_WAIT_S" || kill_service "$1"
        say "$1: stopped"
    fi
    rm -f -- "$instance/$1/pid"
}

kill_service() {
    if is_running "$1"; then
        signal_service "$1" KILL
        await_end "$1" "$KILL_WAIT_S" || fail "$1 survived kill -9"
        say "$1: killed"
    fi
    rm -f -- "$instance/$1/pid"
}
