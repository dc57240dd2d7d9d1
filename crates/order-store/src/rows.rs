//! From rows of SQL to the model, the same for every database: each adapter only says how a column of
//! its rows is read.

use order_domain::purchase::{Customer, Item};
use order_domain::{CustomerId, OrderId, Partition, Position, Timestamp};
use uuid::Uuid;

use crate::stored::{
    mark_from_sql, money_from_sql, offset_from_sql, partition_from_sql, payment_method_from_sql,
    small_from_sql, status_from_sql, tier_from_sql,
};
use crate::{Checkpoint, OrderRow, ParkedSubject, StoreError};

/// What [`order_without_items`] reads, in its order.
pub const ORDER_COLUMNS: &str = "order_id, source_partition, source_offset, version, \
     status, rejection_reason, rejection_detail, placed_at_ms, updated_at_ms, customer_id, \
     customer_name, customer_last_name, customer_email, shipping_address, billing_address, \
     currency, total_minor, payment_method";

/// The first column behind those of an order.
pub const BEHIND_ORDER: usize = 18;

/// What [`item`] reads, in its order.
pub const ITEM_COLUMNS: &str =
    "item_code, brand, kind, size, colour, quantity, currency, price_minor";

/// The first column behind those of an item.
pub const BEHIND_ITEM: usize = 8;

/// What [`checkpoint`] reads, in its order.
pub const CHECKPOINT_COLUMNS: &str = "next_offset, source_next_offset, last_mark";

/// What [`parked_subject`] reads, in its order.
pub const PARKED_COLUMNS: &str = "order_id, retry_tier, last_source_offset, since_ms, cause";

/// A row, by the places of its columns.
pub trait Columns {
    fn text(&self, column: usize) -> Result<&str, StoreError>;
    fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError>;
    fn number(&self, column: usize) -> Result<i64, StoreError>;
    fn optional_number(&self, column: usize) -> Result<Option<i64>, StoreError>;
    fn uuid(&self, column: usize) -> Result<Uuid, StoreError>;
}

/// [`Columns`] of a row of sqlx, whose errors `$classify` judges.
macro_rules! columns_of {
    ($row:ty, $classify:path) => {
        impl $crate::rows::Columns for $row {
            fn text(&self, column: usize) -> Result<&str, $crate::StoreError> {
                sqlx::Row::try_get(self, column).map_err($classify)
            }

            fn optional_text(&self, column: usize) -> Result<Option<&str>, $crate::StoreError> {
                sqlx::Row::try_get(self, column).map_err($classify)
            }

            fn number(&self, column: usize) -> Result<i64, $crate::StoreError> {
                sqlx::Row::try_get(self, column).map_err($classify)
            }

            fn optional_number(&self, column: usize) -> Result<Option<i64>, $crate::StoreError> {
                sqlx::Row::try_get(self, column).map_err($classify)
            }

            fn uuid(&self, column: usize) -> Result<uuid::Uuid, $crate::StoreError> {
                sqlx::Row::try_get(self, column).map_err($classify)
            }
        }
    };
}
pub(crate) use columns_of;

/// Where a row came from: its partition, and in the next column its offset.
pub fn source(row: &impl Columns, first: usize) -> Result<Position, StoreError> {
    let partition = partition_from_sql(row.number(first)?)?;
    Ok(Position::new(partition, offset_from_sql(row.number(first + 1)?)?))
}

/// An order but for its items.
pub fn order_without_items(row: &impl Columns) -> Result<OrderRow, StoreError> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(OrderRow {
        order_id: OrderId(row.uuid(0)?),
        source: source(row, 1)?,
        version: small_from_sql("a version", row.number(3)?)?,
        status: status_from_sql(row.text(4)?, row.optional_text(5)?)?,
        rejection_detail: row.optional_text(6)?.map(str::to_owned),
        placed_at: Timestamp(row.number(7)?),
        updated_at: Timestamp(row.number(8)?),
        customer: Customer {
            id: CustomerId(row.number(9)?.cast_unsigned()),
            name: text(10)?,
            last_name: text(11)?,
            email: text(12)?,
        },
        shipping_address: text(13)?,
        billing_address: text(14)?,
        total: money_from_sql(row.number(16)?, row.text(15)?)?,
        payment_method: payment_method_from_sql(row.text(17)?)?,
        items: Vec::new(),
    })
}

/// One line of an order.
pub fn item(row: &impl Columns) -> Result<Item, StoreError> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(Item {
        item_code: text(0)?,
        brand: text(1)?,
        kind: text(2)?,
        size: text(3)?,
        colour: text(4)?,
        quantity: small_from_sql("a quantity", row.number(5)?)?,
        price: money_from_sql(row.number(7)?, row.text(6)?)?,
    })
}

/// How far a stream is projected; from the beginning on where there is no row.
pub fn checkpoint(row: Option<&(impl Columns + ?Sized)>) -> Result<Checkpoint, StoreError> {
    let Some(row) = row else { return Ok(Checkpoint::default()) };
    Ok(Checkpoint {
        next: offset_from_sql(row.number(0)?)?,
        source_next: offset_from_sql(row.number(1)?)?,
        last: mark_from_sql(row.optional_number(2)?),
    })
}

/// An order of `partition` that waits.
pub fn parked_subject(
    partition: Partition,
    row: &(impl Columns + ?Sized),
) -> Result<ParkedSubject, StoreError> {
    Ok(ParkedSubject {
        partition,
        order_id: OrderId(row.uuid(0)?),
        tier: tier_from_sql(row.optional_number(1)?)?,
        last_source: offset_from_sql(row.number(2)?)?,
        since: Timestamp(row.number(3)?),
        cause: row.text(4)?.to_owned(),
    })
}

/// How many partitions a topic has; `None` where there is no row.
pub fn partitions(row: Option<&impl Columns>) -> Result<Option<u32>, StoreError> {
    row.map(|row| small_from_sql("a number of partitions", row.number(0)?)).transpose()
}
