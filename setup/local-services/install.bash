# shellcheck shell=bash
# What the services need from the system.
# Needs: the other files of this folder.

# Kafka 4 runs on Java 17 and later.
JAVA_VERSION_MIN=17
EXIT_NOT_INSTALLED=3

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
        esac
    done
}

# Ends the script where something is missing.
require_installed() {
    local missing
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [[ -n $missing ]] || return 0
    say "setup/services: not installed: ${missing% }." \
        "As root on Debian or Ubuntu, \`setup/services install\` installs that."
    exit "$EXIT_NOT_INSTALLED"
}

install_missing() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} > 0)) && ((EUID == 0)) && command -v apt-get >/dev/null; then
        apt-get -q update >&2
        DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
            "${missing[@]}" >&2
    fi
    require_installed "$@"
    say "everything that ${*// /, } need is installed"
}
