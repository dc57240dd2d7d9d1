//! The ceiling for Postgres: `COPY` of the rows that the store wrote, encoded beforehand.

use futures_util::TryStreamExt as _;
use order_store::OrderRow;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, raw_sql};

use super::Failure;
use super::bare_server::BareServer;

const TABLES: [&str; 2] = ["orders", "order_items"];

/// Its tables are in a schema of their own.
pub struct BarePostgres {
    connection: PgConnection,
}

/// What goes into the tables in one transaction, as Postgres itself encodes it.
#[derive(Default)]
pub struct Dump([Vec<u8>; TABLES.len()]);

impl BareServer for BarePostgres {
    type Batch = Dump;

    async fn connect(url: &str) -> Result<Self, Failure> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.options([("synchronous_commit", "off")]).disable_statement_logging();
        Ok(Self { connection: options.connect().await? })
    }

    async fn create_tables(&mut self) -> Result<(), Failure> {
        raw_sql(
            "create schema bare;
             create table bare.orders (like public.orders including all);
             create table bare.order_items (like public.order_items including all);",
        )
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    async fn prepare(&mut self, orders: &[OrderRow]) -> Result<Dump, Failure> {
        let (Some(first), Some(last)) = (orders.first(), orders.last()) else {
            return Ok(Dump::default());
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
        let connection = &mut self.connection;
        Ok(Dump([dump(connection, &chosen).await?, dump(connection, &items).await?]))
    }

    async fn write(&mut self, dump: Dump) -> Result<(), Failure> {
        let mut transaction = self.connection.begin().await?;
        for (table, rows) in TABLES.iter().zip(dump.0) {
            let statement = format!("copy bare.{table} from stdin (format binary)");
            let mut copy = transaction.copy_in_raw(&statement).await?;
            copy.send(rows).await?;
            copy.finish().await?;
        }
        transaction.commit().await?;
        Ok(())
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
