//! What the container files name is there: as far as they can be checked without a container engine.

use std::path::PathBuf;

use serde_json::Value;
use service_kit::config::{CommonArgs, LogFormat, Settings};
use service_kit::problem::types;

const COMPOSE: &str = include_str!("../compose.yaml");
const DOCKERFILE: &str = include_str!("../docker/Dockerfile");
const FRONT_DOOR: &str = include_str!("../docker/front-door.conf");
const PROMETHEUS: &str = include_str!("../monitoring/prometheus.yml");
const TOOLCHAIN: &str = include_str!("../../rust-toolchain.toml");

/// `setup/`.
fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What stands between `before` and `after`, wherever that is on a line of `text`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    let behind = text.lines().flat_map(|line| line.split(before).skip(1));
    behind.map(|behind| behind.split(after).next().expect("a part").trim()).collect()
}

/// The variables that our containers get: `NAME: value`, or `ENV NAME=value` of the image.
fn variables() -> Vec<(String, String)> {
    let lines = COMPOSE.lines().chain(DOCKERFILE.lines()).map(str::trim);
    let lines = lines.map(|line| line.strip_prefix("ENV ").unwrap_or(line));
    let pairs = lines.filter_map(|line| line.split_once([':', '=']));
    let ours = pairs.filter(|(name, _)| name.starts_with("SERIATIM_"));
    ours.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

fn settings() -> Settings {
    Settings::load_with(&CommonArgs::default(), "127.0.0.1:0", variables()).expect("settings")
}

/// The programs that the compose file starts, and where each listens.
fn started() -> Vec<(&'static str, &'static str)> {
    let commands = between(COMPOSE, "command: [", "]").into_iter();
    let split = |command: &'static str| {
        let (program, flags) = command.split_once(", ").expect("a program has flags");
        let address = flags.strip_prefix("--listen, ").expect("it is told where to listen");
        let port = address.trim_matches('"').strip_prefix("0.0.0.0:").expect("it listens to all");
        (program, port)
    };
    commands.map(split).collect()
}

#[test]
fn every_variable_is_a_setting() {
    let settings = settings();
    assert_eq!(settings.warnings(), [""; 0]);
    let common = settings.common();
    assert_eq!(common.log, "kafka://kafka:9092");
    assert_eq!(common.store, "postgres://seriatim:seriatim@postgres/seriatim");
    assert_eq!(common.telemetry.format, LogFormat::Json);
    assert!(COMPOSE.contains("PLAINTEXT://kafka:9092"), "the broker calls itself so");
}

#[test]
fn the_data_directory_is_a_volume_that_the_user_may_write() {
    let settings = settings();
    let directory = settings.common().data_dir.to_str().expect("a path").to_owned();
    let [user] = between(DOCKERFILE, "USER ", "\n")[..] else { panic!("one user") };
    let made = format!("install --directory --owner={user} --group={user} {directory}");
    assert!(DOCKERFILE.contains(&made), "{made}");
    assert!(DOCKERFILE.contains(&format!("VOLUME {directory}\n")));
    assert!(COMPOSE.contains(&format!("volumes: [{directory}]")));
}

#[test]
fn a_container_is_given_the_time_to_stop_that_its_program_takes() {
    let [grace] = between(COMPOSE, "stop_grace_period: ", "s")[..] else { panic!("one for all") };
    let grace: u64 = grace.parse().expect("seconds");
    assert!(grace > settings().common().http.shutdown_grace.as_secs());
}

#[test]
fn the_image_is_built_once_by_the_toolchain_of_the_repository() {
    assert_eq!(between(COMPOSE, "dockerfile: ", "\n"), ["setup/docker/Dockerfile"]);
    let [channel] = between(TOOLCHAIN, "channel = \"", "\"")[..] else { panic!("one channel") };
    assert!(DOCKERFILE.contains(&format!("FROM rust:{channel}-bookworm AS build\n")));
    assert!(DOCKERFILE.contains("FROM debian:bookworm-slim\n"), "the same C library");
}

#[test]
fn what_is_built_copied_and_started_are_our_programs() {
    let packages = between(DOCKERFILE, "--package ", " ");
    assert_eq!(packages.len(), 4);
    for package in packages {
        assert!(here().join("..").join(package).join("Cargo.toml").is_file(), "{package}");
    }
    let copied = between(DOCKERFILE, "target/release/", " ");
    let started = started();
    assert_eq!(started.len(), 3);
    for (program, _) in &started {
        assert!(copied.contains(program), "{program} is in the image");
    }
    assert!(copied.contains(&"seriatim"), "the image's own command");
}

#[test]
fn whoever_asks_a_program_knows_its_port() {
    for (program, port) in started() {
        assert!(COMPOSE.contains(&format!("expose: [\"{port}\"]")), "{program}");
        assert!(FRONT_DOOR.contains(&format!("{program}:{port}")), "{program}");
        assert!(
            PROMETHEUS.contains(&format!("names: [{program}], type: A, port: {port},")),
            "{program}"
        );
    }
}

#[test]
fn every_mounted_file_is_there() {
    let mounted = between(COMPOSE, "- ./", ":");
    assert!(mounted.len() > 5, "{mounted:?}");
    for file in mounted {
        assert!(here().join(file).is_file(), "{file}");
    }
}

#[test]
fn what_the_front_door_answers_by_itself_is_a_problem() {
    let answers = between(FRONT_DOOR, "return ", "';");
    assert_eq!(answers.len(), 3);
    for answer in answers {
        let (status, body) = answer.split_once(" '").expect("a status and a body");
        let body: Value = serde_json::from_str(body).expect("JSON");
        let kind = body["type"].as_str().and_then(|uri| uri.strip_prefix("/problems/"));
        let known = types::ALL.iter().find(|known| Some(known.kind) == kind).expect("a known type");
        assert_eq!(body["title"], known.title);
        assert_eq!(body["status"], known.status.as_u16());
        assert_eq!(status, known.status.as_str());
    }
}
