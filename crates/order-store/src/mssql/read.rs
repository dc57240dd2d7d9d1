//! Orders with their items, and how columns are read.

use std::collections::HashMap;
use std::sync::LazyLock;

use order_domain::OrderId;
use tiberius::{ColumnData, FromSql, Row};
use uuid::Uuid;

use super::connection::Connection;
use super::errors::classify;
use super::rows_as_json::{given, to_json};
use crate::rows::{self, BEHIND_ITEM, Columns, ITEM_COLUMNS};
use crate::stored::foreign;
use crate::trading::many_rows::Kind;
use crate::trading::session::Value;
use crate::{OrderRow, StoreError, reading};

/// Begins a transaction; what it sees is the connection's isolation.
pub const BEGIN: &str = "begin transaction";
/// Ends it.
pub const COMMIT: &str = "commit transaction";

impl Columns for Row {
    fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.optional_text(column)?.ok_or_else(|| foreign("no text in column", column))
    }

    fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.try_get(column).map_err(classify)
    }

    fn number(&self, column: usize) -> Result<i64, StoreError> {
        self.optional_number(column)?.ok_or_else(|| foreign("no number in column", column))
    }

    fn optional_number(&self, column: usize) -> Result<Option<i64>, StoreError> {
        let whole: Option<Whole> = self.try_get(column).map_err(classify)?;
        Ok(whole.map(|whole| whole.0))
    }

    fn uuid(&self, column: usize) -> Result<Uuid, StoreError> {
        let id: Option<Uuid> = self.try_get(column).map_err(classify)?;
        id.ok_or_else(|| foreign("no id in column", column))
    }
}

/// A whole number of any width: a `count(*)` is an `int`, our columns are `bigint`.
struct Whole(i64);

impl<'a> FromSql<'a> for Whole {
    fn from_sql(value: &'a ColumnData<'static>) -> tiberius::Result<Option<Self>> {
        let whole = match value {
            ColumnData::I64(number) => *number,
            ColumnData::I32(number) => number.map(i64::from),
            ColumnData::I16(number) => number.map(i64::from),
            ColumnData::U8(number) => number.map(i64::from),
            other => {
                let cause = format!("{other:?} is no whole number");
                return Err(tiberius::error::Error::Conversion(cause.into()));
            }
        };
        Ok(whole.map(Self))
    }
}

pub async fn order(
    connection: &mut Connection,
    id: OrderId,
) -> Result<Option<OrderRow>, StoreError> {
    connection.batch(BEGIN).await?;
    let found = reading::order(connection, id).await?;
    let mut orders = with_items(connection, &found).await?;
    connection.batch(COMMIT).await?;
    Ok(orders.pop())
}

/// The orders of these rows, complete.
pub async fn with_items(
    connection: &mut Connection,
    found: &[Row],
) -> Result<Vec<OrderRow>, StoreError> {
    static SELECT: LazyLock<String> = LazyLock::new(|| {
        let asked = given("@P1", &[("asked_id", Kind::Id)]);
        format!(
            "select {ITEM_COLUMNS}, order_id from {asked} as asked
             join order_items on order_id = asked_id order by order_id, line"
        )
    });
    let mut orders = found.iter().map(rows::order_without_items).collect::<Result<Vec<_>, _>>()?;
    if orders.is_empty() {
        return Ok(orders);
    }
    let ids: Vec<Value<'_>> = orders.iter().map(|order| Value::Id(order.order_id.0)).collect();
    let places: HashMap<OrderId, usize> =
        orders.iter().map(|order| order.order_id).zip(0..).collect();
    for row in &connection.query(&SELECT, &[Value::Text(to_json(&ids, 1).into())]).await? {
        if let Some(&place) = places.get(&OrderId(row.uuid(BEHIND_ITEM)?)) {
            orders[place].items.push(rows::item(row)?);
        }
    }
    Ok(orders)
}

/// Whether the database can be read and holds the schema, to its last step.
pub async fn check(connection: &mut Connection) -> Result<(), StoreError> {
    connection.batch("select top (1) 1 from orders; select top (1) 1 from trades").await?;
    Ok(())
}
