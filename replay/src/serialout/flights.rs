//! Requests under way, and the connections that are kept open for further ones.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http1_client::Connection;

use super::job::{Carrier, Job, Landing};

type Flight = Pin<Box<dyn Future<Output = Landing> + Send>>;

/// At most so many requests at once as there may be connections.
pub(super) struct Flights {
    carrier: Arc<Carrier>,
    connections_max: usize,
    under_way: FuturesUnordered<Flight>,
    idle: Vec<Connection>,
}

impl Flights {
    pub(super) fn new(carrier: Arc<Carrier>, connections_max: usize) -> Self {
        Self { carrier, connections_max, under_way: FuturesUnordered::new(), idle: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    pub(super) fn connections_max(&self) -> usize {
        self.connections_max
    }

    /// How many further requests may depart.
    pub(super) fn room(&self) -> usize {
        self.connections_max - self.under_way.len()
    }

    /// Sends a job that is prepared, beginning with the next [`poll_landing`](Self::poll_landing).
    pub(super) fn depart(&mut self, job: Box<Job>) {
        let flight = Arc::clone(&self.carrier).carry(job, self.idle.pop());
        self.under_way.push(Box::pin(flight));
    }

    /// Moves all on; ready with the next attempt that has ended.
    pub(super) fn poll_landing(&mut self, cx: &mut Context<'_>) -> Poll<Landing> {
        match self.under_way.poll_next_unpin(cx) {
            Poll::Ready(Some(mut landing)) => {
                self.idle.extend(landing.connection.take());
                Poll::Ready(landing)
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
