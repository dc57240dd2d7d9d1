# shellcheck shell=bash
# One Redis server whose every write is on disk before it is acknowledged.
# Needs: $instance and the other files of this folder.

REDIS_START_WAIT_S=30
# How long a server that takes a connection may leave a question unanswered, in seconds.
REDIS_ANSWER_WAIT_S=1

redis_stop_signal() { echo TERM; }

# Answers PONG: while it still reads its data, it answers LOADING.
redis_is_ready() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$(known_port redis)" &&
            printf 'PING\r\n' >&3 &&
            read -r -t "$REDIS_ANSWER_WAIT_S" answer <&3 &&
            [[ $answer == +PONG* ]]
    ) 2>/dev/null
}

redis_start() {
    ! is_running redis || return 0
    local home=$instance/redis
    mkdir -p "$home/data"
    # Without `save`, the append-only file is all there is; with `always`, a write that was
    # acknowledged is in it (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/).
    launch redis redis-server --bind 127.0.0.1 --port "$(port_of redis)" --dir "$home/data" \
        --appendonly yes --appendfsync always --save ''
    if ! await_ready redis "$REDIS_START_WAIT_S" redis_is_ready; then
        show_log redis
        kill_service redis
        fail "redis did not start"
    fi
    say "redis: ready on 127.0.0.1:$(port_of redis)"
}

redis_env() {
    local port
    port=$(known_port redis)
    [[ -n $port ]] || fail "redis has never been started in $instance"
    echo "export SERIATIM_TEST_REDIS=redis://127.0.0.1:$port"
}

redis_remove() {
    release_ports redis
    rm -rf -- "$instance/redis"
}
