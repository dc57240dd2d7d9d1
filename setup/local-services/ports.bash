# shellcheck shell=bash
# Ports, chosen once and kept in the folder, so that a service comes back where it was.
# Needs: $instance, cache_dir, fail, LOCK_WAIT_S.

# Below Linux's ephemeral ports (32768 and up), so no outgoing connection ever sits on one.
PORT_FIRST=20000
PORT_COUNT=12000
PORT_ATTEMPTS_MAX=200

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The port that was chosen before for this name, or nothing.
known_port() { cat "$instance/$1/port" 2>/dev/null || true; }

# The port of this name (`kafka`, `kafka/controller`, ...): the known one, or a free one.
port_of() {
    local file=$instance/$1/port
    [[ -s $file ]] || claim_port "$file"
    cat "$file"
}

# Whether the claim file $1 belongs to a folder that still uses its port.
claim_holds() {
    local holder
    holder=$(cat "$1" 2>/dev/null) || return 1
    [[ -s $holder && $(cat "$holder" 2>/dev/null) == "${1##*/}" ]]
}

# Writes a free port into file $1. Claims in the cache keep the instances of one user apart, also
# while they are stopped; looking whether the port answers keeps us off everybody else's.
claim_port() {
    local file=$1 claims attempt port
    claims=$(cache_dir)/ports
    mkdir -p "$claims" "$(dirname "$file")"
    (
        flock -w "$LOCK_WAIT_S" 8 || fail "another command holds $claims.lock"
        for ((attempt = 0; attempt < PORT_ATTEMPTS_MAX; attempt++)); do
            port=$((PORT_FIRST + (RANDOM * 32768 + RANDOM) % PORT_COUNT))
            if ! claim_holds "$claims/$port" && ! port_answers "$port"; then
                echo "$file" >"$claims/$port"
                echo "$port" >"$file"
                exit 0
            fi
        done
        fail "found no free port among $PORT_FIRST to $((PORT_FIRST + PORT_COUNT - 1))"
    ) 8>"$claims.lock"
}

# Gives the ports of a service back.
release_ports() {
    local file
    for file in "$instance/$1/port" "$instance/$1"/*/port; do
        if [[ -s $file ]]; then rm -f -- "$(cache_dir)/ports/$(cat "$file")"; fi
    done
}
