//! How many partitions each topic has, asked once and looked up again now and then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::producer::Producer;

use super::appender::Appender;
use super::{METADATA_TIMEOUT, blocking};
use crate::{LogError, Topic};

/// How old an answer may get before it is asked for again, in the background.
const COUNT_AGE_MAX: Duration = Duration::from_mins(1);

pub(super) struct PartitionCounts {
    appender: Arc<Appender>,
    known: Mutex<HashMap<Topic, Known>>,
}

#[derive(Clone, Copy)]
struct Known {
    partitions: u32,
    /// When to ask again.
    stale_at: Instant,
}

impl PartitionCounts {
    pub(super) fn new(appender: Arc<Appender>) -> Self {
        Self { appender, known: Mutex::default() }
    }

    /// The topic's number of partitions.
    pub(super) async fn of(self: &Arc<Self>, topic: &Topic) -> Result<u32, LogError> {
        match self.look_up(topic) {
            Some((known, false)) => Ok(known.partitions),
            Some((known, true)) => {
                let (counts, topic) = (self.clone(), topic.clone());
                tokio::spawn(async move { counts.ask(topic).await });
                Ok(known.partitions)
            }
            None => self.ask(topic.clone()).await,
        }
    }

    /// What is known, and whether it is this caller's turn to ask again.
    fn look_up(&self, topic: &Topic) -> Option<(Known, bool)> {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get_mut(topic)?;
        let now = Instant::now();
        let stale = known.stale_at <= now;
        if stale {
            known.stale_at = now + COUNT_AGE_MAX;
        }
        Some((*known, stale))
    }

    async fn ask(self: &Arc<Self>, topic: Topic) -> Result<u32, LogError> {
        let counts = self.clone();
        blocking(move || {
            let partitions = counts.fetch(&topic)?;
            let known = Known { partitions, stale_at: Instant::now() + COUNT_AGE_MAX };
            let mut all = counts.known.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(topic, known);
            Ok(partitions)
        })
        .await
    }

    /// Asks for all topics: to ask for one by its name would create it on many clusters.
    fn fetch(&self, topic: &Topic) -> Result<u32, LogError> {
        let metadata = self
            .appender
            .with_producer(|producer| producer.client().fetch_metadata(None, METADATA_TIMEOUT))
            .map_err(|error| self.appender.last_error().explain(&error, topic))?;
        let found = metadata.topics().iter().find(|found| found.name() == topic.as_str());
        let partitions = found.map_or(0, |found| found.partitions().len());
        match u32::try_from(partitions) {
            Ok(partitions) if partitions > 0 => Ok(partitions),
            _ => Err(LogError::NoSuchTopic(topic.to_string())),
        }
    }

    /// Whether the cluster answers, and the topics in use have leaders; blocks up to `timeout`.
    pub(super) fn check(&self, timeout: Duration) -> Result<(), LogError> {
        let last_error = self.appender.last_error();
        let metadata = self
            .appender
            .with_producer(|producer| producer.client().fetch_metadata(None, timeout))
            .map_err(|error| LogError::Unavailable(last_error.annotate(error.to_string())))?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for topic in known.keys() {
            let found = metadata.topics().iter().find(|found| found.name() == topic.as_str());
            let found = found.ok_or_else(|| LogError::NoSuchTopic(topic.to_string()))?;
            if found.partitions().iter().any(|partition| partition.leader() < 0) {
                let what = format!("a partition of {topic} has no leader");
                return Err(LogError::Unavailable(what));
            }
        }
        Ok(())
    }
}
