//! The dashboard and the alert rules ask for nothing that the program does not tell, and leave out
//! nothing that it tells.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tests::market::{limit, seeded};
use tests::{Client, House, Profile, purchase};

use crate::damage::trade;

const ALERTS: &str = include_str!("../../../setup/monitoring/alerts.yml");
const DASHBOARD: &str = include_str!("../../../setup/monitoring/grafana/seriatim.json");

/// Nothing here takes longer.
const WAIT_MAX: Duration = Duration::from_secs(90);

/// The label that says why a request was refused.
const KIND: &str = "kind";

/// Labels that Prometheus adds to whatever it scrapes.
const ADDED: [&str; 2] = ["instance", "job"];

/// What somebody asks Prometheus for.
#[derive(Debug)]
struct Asked {
    expression: String,
    /// Where labels are named to be shown: the legend, or the words of an alert.
    shown: String,
}

/// A metric with the labels that it is asked for by, and their values.
type Selector = (String, Vec<(String, String)>);

impl Asked {
    /// The metrics of ours that are asked for.
    fn selectors(&self) -> Vec<Selector> {
        let mut selectors = Vec::new();
        let mut rest = &self.expression[..];
        while let Some(at) = rest.find("seriatim_") {
            rest = &rest[at..];
            let end = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
            let (name, behind) = rest.split_at(end.unwrap_or(rest.len()));
            let labels = behind.strip_prefix('{').and_then(|labels| labels.split_once('}'));
            let conditions = labels.map_or("", |(labels, _)| labels).split(',');
            let pairs = conditions.filter_map(|condition| {
                let (label, value) = condition.split_once('=')?;
                Some((label.trim().to_owned(), value.trim_matches(['~', '"']).to_owned()))
            });
            selectors.push((name.to_owned(), pairs.collect()));
            rest = behind;
        }
        selectors
    }

    /// The labels that are left of them: those of `by (...)`.
    fn grouped_by(&self) -> BTreeSet<&str> {
        let groups = self.expression.split("by (").skip(1);
        let lists = groups.filter_map(|group| group.split(')').next());
        lists.flat_map(|list| list.split(',').map(str::trim)).collect()
    }

    /// The labels that are shown: `{{name}}`, or `{{ $labels.name }}`.
    fn shown_labels(&self) -> BTreeSet<&str> {
        let places = self.shown.split("{{").skip(1).filter_map(|place| place.split("}}").next());
        let names = places.map(|place| place.trim().trim_start_matches("$labels."));
        names.filter(|name| *name != "$value").collect()
    }
}

fn asked_by_alerts() -> Vec<Asked> {
    let rules = ALERTS.split("- alert: ").skip(1);
    let asked = |rule: &str| {
        let expression = rule.lines().find_map(|line| line.trim().strip_prefix("expr: "));
        let (_, shown) = rule.split_once("annotations:").expect("an alert says what to do");
        Asked { expression: expression.expect("an expression").to_owned(), shown: shown.to_owned() }
    };
    rules.map(asked).collect()
}

fn asked_by_dashboard() -> Vec<Asked> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("the dashboard is JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    let asked = |target: &Value| Asked {
        expression: text(&target["expr"]),
        shown: text(&target["legendFormat"]),
    };
    targets.map(asked).collect()
}

