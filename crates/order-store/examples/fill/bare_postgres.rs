//! The ceiling for Postgres: `COPY` of the rows that the store wrote, encoded beforehand.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use order_store::OrderRow;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, raw_sql};

use super::Failure;

const TABLES: [&str; 2] = ["orders", "order_items"];

/// Tables like those of the store, in a schema beside it.
pub struct BarePostgres {
    connection: PgConnection,
}

impl BarePostgres {
    pub async fn open(url: &str) -> Result<Self, Failure> {
        let options: PgConnectOptions = url.parse()?;
        let mut connection = options
            .options([("synchronous_commit", "off")])
            .disable_statement_logging()
            .connect()
            .await?;
        raw_sql(
            "create schema bare;
             create table bare.orders (like public.orders including all);
             create table bare.order_items (like public.order_items including all);",
        )
        .execute(&mut connection)
        .await?;
        Ok(Self { connection })
    }

    /// Takes the rows of `orders`, neighbours in one partition, out of the store, and times how they
    /// go into the bare tables.
    pub async fn write(&mut self, orders: &[OrderRow]) -> Result<Duration, Failure> {
        let (Some(first), Some(last)) = (orders.first(), orders.last()) else {
            return Ok(Duration::ZERO);
        };
        let chosen = format!(
            "select * from orders where placed_at_ms between {} and {}
             and source_partition = {} and source_offset between {} and {} order by source_offset",
            first.placed_at.0,
            last.placed_at.0,
            first.source.partition,
            first.source.offset,
            last.source.offset,
        );
        let items = format!(
            "select items.* from order_items items join ({chosen}) chosen using (order_id)
             order by source_offset, line"
        );
        let dumps =
            [dump(&mut self.connection, &chosen).await?, dump(&mut self.connection, &items).await?];
        let started = Instant::now();
        let mut transaction = self.connection.begin().await?;
        for (table, rows) in TABLES.iter().zip(dumps) {
            let statement = format!("copy bare.{table} from stdin (format binary)");
            let mut copy = transaction.copy_in_raw(&statement).await?;
            copy.send(rows).await?;
            copy.finish().await?;
        }
        transaction.commit().await?;
        Ok(started.elapsed())
    }
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
