//! How a database does what it is told, step by step: always by an index, however much there is.

use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::{Currency, CustomerId, Money, Offset, OrderId, Partition, Position, Timestamp};
use uuid::Uuid;

use crate::multi_row::Sql;
use crate::trading::dialect::Dialect;
use crate::trading::session::{Session, Value};
use crate::{
    Checkpoint, CheckpointMove, OrderRow, OrderStatus, ParkedSubject, ProjectionBatch, RetryTier,
    StoreError, StreamId, reading, writing,
};

/// A session that first asks how a statement would be done, and makes sure that no table is walked.
pub struct Explained<'a, S> {
    session: &'a mut S,
    /// The steps so far.
    pub seen: Vec<String>,
}

/// A session with a database that tells how it would do a statement.
pub trait Explains: Session {
    /// What stands before the statement.
    const EXPLAIN: &'static str;

    /// The steps of the plan of `sql`, and of each whether it walks a table.
    fn steps(plan: &[Self::Row], sql: &str) -> Vec<(String, bool)>;
}

impl<'a, S: Explains> Explained<'a, S> {
    pub fn new(session: &'a mut S) -> Self {
        Self { session, seen: Vec::new() }
    }

    /// Asks, and tells the steps that this took.
    pub async fn ask(&mut self, sql: String, values: Vec<Value<'_>>) -> (Vec<S::Row>, String) {
        let before = self.seen.len();
        let rows = self.fetch(sqlx::AssertSqlSafe(sql.into()), values).await.unwrap();
        (rows, self.seen[before..].join("\n"))
    }

    async fn explain(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<(), StoreError> {
        let text = format!("{} {}", S::EXPLAIN, sql.0);
        let plan = self.session.fetch(sqlx::AssertSqlSafe(text.into()), values.to_vec()).await?;
        for (step, walks) in S::steps(&plan, &sql.0) {
            assert!(!walks, "{step}\n{}", sql.0);
            self.seen.push(step);
        }
        Ok(())
    }
}

impl<S: Explains> Session for Explained<'_, S> {
    type Row = S::Row;

    const DIALECT: Dialect = S::DIALECT;

    async fn fetch(&mut self, sql: Sql, values: Vec<Value<'_>>) -> Result<Vec<S::Row>, StoreError> {
        self.explain(&sql, &values).await?;
        self.session.fetch(sql, values).await
    }

    async fn execute(&mut self, sql: Sql, values: Vec<Value<'_>>) -> Result<u64, StoreError> {
        self.explain(&sql, &values).await?;
        self.session.execute(sql, values).await
    }
}

/// What is asked of the projection itself, and written of it.
pub async fn ask_how_far_it_is<S: Session>(session: &mut S) {
    let stream = stream_of(STREAMS / 2);
    let from = reading::checkpoint(session, &stream).await.unwrap();
    reading::partitions(session, &stream.topic).await.unwrap();
    reading::parked(session, stream.partition).await.unwrap();
    let moves = [CheckpointMove { to: checkpoint_at(from.next.0 + 1), from, stream }];
    writing::move_checkpoints(session, &moves).await.unwrap();
    let waits = parked(7);
    let unpark = vec![(waits.partition, waits.order_id)];
    let batch = ProjectionBatch { park: vec![waits], unpark, ..ProjectionBatch::default() };
    writing::park(session, &batch).await.unwrap();
}

/// How many streams [`much`] has, of as many topics.
const STREAMS: u64 = 1_000;

fn stream_of(number: u64) -> StreamId {
    StreamId { topic: format!("topic-{number}"), partition: Partition(0) }
}

fn checkpoint_at(next: u64) -> Checkpoint {
    Checkpoint { next: Offset(next), ..Checkpoint::default() }
}

/// So much that no database would rather read all of it: 10,000 orders of 2,000 customers, 2,000 that
/// wait, in 100 partitions, and 1,000 streams.
pub fn much() -> ProjectionBatch {
    let started = |number| CheckpointMove {
        stream: stream_of(number),
        from: Checkpoint::default(),
        to: checkpoint_at(number + 1),
    };
    ProjectionBatch {
        moves: (0..STREAMS).map(started).collect(),
        orders: (0..10_000).map(purchase).collect(),
        park: (0..2_000).map(parked).collect(),
        ..ProjectionBatch::default()
    }
}

/// Tells how many partitions each of these topics has.
pub async fn set_partitions_of_all<S: Session>(session: &mut S) {
    for number in 0..STREAMS {
        writing::set_partitions(session, &stream_of(number).topic, 1).await.unwrap();
    }
}

fn parked(number: u64) -> ParkedSubject {
    ParkedSubject {
        partition: Partition(u32::try_from(number % 100).unwrap()),
        order_id: OrderId(Uuid::from_u64_pair(number, number)),
        tier: RetryTier::Dead,
        last_source: Offset(number),
        since: Timestamp(0),
        cause: "refused".to_owned(),
    }
}

/// One of them.
pub fn purchase(number: u64) -> OrderRow {
    let at = Timestamp(number.cast_signed());
    let price = Money::from_minor(999, Currency::Eur);
    OrderRow {
        order_id: OrderId(Uuid::from_u64_pair(number, number)),
        source: Position::new(Partition(0), Offset(number)),
        version: 1,
        status: OrderStatus::Accepted,
        rejection_detail: None,
        placed_at: at,
        updated_at: at,
        customer: Customer {
            id: CustomerId(number % 2_000),
            name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            email: format!("ada{number}@example.com"),
        },
        shipping_address: String::new(),
        billing_address: String::new(),
        total: price,
        payment_method: PaymentMethod::Card,
        items: vec![Item {
            item_code: "1".to_owned(),
            brand: String::new(),
            kind: String::new(),
            size: String::new(),
            colour: String::new(),
            quantity: 1,
            price,
        }],
    }
}
