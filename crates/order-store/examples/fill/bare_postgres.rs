//! The ceiling for Postgres: `COPY` of the rows that the store wrote, encoded beforehand.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, raw_sql};

use super::Failure;

const TABLES: [&str; 2] = ["orders", "order_items"];

/// Takes the filled tables out, empties them, and times how they go back in.
pub async fn fill(url: &str, batch_orders: usize, batches: usize) -> Result<Duration, Failure> {
    let options: PgConnectOptions = url.parse()?;
    let mut connection = options
        .options([("synchronous_commit", "off")])
        .disable_statement_logging()
        .connect()
        .await?;
    let mut dumps = Vec::with_capacity(batches);
    for batch in 0..batches {
        let from = batch * batch_orders;
        let below = from + batch_orders;
        let orders = format!(
            "select * from orders where source_offset >= {from} and source_offset < {below}
             order by source_offset"
        );
        let items = format!(
            "select items.* from order_items items join ({orders}) orders using (order_id)
             order by source_offset, line"
        );
        dumps.push([dump(&mut connection, &orders).await?, dump(&mut connection, &items).await?]);
    }
    raw_sql("truncate orders, order_items").execute(&mut connection).await?;
    let started = Instant::now();
    for dump in &dumps {
        let mut transaction = connection.begin().await?;
        for (table, rows) in TABLES.iter().zip(dump) {
            let statement = format!("copy {table} from stdin (format binary)");
            let mut copy = transaction.copy_in_raw(&statement).await?;
            copy.send(rows.as_slice()).await?;
            copy.finish().await?;
        }
        transaction.commit().await?;
    }
    let took = started.elapsed();
    raw_sql(AssertSqlSafe("analyze".to_owned())).execute(&mut connection).await?;
    Ok(took)
}

async fn dump(connection: &mut PgConnection, select: &str) -> Result<Vec<u8>, Failure> {
    let statement = format!("copy ({select}) to stdout (format binary)");
    let mut bytes = Vec::new();
    let mut copy = connection.copy_out_raw(&statement).await?;
    while let Some(chunk) = copy.try_next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
