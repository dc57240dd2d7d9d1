# shellcheck shell=bash
# One Kafka broker that is its own controller (KRaft).
# Needs: $here, $instance, $with_tls and the other files of this folder.

KAFKA_START_WAIT_S=90
KAFKA_JAVA_OPTIONS="-Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
# The account of the TLS listener. It guards test data on the loopback interface.
KAFKA_TLS_USER=seriatim
KAFKA_TLS_PASSWORD=seriatim-secret

kafka_stop_signal() { echo TERM; }

# Downloads the jars once per user and version, and prints their folder.
kafka_jars() {
    local pom=$here/local-services/kafka/pom.xml cache jars fresh
    cache=$(cache_dir)
    jars=$cache/kafka-$(sha256sum "$pom" | cut -c1-16)
    (
        flock -w "$LOCK_WAIT_S" 8 || fail "another command holds $jars.lock"
        [[ ! -d $jars ]] || exit 0
        say "kafka: downloading it from the Maven repository (44 MB, once)"
        fresh=$(mktemp -d "$cache/kafka-download.XXXXXX")
        trap 'rm -rf -- "$fresh"' EXIT
        mvn -q -B -Dstyle.color=never -f "$pom" dependency:copy-dependencies -DincludeScope=runtime \
            -DoutputDirectory="$fresh/jars" >&2 || fail "Maven could not download Kafka"
        # Only a whole folder ever gets the final name.
        mv -- "$fresh/jars" "$jars"
    ) 8>"$jars.lock" || return
    echo "$jars"
}

kafka_java() {
    local jars=$1 options
    shift
    # The default starts fast and stays small; a broker that works hard wants the second compiler.
    read -ra options <<<"${SERIATIM_KAFKA_JAVA_OPTIONS:-$KAFKA_JAVA_OPTIONS}"
    echo "${JAVA_HOME:+$JAVA_HOME/bin/}java"
    printf '%s\n' "${options[@]}" -XX:+ExitOnOutOfMemoryError \
        "-Dlog4j2.configurationFile=$here/local-services/kafka/log4j2.properties" \
        -cp "$jars/*" "$@"
}

kafka_has_tls() { [[ -s $instance/kafka/tls/ca.pem ]]; }

# Makes a certificate for 127.0.0.1 that is its own authority.
kafka_make_certificate() {
    local tls=$instance/kafka/tls
    mkdir -p "$tls"
    rm -f -- "$tls/keystore.p12"
    keytool -genkeypair -alias broker -keyalg EC -groupname secp256r1 -validity 3650 \
        -dname CN=127.0.0.1 -ext SAN=ip:127.0.0.1,dns:localhost -ext BC:critical=ca:true \
        -storetype PKCS12 -storepass "$KAFKA_TLS_PASSWORD" -keystore "$tls/keystore.p12" \
        >"$tls/keytool.log" 2>&1 || fail "keytool failed; see $tls/keytool.log"
    keytool -exportcert -rfc -alias broker -keystore "$tls/keystore.p12" \
        -storepass "$KAFKA_TLS_PASSWORD" 2>>"$tls/keytool.log" >"$tls/ca.pem.new"
    mv -- "$tls/ca.pem.new" "$tls/ca.pem"
}

kafka_properties() {
    local port controller listeners protocols tls_port
    port=$(port_of kafka)
    controller=$(port_of kafka/controller)
    listeners=PLAINTEXT://127.0.0.1:$port
    protocols=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
    if kafka_has_tls; then
        tls_port=$(port_of kafka/tls)
        listeners+=,SASL_SSL://127.0.0.1:$tls_port
        protocols+=,SASL_SSL:SASL_SSL
    fi
    cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=$listeners,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$listeners
listener.security.protocol.map=$protocols
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$instance/kafka/data
# One broker can't keep three copies.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# Nobody gets a topic by a misspelt name.
auto.create.topics.enable=false
# Tests join, leave and crash all the time: don't wait for others.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# A broker that was killed is let back in at once instead of after ten seconds.
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
# Small on memory.
log.cleaner.dedupe.buffer.size=2097152
num.network.threads=2
num.io.threads=4
END
    if kafka_has_tls; then
        cat <<END
listener.name.sasl_ssl.ssl.keystore.type=PKCS12
listener.name.sasl_ssl.ssl.keystore.location=$instance/kafka/tls/keystore.p12
listener.name.sasl_ssl.ssl.keystore.password=$KAFKA_TLS_PASSWORD
listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_$KAFKA_TLS_USER="$KAFKA_TLS_PASSWORD";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
END
    fi
}

# Formats the data folder, with the account that SCRAM-SHA-256 needs in the cluster's metadata.
kafka_format() {
    local jars=$1 home=$instance/kafka id java
    rm -rf -- "$home/data"
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'ab' | tr -d '=')
    mapfile -t java < <(kafka_java "$jars" kafka.tools.StorageTool)
    "${java[@]}" format -t "$id" -c "$home/server.properties" \
        --add-scram "SCRAM-SHA-256=[name=$KAFKA_TLS_USER,password=$KAFKA_TLS_PASSWORD]" \
        >"$home/format.log" 2>&1 9>&- || fail "could not format; see $home/format.log"
}

kafka_is_ready() {
    grep -q 'Kafka Server started' "$instance/kafka/log" && port_answers "$(known_port kafka)"
}

kafka_start() {
    if is_running kafka; then
        [[ -z $with_tls ]] || kafka_has_tls || fail "kafka runs without TLS; stop it first"
        return 0
    fi
    local home=$instance/kafka jars java
    mkdir -p "$home"
    jars=$(kafka_jars) || exit 1
    [[ -z $with_tls ]] || kafka_has_tls || kafka_make_certificate
    kafka_properties >"$home/server.properties"
    [[ -f $home/data/meta.properties ]] || kafka_format "$jars"
    mapfile -t java < <(kafka_java "$jars" kafka.Kafka)
    launch kafka "${java[@]}" "$home/server.properties"
    if ! await_ready kafka "$KAFKA_START_WAIT_S" kafka_is_ready; then
        show_log kafka
        kill_service kafka
        fail "kafka did not start"
    fi
    say "kafka: ready on 127.0.0.1:$(port_of kafka)"
}

kafka_env() {
    local port
    port=$(known_port kafka)
    [[ -n $port ]] || fail "kafka has never been started in $instance"
    echo "export SERIATIM_TEST_KAFKA=kafka://127.0.0.1:$port"
    if kafka_has_tls; then
        echo "export SERIATIM_TEST_KAFKA_TLS=kafka://127.0.0.1:$(known_port kafka/tls)"
        printf 'export SERIATIM_TEST_KAFKA_CA=%q\n' "$instance/kafka/tls/ca.pem"
        echo "export SERIATIM_TEST_KAFKA_USER=$KAFKA_TLS_USER"
        echo "export SERIATIM_TEST_KAFKA_PASSWORD=$KAFKA_TLS_PASSWORD"
    fi
}

kafka_remove() {
    release_ports kafka
    rm -rf -- "$instance/kafka"
}