/// What the program tells: of each metric the labels, of each label the values.
struct Told(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Told {
    fn read(metrics: &str) -> Self {
        let mut told: BTreeMap<_, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for line in metrics.lines().filter(|line| line.starts_with("seriatim_")) {
            let (series, _) = line.rsplit_once(' ').expect("a value");
            let (name, labels) =
                series.trim_end_matches('}').split_once('{').unwrap_or((series, ""));
            let known = told.entry(name.to_owned()).or_default();
            for pair in labels.split("\",").filter(|pair| !pair.is_empty()) {
                let (label, value) = pair.split_once("=\"").expect("a label");
                let value = value.trim_end_matches('"').to_owned();
                known.entry(label.to_owned()).or_default().insert(value);
            }
        }
        Self(told)
    }

    /// Whether there is such a metric, with every value of a label that it is asked for by. Which kinds of
    /// problems there are is known elsewhere: not each of them is brought about here.
    fn has(&self, (name, labels): &Selector) -> bool {
        let Some(known) = self.0.get(name) else { return false };
        labels.iter().all(|(label, values)| {
            let told = known.get(label);
            told.is_some_and(|told| label == KIND || values.split('|').all(|v| told.contains(v)))
        })
    }

    /// The names, those of a histogram's series as one.
    fn families(&self) -> BTreeSet<&str> {
        let family = |name: &str| {
            ["_bucket", "_sum", "_count"].iter().find_map(|end| {
                let family = name.strip_suffix(end)?;
                self.0.contains_key(&format!("{family}_bucket")).then_some(family.len())
            })
        };
        self.0.keys().map(|name| &name[..family(name).unwrap_or(name.len())]).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_and_alerts_ask_for_what_there_is() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = seeded(house.with("SERIATIM_TOPICS__PARTITIONS", "1"), &["ada"]);
    let running = house.start();
    let client = Client::of(running.url());
    everything_happens(&client).await;
    let asked: Vec<_> = asked_by_alerts().into_iter().chain(asked_by_dashboard()).collect();
    assert!(asked.len() > 25, "both files were read: {}", asked.len());

    let told = wait_for(&client, &asked).await;
    for asked in &asked {
        for (name, labels) in asked.selectors() {
            for (_, kinds) in labels.iter().filter(|(label, _)| label == KIND) {
                for kind in kinds.split('|') {
                    assert!(is_problem(&client, kind).await, "no problem {kind}: {asked:?}");
                }
            }
            for label in asked.grouped_by() {
                let known = told.0[&name].contains_key(label) || ADDED.contains(&label);
                assert!(known, "{label} of {asked:?}");
            }
        }
        let mut left = asked.grouped_by();
        left.extend(ADDED.iter().filter(|_| asked.expression.starts_with("up{")));
        let gone: Vec<_> = asked.shown_labels().difference(&left).copied().collect();
        assert!(gone.is_empty(), "{gone:?} are shown, but not left by {asked:?}");
    }
    let left_out: Vec<_> =
        told.families().into_iter().filter(|name| !DASHBOARD.contains(name)).collect();
    assert!(left_out.is_empty(), "the dashboard leaves out {left_out:?}");
    running.stop();
}

/// Prometheus' own words on the rules, on what they make of a deployment, and on what the dashboard asks.
#[test]
fn prometheus_takes_the_rules_and_what_the_dashboard_asks() {
    let promtool = std::env::var_os("SERIATIM_TEST_PROMTOOL").unwrap_or_else(|| "promtool".into());
    if Command::new(&promtool).arg("--version").output().is_err() {
        println!("skipped: no promtool on this machine (setup/promtool fetches it)");
        return;
    }
    let agrees = |arguments: &[&str], file: &Path| {
        let output = Command::new(&promtool).args(arguments).arg(file).output();
        let output = output.expect("promtool runs");
        assert!(output.status.success(), "{output:?}");
    };
    let monitoring = Path::new(env!("CARGO_MANIFEST_DIR")).join("../setup/monitoring");
    agrees(&["check", "rules"], &monitoring.join("alerts.yml"));
    agrees(&["test", "rules"], &monitoring.join("alerts.test.yml"));

    // A dashboard is no file of Prometheus': each of its questions becomes a rule.
    let rules = asked_by_dashboard().into_iter().enumerate().map(|(number, asked)| {
        // Grafana says how long an interval is.
        let asked = asked.expression.replace("$__rate_interval", "1m");
        serde_json::json!({ "record": format!("panel_{number}"), "expr": asked })
    });
    let groups = [serde_json::json!({ "name": "dashboard", "rules": rules.collect::<Vec<_>>() })];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dashboard.yml");
    // What is JSON is YAML.
    let text = serde_json::json!({ "groups": groups }).to_string();
    std::fs::write(&file, text).expect("the file is written");
    agrees(&["check", "rules"], &file);
}

/// Grafana shows what overlaps, or has no room, somewhere else; and takes one of two panels of the same number.
#[test]
fn the_dashboard_is_laid_out_without_overlaps() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("the dashboard is JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("no number: {value}"));
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeMap::new());
    for panel in panels {
        let (id, place) = (number(&panel["id"]), &panel["gridPos"]);
        assert!(ids.insert(id), "two panels are number {id}");
        let [x, y, width, height] = ["x", "y", "w", "h"].map(|name| number(&place[name]));
        assert!(width > 0 && height > 0 && x + width <= 24, "panel {id}: {place}");
        for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            let other = taken.insert(cell, id);
            assert_eq!(other, None, "panel {id} lies on another at {cell:?}");
        }
        let kind = panel["type"].as_str().expect("a type");
        assert!(["row", "stat", "timeseries", "table", "heatmap", "bargauge"].contains(&kind));
        let targets = panel["targets"].as_array().map_or(&[][..], Vec::as_slice);
        assert_eq!(targets.is_empty(), kind == "row", "panel {id} asks for nothing");
        let names: BTreeSet<_> = targets.iter().map(|it| it["refId"].to_string()).collect();
        assert_eq!(names.len(), targets.len(), "panel {id} has two questions of one name");
        for source in targets.iter().map(|target| &target["datasource"]["uid"]) {
            assert_eq!(source, "${datasource}", "panel {id}");
        }
    }
    assert_eq!(dashboard["templating"]["list"][0]["name"], "datasource");
}

