//! A running Seriatim, and what it came to.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::try_join_all;
use http_body_util::{BodyExt as _, Empty, Limited};
use http1_client::{TargetError, TargetUrl};
use hyper::{Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};

use crate::tls;

/// Where an instance tells what it came to.
const STATE_PATH: &str = "/state";

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an instance that asks to be asked later is asked again.
const BUSY_MAX: Duration = Duration::from_secs(30);

/// How often.
const BUSY_POLL: Duration = Duration::from_millis(500);

/// Bytes of an answer: some hundred thousand venues.
const STATE_BYTES_MAX: usize = 64 << 20;

/// The base URLs of an instance's processes, parted by commas: each tells of its own partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instance(Vec<TargetUrl>);

impl FromStr for Instance {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let urls: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&urls.join(","))
    }
}

/// Why nobody knows what an instance came to.
#[derive(Debug, thiserror::Error)]
pub(super) enum InstanceError {
    #[error("{0}")]
    Target(#[from] TargetError),
    #[error("{url} does not answer: {reason}")]
    Unreachable { url: TargetUrl, reason: String },
    #[error("{url} answers {status} to GET {STATE_PATH}")]
    Refused { url: TargetUrl, status: StatusCode },
    #[error("{url} is no Seriatim: its {STATE_PATH} is {reason}")]
    NoState { url: TargetUrl, reason: String },
    #[error("partition {0} is told of by two processes: ask again when none comes or goes")]
    PartitionTwice(u32),
}

/// What a venue's orders came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Venue {
    /// How many orders the hash is over.
    pub(super) orders: u64,
    pub(super) hash: String,
}

/// What all processes of an instance came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// By name.
    pub(super) venues: BTreeMap<String, Venue>,
    /// The first command of each partition that is not decided.
    next: BTreeMap<u32, u64>,
}

#[derive(Deserialize)]
struct Told {
    partitions: Vec<PartitionTold>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartitionTold {
    partition: u32,
    next_source: u64,
    venues: Vec<VenueTold>,
}

#[derive(Deserialize)]
struct VenueTold {
    venue: String,
    #[serde(flatten)]
    came_to: Venue,
}

impl Instance {
    /// What it came to until now.
    pub(super) async fn state(&self) -> Result<State, InstanceError> {
        let mut state = State::default();
        for told in try_join_all(self.0.iter().map(ask)).await? {
            state.add(told)?;
        }
        Ok(state)
    }
}

impl State {
    fn add(&mut self, told: Told) -> Result<(), InstanceError> {
        for PartitionTold { partition, next_source, venues } in told.partitions {
            if self.next.insert(partition, next_source).is_some() {
                return Err(InstanceError::PartitionTwice(partition));
            }
            self.venues.extend(venues.into_iter().map(|told| (told.venue, told.came_to)));
        }
        Ok(())
    }

    /// How many orders that is over.
    pub(super) fn orders(&self) -> u64 {
        self.venues.values().map(|venue| venue.orders).sum()
    }
}

async fn ask(url: &TargetUrl) -> Result<Told, InstanceError> {
    let begun = Instant::now();
    loop {
        let (status, body) = timeout(ANSWER_TIMEOUT, get(url))
            .await
            .unwrap_or_else(|_| Err(unreachable(url, &format!("not in {ANSWER_TIMEOUT:?}"))))?;
        match status {
            StatusCode::OK => {
                let told = serde_json::from_slice(&body).map_err(|error| error.to_string());
                return told.map_err(|reason| InstanceError::NoState { url: url.clone(), reason });
            }
            StatusCode::SERVICE_UNAVAILABLE if begun.elapsed() < BUSY_MAX => sleep(BUSY_POLL).await,
            status => return Err(InstanceError::Refused { url: url.clone(), status }),
        }
    }
}

async fn get(url: &TargetUrl) -> Result<(StatusCode, Bytes), InstanceError> {
    let client: Client<_, Empty<Bytes>> =
        Client::builder(TokioExecutor::new()).build(tls::connector(url, CONNECT_TIMEOUT)?);
    let uri = url.uri(STATE_PATH).map_err(|error| url.wrong(&error))?;
    let answer = client.get(uri).await.map_err(|error| unreachable(url, &causes(&error)))?;
    let (head, body) = Response::into_parts(answer);
    let body = Limited::new(body, STATE_BYTES_MAX).collect().await;
    let body = body.map_err(|error| unreachable(url, &error.to_string()))?;
    Ok((head.status, body.to_bytes()))
}

fn unreachable(url: &TargetUrl, reason: &str) -> InstanceError {
    InstanceError::Unreachable { url: url.clone(), reason: reason.to_owned() }
}

/// The client's own words say only that it could not connect.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(partition: u32, venues: &[(&str, u64)]) -> Told {
        let venue = |(name, orders): &(&str, u64)| VenueTold {
            venue: (*name).to_owned(),
            came_to: Venue { orders: *orders, hash: "h".to_owned() },
        };
        let venues = venues.iter().map(venue).collect();
        Told { partitions: vec![PartitionTold { partition, next_source: 7, venues }] }
    }

    #[test]
    fn what_several_processes_tell_is_one_state() {
        let mut state = State::default();
        state.add(told(0, &[("shop/1", 3)])).unwrap();
        state.add(told(1, &[("shop/0", 4), ("shop/2", 1)])).unwrap();
        assert_eq!(state.orders(), 8);
        assert!(state.venues.keys().eq(["shop/0", "shop/1", "shop/2"]));
        let twice = state.add(told(1, &[])).unwrap_err();
        assert!(twice.to_string().starts_with("partition 1 is told of by two"), "{twice}");
    }
}
