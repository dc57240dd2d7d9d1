//! What running programs tell: their `/metrics`.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{Client, Url};
use serde::Serialize;

use crate::bench::http;
use crate::prometheus::Samples;

/// How long a program may take to answer.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(2);

/// The programs that are asked.
pub(super) struct Programs {
    http: Client,
    urls: Vec<Url>,
}

/// What one program answered, or why it did not.
pub(super) type Answer = Result<Samples, String>;

impl Programs {
    pub(super) fn new(urls: &[Url]) -> anyhow::Result<Self> {
        let mut metrics = urls.to_vec();
        for url in &mut metrics {
            if url.path() == "/" {
                url.set_path("/metrics");
            }
        }
        Ok(Self { http: http::client(ANSWER_WAIT_MAX)?, urls: metrics })
    }

    /// Asks all, one after the other.
    pub(super) async fn look(&self) -> Vec<(Url, Answer)> {
        let mut answers = Vec::with_capacity(self.urls.len());
        for url in &self.urls {
            let answer = self.ask(url).await.map_err(|error| format!("{error:#}"));
            answers.push((url.clone(), answer));
        }
        answers
    }

    async fn ask(&self, url: &Url) -> anyhow::Result<Samples> {
        let answer =
            self.http.get(url.clone()).send().await.map_err(reqwest::Error::without_url)?;
        let answer = answer.error_for_status().map_err(reqwest::Error::without_url)?;
        let text = answer.text().await.map_err(reqwest::Error::without_url)?;
        Samples::parse(&text).context("its answer is none of Prometheus")
    }
}

/// What a program told between two looks: counts a second, and times in seconds. `None` where it has no
/// such metric, or nothing happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProgramFigures {
    pub(super) accepted_per_s: Option<f64>,
    pub(super) repeated_per_s: Option<f64>,
    pub(super) refused_per_s: Option<f64>,
    pub(super) decided_per_s: Option<f64>,
    pub(super) projected_per_s: Option<f64>,
    pub(super) store_retries_per_s: Option<f64>,
    pub(super) append_p99_s: Option<f64>,
    pub(super) outcome_wait_p99_s: Option<f64>,
    pub(super) store_write_p99_s: Option<f64>,
    pub(super) query_p99_s: Option<f64>,
    pub(super) waiting_reads: Option<f64>,
}

impl ProgramFigures {
    /// What happened in `seconds`.
    pub(super) fn between(before: &Samples, now: &Samples, seconds: f64) -> Self {
        let rate = |name| now.growth(before, name).map(|growth| growth / seconds);
        let p99 = |name| now.quantile(before, name, 0.99);
        Self {
            accepted_per_s: rate("seriatim_orders_accepted_total"),
            repeated_per_s: rate("seriatim_orders_repeated_total"),
            refused_per_s: rate("seriatim_orders_refused_total"),
            decided_per_s: rate("seriatim_decisions_total"),
            projected_per_s: rate("seriatim_projected_total"),
            store_retries_per_s: rate("seriatim_store_retries_total"),
            append_p99_s: p99("seriatim_append_duration_seconds"),
            outcome_wait_p99_s: p99("seriatim_outcome_wait_duration_seconds"),
            store_write_p99_s: p99("seriatim_store_write_duration_seconds"),
            query_p99_s: p99("seriatim_query_duration_seconds"),
            waiting_reads: now.sum("seriatim_strong_read_waiters"),
        }
    }
}
