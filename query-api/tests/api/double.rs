//! A store in memory whose projection, failures and load the test controls.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use order_domain::{Offset, OrderId, Partition};
use order_store::{Checkpoint, OrderFilter, OrderQueries, OrderRow, Page, StoreError, StreamId};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The text of every failure, which no client may see.
pub(crate) const CAUSE: &str = "password authentication failed for user seriatim";

/// How many partitions it says that there are.
pub(crate) const PARTITIONS: u32 = 4;

#[derive(Default)]
pub(crate) struct Double {
    rows: Mutex<Vec<OrderRow>>,
    projected: Mutex<Vec<(Partition, Offset)>>,
    away: AtomicBool,
    broken: AtomicBool,
    projected_queries: AtomicUsize,
}

impl Double {
    pub(crate) fn new(rows: Vec<OrderRow>) -> Arc<Self> {
        let double = Self::default();
        double.insert(rows);
        Arc::new(double)
    }

    pub(crate) fn insert(&self, rows: Vec<OrderRow>) {
        let mut all = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(rows);
        all.sort_by_key(|row| std::cmp::Reverse((row.placed_at, row.order_id)));
    }

    /// Every command of `partition` below `offset` has had its effect.
    pub(crate) fn project(&self, partition: u32, offset: u64) {
        self.projected.lock().unwrap().push((Partition(partition), Offset(offset)));
    }

    pub(crate) fn go_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    pub(crate) fn break_down(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    /// How often it was asked how far a stream is projected.
    pub(crate) fn projected_queries(&self) -> usize {
        self.projected_queries.load(Ordering::SeqCst)
    }

    pub(crate) fn answer<T>(&self, answer: T) -> Result<T, StoreError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(CAUSE.to_owned()));
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::Refused(CAUSE.to_owned()));
        }
        Ok(answer)
    }

    fn page(&self, page: Page, lets_through: impl Fn(&OrderRow) -> bool) -> Vec<OrderRow> {
        let behind = |row: &OrderRow| {
            page.after.is_none_or(|after| {
                (row.placed_at, row.order_id) < (after.placed_at, after.order_id)
            })
        };
        let rows = self.rows.lock().unwrap();
        let found = rows.iter().filter(|row| behind(row) && lets_through(row));
        found.take(page.limit as usize).cloned().collect()
    }
}

#[async_trait]
impl OrderQueries for Double {
    async fn order(&self, order_id: OrderId) -> Result<Option<OrderRow>, StoreError> {
        let rows = self.rows.lock().unwrap();
        self.answer(rows.iter().find(|row| row.order_id == order_id).cloned())
    }

    async fn orders(&self, filter: OrderFilter, page: Page) -> Result<Vec<OrderRow>, StoreError> {
        self.answer(self.page(page, |row| {
            filter.status.is_none_or(|status| row.status.name() == status)
                && filter.customer.is_none_or(|customer| row.customer.id == customer)
        }))
    }

    async fn search_customers(&self, text: &str, page: Page) -> Result<Vec<OrderRow>, StoreError> {
        let wanted = words(text);
        self.answer(self.page(page, |row| {
            let customer = &row.customer;
            let all =
                words(&format!("{} {} {}", customer.name, customer.last_name, customer.email));
            !wanted.is_empty()
                && wanted.iter().all(|word| all.iter().any(|have| have.starts_with(word)))
        }))
    }

    async fn projected(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        assert_eq!(stream.topic, "order-events");
        self.projected_queries.fetch_add(1, Ordering::SeqCst);
        let projected = self.projected.lock().unwrap();
        let newest = projected.iter().rev().find(|(partition, _)| *partition == stream.partition);
        let source_next = newest.map_or(Offset::ZERO, |(_, offset)| *offset);
        self.answer(Checkpoint { next: source_next, source_next, last: None })
    }

    async fn partitions(&self, topic: &str) -> Result<Option<u32>, StoreError> {
        assert_eq!(topic, "order-events");
        self.answer(Some(PARTITIONS))
    }

    async fn check_readable(&self) -> Result<(), StoreError> {
        self.answer(())
    }
}

fn words(text: &str) -> Vec<String> {
    let folded: String = text.nfd().filter(|c| !is_combining_mark(*c)).collect();
    let folded = folded.to_lowercase();
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
