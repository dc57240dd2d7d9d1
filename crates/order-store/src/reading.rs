//! What is asked of purchases and of the projection itself in the same words of every database, but for
//! those of its [`Dialect`].

use order_domain::{OrderId, Partition};

use crate::rows::{self, CHECKPOINT_COLUMNS, ORDER_COLUMNS, PARKED_COLUMNS};
use crate::trading::dialect::Dialect;
use crate::trading::session::{Question, Session, Value, text};
use crate::{
    Checkpoint, Cursor, OrderFilter, PAGE_ROWS_MAX, Page, ParkedSubject, StoreError, StreamId,
};

/// The row of an order; none where there is no such order.
pub async fn order<S: Session>(session: &mut S, id: OrderId) -> Result<Vec<S::Row>, StoreError> {
    let sql = format!("select {ORDER_COLUMNS} from orders where order_id = $1");
    Question::new(sql, vec![Value::Id(id.0)]).ask(session).await
}

/// The rows of a page, newest first; of a database whose indexes over orders end with their time and id.
pub async fn page<S: Session>(
    session: &mut S,
    filter: OrderFilter,
    page: Page,
) -> Result<Vec<S::Row>, StoreError> {
    let (dialect, id) = (S::DIALECT, S::DIALECT.sorted_id());
    let index = index_for(filter, dialect);
    let sql = format!("select {ORDER_COLUMNS} from orders as o{index} where 1 = 1");
    let mut rows = Question::new(sql, Vec::new());
    if let Some(status) = filter.status {
        rows = rows.and(" and o.status = ", text(status));
    }
    if let Some(customer) = filter.customer {
        rows = rows.and(" and o.customer_id = ", Value::Number(customer.0.cast_signed()));
    }
    let cursor = page.after.unwrap_or(Cursor::NEWEST);
    rows.and_behind(dialect, "o.placed_at_ms", id, cursor)
        .then(&format!(" order by o.placed_at_ms desc, {id} desc"))
        .and(" limit ", Value::Number(page.limit.clamp(1, PAGE_ROWS_MAX).into()))
        .ask(session)
        .await
}

/// The index that leaves the fewest orders to look at: there are two statuses and many customers.
fn index_for(filter: OrderFilter, dialect: Dialect) -> String {
    match (filter.status, filter.customer) {
        (_, Some(_)) => dialect.indexed_by("orders_by_customer"),
        (Some(_), None) => dialect.indexed_by("orders_by_status"),
        (None, None) => dialect.in_key_order().to_owned(),
    }
}

/// How far a stream is projected.
pub async fn checkpoint<S: Session>(
    session: &mut S,
    stream: &StreamId,
) -> Result<Checkpoint, StoreError> {
    let partition = S::DIALECT.quoted("partition");
    let sql = format!(
        "select {CHECKPOINT_COLUMNS} from checkpoints where topic = $1 and {partition} = $2"
    );
    let values = vec![text(&stream.topic), Value::Number(stream.partition.0.into())];
    rows::checkpoint(Question::new(sql, values).ask(session).await?.first())
}

/// How many partitions a topic has, where that was said.
pub async fn partitions<S: Session>(
    session: &mut S,
    topic: &str,
) -> Result<Option<u32>, StoreError> {
    let partitions = S::DIALECT.quoted("partitions");
    let sql = format!("select {partitions} from topics where topic = $1");
    rows::partitions(Question::new(sql, vec![text(topic)]).ask(session).await?.first())
}

/// The orders of a partition that wait.
pub async fn parked<S: Session>(
    session: &mut S,
    partition: Partition,
) -> Result<Vec<ParkedSubject>, StoreError> {
    let column = S::DIALECT.quoted("partition");
    let sql = format!(
        "select {PARKED_COLUMNS} from parked_subjects where {column} = $1 order by order_id"
    );
    let found = Question::new(sql, vec![Value::Number(partition.0.into())]).ask(session).await?;
    found.iter().map(|row| rows::parked_subject(partition, row)).collect()
}
