# shellcheck shell=bash
# One S3 server (versitygw) that keeps buckets as folders, and checks signatures.
# Needs: $instance and the other files of this folder.

S3_VERSION=1.8.0
S3_START_WAIT_S=30
S3_ANSWER_WAIT_S=2
S3_REGION=us-east-1
S3_BUCKET=seriatim
# No bucket can have this name.
S3_HEALTH_PATH=/-/health
# versitygw is written for this Go. Go fetches that by itself, like a module, from 1.21 on.
S3_GO_VERSION=1.25
S3_GO_VERSION_MIN=1.21

s3_stop_signal() { echo TERM; }

# version_at_least VERSION MINIMUM
version_at_least() { [[ $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$2" ]]; }

s3_go_version() { "$1" env GOVERSION 2>/dev/null | sed -nE 's/^go([0-9.]+).*/\1/p' || true; }

# The Go command that can build versitygw, or nothing. Go's own installation is not always on PATH.
s3_go() {
    local go version
    for go in "$(command -v go)" /usr/local/go/bin/go; do
        [[ -x $go ]] || continue
        version=$(s3_go_version "$go")
        if [[ -n $version ]] && version_at_least "$version" "$S3_GO_VERSION_MIN"; then
            echo "$go"
            return
        fi
    done
}

# Where the server is once it has been built, for this user and version.
s3_cached() { echo "$(cache_dir)/versitygw-$S3_VERSION"; }

s3_can_run() { [[ -x $(s3_cached)/versitygw || -n $(s3_go) ]]; }

# Builds into folder $1.
s3_build() {
    local go settings=(CGO_ENABLED=0 "GOBIN=$1")
    go=$(s3_go)
    # Debian's Go is told not to fetch a newer one.
    version_at_least "$(s3_go_version "$go")" "$S3_GO_VERSION" || settings+=(GOTOOLCHAIN=auto)
    mkdir -- "$1"
    env "${settings[@]}" "$go" install -trimpath -ldflags '-s -w' \
        "github.com/versity/versitygw/cmd/versitygw@v$S3_VERSION" >&2
}

# Builds the server once per user and version, and prints the program.
s3_program() {
    local cache program fresh
    cache=$(s3_cached)
    program=$cache/versitygw
    (
        flock -w "$LOCK_WAIT_S" 8 || fail "another command holds $cache.lock"
        [[ ! -x $program ]] || exit 0
        say "s3: building versitygw $S3_VERSION from the Go module proxy (two minutes, once)"
        fresh=$(mktemp -d "$(cache_dir)/versitygw-build.XXXXXX")
        trap 'rm -rf -- "$fresh"' EXIT
        s3_build "$fresh/bin" || fail "Go could not build versitygw"
        # Only a whole folder ever gets the final name.
        mv -- "$fresh/bin" "$cache"
    ) 8>"$cache.lock" || return
    echo "$program"
}

# $1 random letters and digits.
s3_random() {
    local text=
    while ((${#text} < $1)); do
        text+=$(head -c 64 /dev/urandom | base64 -w 0 | tr -d '+/=')
    done
    echo "${text:0:$1}"
}

# The two keys of this instance, made up at the first start; as long as Amazon's.
s3_keys() {
    local file=$instance/s3/keys
    if [[ ! -s $file ]]; then
        (umask 077 && echo "$(s3_random 20) $(s3_random 40)" >"$file.new")
        mv -- "$file.new" "$file"
    fi
    cat "$file"
}

s3_endpoint() { echo "http://127.0.0.1:$(known_port s3)"; }

s3_is_ready() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$(known_port s3)" &&
            printf 'GET %s HTTP/1.0\r\n\r\n' "$S3_HEALTH_PATH" >&3 &&
            read -r -t "$S3_ANSWER_WAIT_S" answer <&3 &&
            [[ $answer == HTTP/*' 200 '* ]]
    ) 2>/dev/null
}

# s3_launch PROGRAM: returns 1 where it does not get ready. The keys go by the environment, where no
# other user sees them.
s3_launch() {
    local home=$instance/s3 access secret options=()
    read -r access secret <<<"$(s3_keys)"
    [[ ! -d $home/sidecar ]] || options=(--sidecar "$home/sidecar")
    ROOT_ACCESS_KEY=$access ROOT_SECRET_KEY=$secret launch s3 "$1" \
        --port "127.0.0.1:$(port_of s3)" --region "$S3_REGION" --quiet --health "$S3_HEALTH_PATH" \
        posix "${options[@]}" "$home/data"
    await_ready s3 "$S3_START_WAIT_S" s3_is_ready
}

# Makes the bucket with all that the server notes about one; a mere folder would not do.
s3_make_bucket() {
    local home=$instance/s3 access secret
    read -r access secret <<<"$(s3_keys)"
    ADMIN_ACCESS_KEY_ID=$access ADMIN_SECRET_ACCESS_KEY=$secret ADMIN_REGION=$S3_REGION \
        ADMIN_ENDPOINT_URL=$(s3_endpoint) "$1" admin create-bucket --owner "$access" \
        --bucket "$S3_BUCKET" >"$home/bucket.log" 2>&1 9>&- ||
        fail "could not make the bucket; see $home/bucket.log"
    touch "$home/initialised"
}

s3_start() {
    ! is_running s3 || return 0
    local home=$instance/s3 program
    mkdir -p "$home"
    program=$(s3_program) || exit 1
    # What an interrupted first start left behind.
    [[ -f $home/initialised ]] || rm -rf -- "$home/data" "$home/sidecar"
    mkdir -p "$home/data"
    if ! s3_launch "$program"; then
        # Not every file system has the attributes it keeps beside an object; then it uses files.
        if [[ ! -f $home/initialised ]] && grep -q 'xattr check failed' "$home/log"; then
            mkdir -p "$home/sidecar"
        fi
        if [[ ! -d $home/sidecar ]] || ! s3_launch "$program"; then
            show_log s3
            kill_service s3
            fail "s3 did not start"
        fi
    fi
    [[ -f $home/initialised ]] || s3_make_bucket "$program"
    say "s3: ready on 127.0.0.1:$(port_of s3)"
}

# Whether the AWS variables are free for us: unset, or set by an earlier `env`.
s3_may_set_aws() {
    local name
    [[ -z ${AWS_ENDPOINT_URL:-} || ${AWS_ENDPOINT_URL:-} != "${SERIATIM_TEST_S3_ENDPOINT:-}" ]] ||
        return 0
    for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE \
        AWS_ENDPOINT AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_REGION AWS_DEFAULT_REGION; do
        if [[ -n ${!name:-} ]]; then
            say "s3: $name is set here, so the AWS_ variables are left as they are"
            return 1
        fi
    done
}

s3_env() {
    local access secret
    [[ -n $(known_port s3) ]] || fail "s3 has never been started in $instance"
    read -r access secret <<<"$(s3_keys)"
    cat <<END
export SERIATIM_TEST_S3_ENDPOINT=$(s3_endpoint)
export SERIATIM_TEST_S3_REGION=$S3_REGION
export SERIATIM_TEST_S3_BUCKET=$S3_BUCKET
export SERIATIM_TEST_S3_ACCESS_KEY_ID=$access
export SERIATIM_TEST_S3_SECRET_ACCESS_KEY=$secret
END
    if s3_may_set_aws; then
        cat <<END
export AWS_ENDPOINT_URL=$(s3_endpoint)
export AWS_ALLOW_HTTP=true
export AWS_REGION=$S3_REGION
export AWS_ACCESS_KEY_ID=$access
export AWS_SECRET_ACCESS_KEY=$secret
END
    fi
}

s3_remove() {
    release_ports s3
    rm -rf -- "$instance/s3"
}
