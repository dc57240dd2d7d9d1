//! Notices what other processes append, for the readers that wait.
//!
//! SQLite tells nobody of a commit, so one thread for the whole log looks at the topics that have
//! a waiting reader. Where nobody waits it sleeps.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::Thread;
use std::time::Duration;

use order_domain::Offset;
use rusqlite::Connection;

use super::batches;
use super::connection::{Purpose, data_version};
use super::failure::failure;
use super::topic_file::Shared;
use crate::LogError;

/// How often a topic with waiting readers is looked at. This is how late a reader hears of another
/// process's append; of this process's it hears at once.
const WATCH_INTERVAL: Duration = Duration::from_millis(5);

/// The readers' side of the thread.
#[derive(Default)]
pub struct Watcher {
    state: Arc<State>,
    thread: Mutex<Option<Thread>>,
}

#[derive(Default)]
struct State {
    topics: Mutex<Vec<Weak<Shared>>>,
    asleep: AtomicBool,
    ended: AtomicBool,
}

/// A reader that waits, for as long as this lives.
pub struct Waiting<'a>(&'a Shared);

impl Watcher {
    /// Adds a topic.
    pub fn add(&self, topic: &Arc<Shared>) {
        let mut topics = self.state.topics();
        topics.retain(|topic| topic.strong_count() > 0);
        topics.push(Arc::downgrade(topic));
    }

    /// Looks at `topic` until the answer is dropped.
    pub fn watch<'a>(&self, topic: &'a Shared) -> Waiting<'a> {
        topic.waiting.fetch_add(1, Ordering::SeqCst);
        let waiting = Waiting(topic);
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            *thread = start(Arc::clone(&self.state));
        }
        if self.state.asleep.swap(false, Ordering::SeqCst)
            && let Some(thread) = thread.as_ref()
        {
            thread.unpark();
        }
        waiting
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.as_ref() {
            thread.unpark();
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl State {
    fn topics(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Shared>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waited_for(&self) -> Vec<Arc<Shared>> {
        let waited_for = |topic: &Arc<Shared>| topic.waiting.load(Ordering::SeqCst) > 0;
        self.topics().iter().filter_map(Weak::upgrade).filter(waited_for).collect()
    }

    fn run(&self) {
        let mut seen: HashMap<PathBuf, Seen> = HashMap::new();
        while !self.ended.load(Ordering::SeqCst) {
            for topic in self.waited_for() {
                if let Err(error) = look(&topic, &mut seen) {
                    // Readers will meet the same and say so; here it is only a chance missed.
                    tracing::debug!(%error, "the topic could not be looked at");
                    seen.remove(&topic.path);
                }
            }
            self.asleep.store(true, Ordering::SeqCst);
            if self.waited_for().is_empty() {
                std::thread::park();
            } else {
                self.asleep.store(false, Ordering::SeqCst);
                std::thread::park_timeout(WATCH_INTERVAL);
            }
        }
    }
}

fn start(state: Arc<State>) -> Option<Thread> {
    let spawned = std::thread::Builder::new().name("log-watcher".into()).spawn(move || state.run());
    match spawned {
        Ok(handle) => Some(handle.thread().clone()),
        Err(error) => {
            tracing::warn!(%error, "no thread to watch for other processes' appends");
            None
        }
    }
}

struct Seen {
    connection: Connection,
    version: Option<i64>,
}

fn look(topic: &Shared, seen: &mut HashMap<PathBuf, Seen>) -> Result<(), LogError> {
    if !seen.contains_key(&topic.path) {
        let connection = topic.connect(Purpose::Read)?;
        seen.insert(topic.path.clone(), Seen { connection, version: None });
    }
    let Some(seen) = seen.get_mut(&topic.path) else { return Ok(()) };
    let mut look = || {
        let version = data_version(&seen.connection)?;
        if seen.version != Some(version) {
            let newest = batches::newest(&seen.connection)?;
            for (tail, share) in topic.tails.iter().zip(newest.shares) {
                tail.publish(Offset(share.next));
            }
            seen.version = Some(version);
        }
        Ok(())
    };
    look().map_err(|error| failure(&topic.path, &error))
}
