//! Indexes that are made when all rows are there.

use async_trait::async_trait;
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection as _, query, raw_sql};

use super::MysqlStore;
use super::errors::classify;
use super::session::connect_alone;
use crate::StoreError;
use crate::content::ContentTable;
use crate::generations::{BulkLoad, DEFERRED};
use crate::rows::Columns as _;

/// The indexes that are no keys: their names, their tables, and what they are made of.
const INDEXES: &str = "select cast(index_name as char), cast(table_name as char),
        cast(group_concat(concat('`', column_name, '`', if(collation = 'D', ' desc', ''))
            order by seq_in_index) as char)
    from information_schema.statistics
    where table_schema = database() and non_unique = 1 and index_type = 'BTREE'
    group by table_name, index_name";

/// An index, and what it is made of.
struct Index {
    name: String,
    table: String,
    columns: String,
}

async fn indexes(connection: &mut MySqlConnection, sql: &str) -> Result<Vec<Index>, StoreError> {
    let rows =
        query(AssertSqlSafe(sql.to_owned())).fetch_all(connection).await.map_err(classify)?;
    let index = |row| {
        let text = |column| sqlx::mysql::MySqlRow::text(row, column).map(str::to_owned);
        Ok(Index { name: text(0)?, table: text(1)?, columns: text(2)? })
    };
    rows.iter().map(index).collect()
}

async fn execute(connection: &mut MySqlConnection, sql: String) -> Result<(), StoreError> {
    raw_sql(AssertSqlSafe(sql)).execute(connection).await.map_err(classify)?;
    Ok(())
}

/// Every step can be done again, because MySQL commits after each change of the schema.
#[async_trait]
impl BulkLoad for MysqlStore {
    async fn begin_load(&self) -> Result<(), StoreError> {
        let mut connection = connect_alone(&self.unhurried).await?;
        let create = format!(
            "create table if not exists {DEFERRED}
             (name varchar(64) primary key, table_name varchar(64) not null, columns text not null)
             engine = InnoDB"
        );
        execute(&mut connection, create).await?;
        for Index { name, table, columns } in indexes(&mut connection, INDEXES).await? {
            let remember = format!("insert ignore into {DEFERRED} values (?, ?, ?)");
            query(AssertSqlSafe(remember))
                .bind(&name)
                .bind(&table)
                .bind(columns)
                .execute(&mut connection)
                .await
                .map_err(classify)?;
            execute(&mut connection, format!("drop index `{name}` on `{table}`")).await?;
        }
        connection.close().await.map_err(classify)
    }

    async fn end_load(&self) -> Result<(), StoreError> {
        let mut connection = connect_alone(&self.unhurried).await?;
        let is_there = format!(
            "select table_name from information_schema.tables
             where table_schema = database() and table_name = '{DEFERRED}'"
        );
        let there = query(AssertSqlSafe(is_there))
            .fetch_optional(&mut connection)
            .await
            .map_err(classify)?;
        if there.is_none() {
            return Ok(());
        }
        let made: Vec<_> =
            indexes(&mut connection, INDEXES).await?.into_iter().map(|index| index.name).collect();
        let deferred = format!("select name, table_name, columns from {DEFERRED}");
        for Index { name, table, columns } in indexes(&mut connection, &deferred).await? {
            if !made.contains(&name) {
                let create = format!("create index `{name}` on `{table}` ({columns})");
                execute(&mut connection, create).await?;
            }
        }
        // The planner knows little yet of tables that were just filled.
        let tables = ContentTable::ALL.map(ContentTable::name).join(", ");
        execute(&mut connection, format!("analyze table {tables}")).await?;
        execute(&mut connection, format!("drop table {DEFERRED}")).await?;
        connection.close().await.map_err(classify)
    }
}
