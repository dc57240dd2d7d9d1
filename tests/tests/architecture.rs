//! The architecture's invariants, read off `cargo metadata`: who may link what.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Packages and what each depends on, without dev-dependencies, as Cargo resolved them.
struct Graph {
    names: BTreeMap<String, String>,
    /// From package id to the ids it links (normal and build dependencies).
    links: BTreeMap<String, BTreeSet<String>>,
    members: BTreeMap<String, String>,
}

impl Graph {
    fn of_workspace() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host()])
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let list = |value: &Value| value.as_array().expect("a list").clone();

        let names: BTreeMap<_, _> = list(&metadata["packages"])
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let links = list(&metadata["resolve"]["nodes"])
            .iter()
            .map(|node| {
                let linked = list(&node["deps"])
                    .into_iter()
                    .filter(|dep| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev"));
                (text(&node["id"]), linked.map(|dep| text(&dep["pkg"])).collect())
            })
            .collect();
        let members = list(&metadata["workspace_members"])
            .iter()
            .map(|id| (names[id.as_str().unwrap()].clone(), text(id)))
            .collect();
        Self { names, links, members }
    }

    /// The names of everything that `package` links, directly or through others.
    fn closure(&self, package: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![&self.members[package]];
        while let Some(id) = open.pop() {
            for next in &self.links[id] {
                if seen.insert(next.clone()) {
                    open.push(self.links.get_key_value(next).expect("resolved").0);
                }
            }
        }
        seen.iter().map(|id| self.names[id].as_str()).collect()
    }

    /// The names of what `package` names in its own manifest.
    fn direct(&self, package: &str) -> BTreeSet<&str> {
        self.links[&self.members[package]].iter().map(|id| self.names[id].as_str()).collect()
    }

    #[track_caller]
    fn never_links(&self, package: &str, forbidden: &[&str]) {
        let closure = self.closure(package);
        let found: Vec<_> = forbidden.iter().filter(|name| closure.contains(**name)).collect();
        assert!(found.is_empty(), "{package} links {found:?}");
    }

    /// Which members name `dependency` in their manifest.
    fn members_naming(&self, dependency: &str) -> Vec<&str> {
        let names = |member: &&String| self.direct(member).contains(dependency);
        self.members.keys().filter(names).map(String::as_str).collect()
    }
}

/// This machine's platform: what others would link is not downloaded here.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(output.stdout).expect("rustc speaks UTF-8");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

#[test]
fn the_producer_never_sees_sql() {
    let sql = [
        "sqlx",
        "sqlx-core",
        "sqlx-sqlite",
        "sqlx-postgres",
        "sqlx-mysql",
        "tiberius",
        "order-store",
    ];
    Graph::of_workspace().never_links("order-producer-api", &sql);
}

#[test]
fn the_pure_crates_have_no_clock_no_io_and_no_runtime() {
    let graph = Graph::of_workspace();
    // (rand comes with uuid, whose version 7 only the producer may use: clippy.toml bans it here.)
    let impure = [
        "tokio",
        "mio",
        "socket2",
        "async-std",
        "futures-executor",
        "rdkafka",
        "rusqlite",
        "sqlx",
        "axum",
        "hyper",
        "chrono",
        "time",
        "jiff",
        "event-log",
        "order-store",
        "service-kit",
    ];
    for package in ["order-domain", "order-book", "order-engine"] {
        graph.never_links(package, &impure);
    }
}

#[test]
fn the_order_book_links_nothing_and_nothing_links_the_plain_one() {
    let graph = Graph::of_workspace();
    assert_eq!(graph.closure("order-book"), BTreeSet::new());
    assert!(graph.members_naming("plain-order-book").is_empty());
}

#[test]
fn what_measures_links_no_runtime() {
    Graph::of_workspace().never_links("measure", &["tokio", "mio", "async-std"]);
}

#[test]
fn only_the_log_names_kafka_and_only_the_store_names_sql() {
    let graph = Graph::of_workspace();
    assert_eq!(graph.members_naming("rdkafka"), ["event-log"]);
    assert_eq!(graph.members_naming("rusqlite"), ["event-log"]);
    assert_eq!(graph.members_naming("sqlx"), ["order-store"]);
    assert_eq!(graph.members_naming("tiberius"), ["order-store"]);
}

#[test]
fn arrows_between_the_crates_point_one_way() {
    let graph = Graph::of_workspace();
    let ours: BTreeSet<&str> = graph.members.keys().map(String::as_str).collect();
    for (package, may_link) in [
        ("order-domain", &[][..]),
        ("order-book", &[]),
        ("plain-order-book", &["order-book"]),
        ("order-engine", &["order-book", "order-domain"]),
        ("event-log", &["order-domain"]),
        ("order-store", &["order-domain"]),
        ("configured-log", &["event-log", "service-kit"]),
        ("measure", &[]),
        ("http1-client", &["measure"]),
        ("traffic-archive", &[]),
        ("service-kit", &[]),
        ("order-producer-api", &["configured-log", "event-log", "order-domain", "service-kit"]),
        (
            "order-processor",
            &[
                "configured-log",
                "event-log",
                "measure",
                "order-domain",
                "order-engine",
                "order-store",
                "service-kit",
            ],
        ),
        ("query-api", &["order-domain", "order-store", "service-kit"]),
        (
            "diagnostics",
            &[
                "configured-log",
                "event-log",
                "http1-client",
                "measure",
                "order-domain",
                "order-engine",
                "order-store",
                "service-kit",
                "traffic-archive",
            ],
        ),
        (
            "replay",
            &[
                "event-log",
                "http1-client",
                "measure",
                "order-domain",
                "service-kit",
                "traffic-archive",
            ],
        ),
    ] {
        let linked = graph.direct(package);
        let extra: Vec<_> =
            linked.intersection(&ours).filter(|name| !may_link.contains(name)).collect();
        assert!(extra.is_empty(), "{package} links {extra:?} of the workspace");
    }
}
