//! Which orders wait for a retry or for a person.

use crate::mssql::connection::Connection;
use crate::stored::{offset_to_sql, tier_to_sql};
use crate::trading::session::{Value, text};
use crate::{ParkedSubject, ProjectionBatch, StoreError};

pub async fn write(connection: &mut Connection, batch: &ProjectionBatch) -> Result<(), StoreError> {
    let delete = "delete from parked_subjects where [partition] = @P1 and order_id = @P2";
    for (partition, order_id) in &batch.unpark {
        let values = [Value::Number(partition.0.into()), Value::Id(order_id.0)];
        connection.query(delete, &values).await?;
    }
    for subject in &batch.park {
        park(connection, subject).await?;
    }
    Ok(())
}

async fn park(connection: &mut Connection, subject: &ParkedSubject) -> Result<(), StoreError> {
    let sql = "update parked_subjects
set retry_tier = @P3, last_source_offset = @P4, since_ms = @P5, cause = @P6
where [partition] = @P1 and order_id = @P2;
if @@rowcount = 0
insert into parked_subjects ([partition], order_id, retry_tier, last_source_offset, since_ms, cause)
values (@P1, @P2, @P3, @P4, @P5, @P6)";
    let values = [
        Value::Number(subject.partition.0.into()),
        Value::Id(subject.order_id.0),
        Value::NumberOrNull(tier_to_sql(subject.tier).map(i64::from)),
        Value::Number(offset_to_sql(subject.last_source)?),
        Value::Number(subject.since.0),
        text(&subject.cause),
    ];
    connection.query(sql, &values).await?;
    Ok(())
}
