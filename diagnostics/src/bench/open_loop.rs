//! Orders at a steady rate, whatever the answers take, and how long each takes to be readable.
//!
//! The latency of an order begins when it *should* have been sent. A client that is late because
//! the server was slow (or because it was not scheduled) adds that lateness to the figure instead of
//! hiding it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use measure::{Alarm, Latencies, Pace, Rate, Schedule, Start};
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;

use super::{bodies, http, market};

const POSITION: &str = "Seriatim-Position";
/// No order may take longer; also bounds how many are under way: this times the rate.
const ORDER_TIME_MAX: Duration = Duration::from_secs(20);

/// A steady rate for a while.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Of orders.
    pub rate: Rate,
    /// Latencies of this first part are dropped: connections open, caches fill.
    pub warm_up: Duration,
    /// Then this is measured.
    pub measured: Duration,
}

/// Posts orders at this rate and answers the latencies, from the intended start of the `POST` to the
/// `200` of the `GET` of the same order that carries the `Seriatim-Position` that came back.
pub async fn readable_after(url: &str, load: Load) -> anyhow::Result<Latencies> {
    at_rate(load, |client, number| {
        let url = url.to_owned();
        async move { place_and_read(&client, &url, bodies::body(number % bodies::BODIES)).await }
    })
    .await
}

/// Posts orders of a market at this rate and answers the latencies, from the intended start of the
/// `POST` to its answer, which is the outcome: it is asked for with `Prefer: wait`.
pub async fn outcome_after(url: &str, load: Load) -> anyhow::Result<Latencies> {
    at_rate(load, |client, number| {
        let url = url.to_owned();
        async move { trade(&client, &url, market::order(number)).await }
    })
    .await
}

/// Does one thing again and again at this rate, whatever it takes, and answers how long each took from
/// its intended start.
async fn at_rate<F>(load: Load, act: impl Fn(Client, usize) -> F) -> anyhow::Result<Latencies>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let client = http::client(ORDER_TIME_MAX)?;
    let alarm = Alarm::start()?;
    let begin = Instant::now();
    let mut schedule = Schedule::new(Pace::Steady(load.rate), begin);
    let measured_from = begin + load.warm_up;
    let end = measured_from + load.measured;
    let mut orders = JoinSet::new();
    for number in 0.. {
        let Start::At(intended) = schedule.next(Duration::ZERO) else { break };
        if intended >= end {
            break;
        }
        alarm.until(intended).await;
        let act = act(client.clone(), number);
        orders.spawn(async move { act.await.map(|()| (intended, Instant::now())) });
    }
    let mut latencies = Latencies::new();
    while let Some(order) = orders.join_next().await {
        let (intended, done) = order??;
        if intended >= measured_from {
            latencies.record(done - intended);
        }
    }
    Ok(latencies)
}

async fn trade(client: &Client, url: &str, body: String) -> anyhow::Result<()> {
    let request = client.post(format!("{url}/api/v3/order")).body(body);
    let request = request.header("Content-Type", "application/json").header("Prefer", "wait=10");
    let answer = request.send().await?;
    ensure!(answer.status() == StatusCode::CREATED, "POST was answered with {}", answer.status());
    answer.bytes().await?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::HeaderMap;
    use axum::routing::{get, post};

    use super::*;

    fn load() -> Load {
        Load {
            rate: "100/s".parse().unwrap(),
            warm_up: Duration::from_millis(100),
            measured: Duration::from_millis(200),
        }
    }

    const DELAY: Duration = Duration::from_millis(60);

    /// A service that takes its time to answer reads, of which it wants the position.
    async fn service(accepted: StatusCode) -> String {
        let place = async move || (accepted, [(POSITION, "3:7"), ("Location", "/api/Orders/x")]);
        let read = async |headers: HeaderMap| {
            tokio::time::sleep(DELAY).await;
            let sent_back = headers.get(POSITION).is_some_and(|position| position == "3:7");
            if sent_back { StatusCode::OK } else { StatusCode::BAD_REQUEST }
        };
        let router =
            Router::new().route("/api/Order", post(place)).route("/api/Orders/x", get(read));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_rate_does_not_wait_for_the_answers() {
        let latencies = readable_after(&service(StatusCode::ACCEPTED).await, load()).await.unwrap();
        // One at a time, only three would have fitted into the measured time.
        assert_eq!(latencies.count(), 20);
        assert!(latencies.min().unwrap() >= DELAY, "{latencies:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_order_that_is_refused_spoils_the_figure() {
        let url = service(StatusCode::SERVICE_UNAVAILABLE).await;
        let error = readable_after(&url, load()).await.unwrap_err();
        assert!(error.to_string().contains("503"), "{error:#}");
    }
}