/// One of everything that is counted.
async fn everything_happens(client: &Client) {
    for (cents, refused) in [(100, false), (100, false), (200, true)] {
        let order = purchase(1, cents);
        let status = answered(async || {
            let headers = [("Idempotency-Key", "one"), ("Prefer", "wait=20")];
            Some(client.post(&order, &headers).await.ok()?.status())
        });
        assert_eq!(status.await == StatusCode::UNPROCESSABLE_ENTITY, refused, "{cents}");
    }
    let placed = trade(client, "one", &limit("ada", "buy", "100", "1")).await;
    client.wait_projected([placed]).await;
    // Nobody will ever write there.
    let never = [("Seriatim-Position", "0:1000000"), ("Prefer", "wait=0")];
    let began = Instant::now();
    loop {
        let asked = client.ask_market(Method::GET, "/api/Orders?limit=1", None, &never).await;
        if asked.is_some_and(|answer| answer.body["type"] == "/problems/projection-behind") {
            return;
        }
        assert!(began.elapsed() < WAIT_MAX, "nobody says that the projection is behind");
    }
}

/// What it is answered in the end: a busy machine may refuse it for a while.
async fn answered(ask: impl AsyncFn() -> Option<StatusCode>) -> StatusCode {
    let began = Instant::now();
    loop {
        match ask().await {
            Some(status) if status != StatusCode::SERVICE_UNAVAILABLE => return status,
            _ => assert!(began.elapsed() < WAIT_MAX, "it is never answered"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the program tells once it tells of all that is asked for.
async fn wait_for(client: &Client, asked: &[Asked]) -> Told {
    let began = Instant::now();
    loop {
        let told = Told::read(&client.text("/metrics").await);
        let missing: Vec<_> =
            asked.iter().flat_map(Asked::selectors).filter(|asked| !told.has(asked)).collect();
        if missing.is_empty() {
            return told;
        }
        assert!(began.elapsed() < WAIT_MAX, "no program tells of {missing:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Whether requests may be refused for this reason.
async fn is_problem(client: &Client, kind: &str) -> bool {
    let page = client.text(&format!("/problems/{kind}")).await;
    page.contains(kind) && !page.contains("/problems/not-found")
}
