# shellcheck shell=bash
# What the services need from the system.
# Needs: the other files of this folder.

# Kafka 4 runs on Java 17 and later.
JAVA_VERSION_MIN=17
EXIT_NOT_INSTALLED=3
# Asked by Debian's packages whether they may start the servers they bring.
POLICY=/usr/sbin/policy-rc.d

# The major version of the Java that would run, or nothing.
java_version() {
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -nE '1s/.*version "([0-9]+).*/\1/p' || true
}

# Says what the services lack, one Debian package a line.
missing_packages() {
    local service java
    for service in "$@"; do
        case $service in
        kafka)
            java=$(java_version)
            ((${java:-0} >= JAVA_VERSION_MIN)) || echo default-jre-headless
            command -v mvn >/dev/null || echo maven
            ;;
        postgres) [[ -n $(postgres_programs) ]] || echo postgresql ;;
        mariadb)
            [[ -n $(mariadb_program) ]] && command -v mariadb >/dev/null || echo mariadb-server
            ;;
        redis) command -v redis-server >/dev/null || echo redis-server ;;
        s3) s3_can_run || echo golang-go ;;
        esac
    done
}

# Ends the script where something is missing.
require_installed() {
    local missing package
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} > 0)) || return 0
    say "setup/services: not installed: ${missing[*]}." \
        "As root on Debian or Ubuntu, \`setup/services install\` installs that;" \
        "to do without, name the services you want."
    for package in "${missing[@]}"; do
        [[ $package != golang-go ]] || say "s3 is built with Go $S3_GO_VERSION_MIN or later." \
            "Where the distribution's Go is older (Debian 12), take it from https://go.dev/doc/install"
    done
    exit "$EXIT_NOT_INSTALLED"
}

# Whether the package would be of use here: the Go of an older distribution can't build the S3 server.
is_of_use() {
    [[ $1 == golang-go ]] || return 0
    local candidate
    candidate=$(LC_ALL=C apt-cache policy "$1" | sed -nE 's/^ *Candidate: ([0-9]+:)?([0-9.]+).*/\2/p')
    [[ -n $candidate ]] && version_at_least "$candidate" "$S3_GO_VERSION_MIN"
}

# Installs Debian packages, and leaves the servers that come with them switched off: ours are
# private ones.
install_packages() (
    if [[ ! -e $POLICY ]]; then
        trap 'rm -f -- "$POLICY"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$POLICY"
        chmod 755 "$POLICY"
    fi
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" >&2
    local server
    for server in redis-server:redis-server mariadb-server:mariadb; do
        [[ " $* " != *" ${server%:*} "* ]] || update-rc.d "${server#*:}" disable >&2 ||
            say "setup/services: the system's own ${server#*:} will start with the machine"
    done
)

install_missing() {
    local missing package useful=() service names=$*
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} > 0)) && ((EUID == 0)) && command -v apt-get >/dev/null; then
        apt-get -q update >&2
        for package in "${missing[@]}"; do
            if is_of_use "$package"; then useful+=("$package"); fi
        done
        ((${#useful[@]} == 0)) || install_packages "${useful[@]}"
    fi
    require_installed "$@"
    for service in "$@"; do
        case $service in
        kafka) kafka_jars >/dev/null || exit 1 ;;
        s3) s3_program >/dev/null || exit 1 ;;
        esac
    done
    say "installed: all that is needed for ${names// /, }"
}
