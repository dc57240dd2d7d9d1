# shellcheck shell=bash
# The private folder of one instance, and the cache that all instances of a user share.
# Needs: $instance.

# How long one command waits for another on the same folder or cache, in seconds.
LOCK_WAIT_S=300

say() { echo "$*" >&2; }

fail() {
    say "setup/services: $*"
    exit 1
}

# The downloads of this user.
cache_dir() {
    local base=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}
    mkdir -p "$base/seriatim"
    echo "$base/seriatim"
}

instance_exists() { [[ -d $instance ]]; }

# Makes the folder and holds its lock until this script ends: commands on one folder take turns.
# Descriptor 9 is the lock; whatever outlives this script must be started with 9>&-.
open_instance() {
    mkdir -p "$instance"
    exec 9>"$instance/lock"
    flock -w "$LOCK_WAIT_S" 9 || fail "another command holds $instance/lock"
}

# Deletes the folder, where nothing of any service is left in it.
close_instance() {
    local left
    left=$(find "$instance" -mindepth 1 -maxdepth 1 ! -name lock -print -quit)
    [[ -n $left ]] || rm -rf -- "$instance"
}
