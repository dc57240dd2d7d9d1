//! Orders at a steady rate, whatever the answers take, and how long each takes to be readable.
//!
//! The latency of an order begins when it *should* have been sent. A client that is late because
//! the server was slow (or because it was not scheduled) adds that lateness to the figure instead of
//! hiding it.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::bodies;

const POSITION: &str = "Seriatim-Position";
/// No order may take longer; also bounds how many are under way: this times the rate.
const ORDER_TIME_MAX: Duration = Duration::from_secs(20);

/// A steady rate for a while.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Orders a second.
    pub per_second: u32,
    /// Latencies of this first part are dropped: connections open, caches fill.
    pub warm_up: Duration,
    /// Then this is measured.
    pub measured: Duration,
}

/// Posts orders at this pace and answers the latencies, from the intended start of the `POST` to the
/// `200` of the `GET` of the same order that carries the `Seriatim-Position` that came back.
pub async fn readable_after(url: &str, pace: Pace) -> anyhow::Result<Vec<Duration>> {
    let client = Client::builder().timeout(ORDER_TIME_MAX).build()?;
    let interval = Duration::from_secs(1) / pace.per_second;
    let begin = Instant::now() + interval;
    let measured_from = begin + pace.warm_up;
    let end = measured_from + pace.measured;
    let mut orders = JoinSet::new();
    let mut intended = begin;
    for number in 0.. {
        if intended >= end {
            break;
        }
        sleep_until(intended).await;
        let (client, url) = (client.clone(), url.to_owned());
        orders.spawn(async move {
            let done = place_and_read(&client, &url, bodies::body(number % bodies::BODIES)).await;
            done.map(|()| (intended, Instant::now()))
        });
        intended += interval;
    }
    let mut latencies = Vec::new();
    while let Some(order) = orders.join_next().await {
        let (intended, done) = order??;
        if intended >= measured_from {
            latencies.push(done - intended);
        }
    }
    Ok(latencies)
}

async fn place_and_read(client: &Client, url: &str, body: String) -> anyhow::Result<()> {
    let request = client.post(format!("{url}/api/Order")).body(body);
    let answer = request.header("Content-Type", "application/json").send().await?;
    ensure!(answer.status() == StatusCode::ACCEPTED, "POST was answered with {}", answer.status());
    let header = |name: &str| answer.headers().get(name).cloned();
    let position = header(POSITION).context("a 202 without Seriatim-Position")?;
    let location = header("Location").context("a 202 without Location")?;
    let order = format!("{url}{}", location.to_str()?);
    let answer = client.get(order).header(POSITION, position).send().await?;
    ensure!(answer.status() == StatusCode::OK, "GET was answered with {}", answer.status());
    answer.bytes().await?;
    Ok(())
}
