//! Metrics in the Prometheus text format.

use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// The upper bounds of the buckets of every histogram whose name ends in `_seconds`.
const SECONDS_BUCKETS: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// How often samples are folded into their buckets; until then each takes memory of its own.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(1);

/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics of this process.
#[derive(Clone, Debug)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Collects what this process reports through the crate `metrics`. The first call decides,
    /// further ones give the same metrics.
    ///
    /// # Panics
    /// If the process can't start a thread.
    pub fn install() -> Self {
        static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
        let handle = INSTALLED.get_or_init(|| {
            let recorder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)
                .expect("the list of buckets is not empty")
                .build_recorder();
            let handle = recorder.handle();
            // Fails when another recorder is there already: then this one shows nothing.
            let _ = metrics::set_global_recorder(recorder);
            keep_up(handle.clone());
            handle
        });
        Self { handle: handle.clone() }
    }

    /// Everything, in the Prometheus text format.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// `/metrics`.
    pub fn router(&self) -> Router {
        let metrics = self.clone();
        Router::new().route(
            "/metrics",
            get(move || async move { ([(CONTENT_TYPE, TEXT_FORMAT)], metrics.render()) }),
        )
    }
}

/// A thread rather than a task: it outlives every runtime that a test may start and end.
fn keep_up(handle: PrometheusHandle) {
    let work = move || {
        loop {
            std::thread::sleep(UPKEEP_INTERVAL);
            handle.run_upkeep();
        }
    };
    std::thread::Builder::new()
        .name("metrics-upkeep".to_owned())
        .spawn(work)
        .expect("a process can start a thread when it begins");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_of_seconds_have_buckets_and_a_second_install_is_the_same() {
        Metrics::install();
        metrics::histogram!("seriatim_test_duration_seconds").record(0.002);
        let text = Metrics::install().render();
        assert!(text.contains("seriatim_test_duration_seconds_bucket{le=\"0.0025\"} 1"), "{text}");
        assert!(text.contains("seriatim_test_duration_seconds_bucket{le=\"0.001\"} 0"), "{text}");
    }
}
