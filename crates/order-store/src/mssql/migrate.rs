//! The schema of the SQL Server store, step by step.
//!
//! Two starters don't race: the first one holds an application lock of the database, under which the other
//! then finds nothing to do. Each step is one transaction with the line in `schema_versions` that says so.

use std::time::Duration;

use tiberius::Row;
use tokio::time::{Instant, sleep, timeout};

use super::ACQUIRE_TIMEOUT;
use super::connection::{Connection, Isolation};
use super::errors::{classify, number_of};
use super::options::{Options, Search};
use super::read::{BEGIN, COMMIT};
use crate::StoreError;
use crate::rows::Columns as _;
use crate::trading::session::{Value, text};

struct Step {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

const STEPS: [Step; 2] = [
    Step {
        version: 1,
        name: "orders",
        sql: include_str!("../../migrations/mssql/0001_orders.sql"),
    },
    Step {
        version: 2,
        name: "markets",
        sql: include_str!("../../migrations/mssql/0002_markets.sql"),
    },
];

/// How long a second starter waits for the first one, who may be building an index.
pub const MIGRATION_LOCK_TIMEOUT: Duration = Duration::from_mins(10);

/// How long a statement of a step may take.
pub const MIGRATION_STATEMENT_TIMEOUT: Duration = Duration::from_mins(10);

/// How long the migration is begun again after its connection was ended or refused: who switches the database
/// to row versions ends all others, a second starter's among them, and lets nobody in meanwhile.
pub const MIGRATION_PATIENCE: Duration = Duration::from_secs(30);

/// How long it waits before it begins again.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// `OPENJSON` came with SQL Server 2016, whose databases have this level.
const COMPATIBILITY_LEVEL_MIN: i64 = 130;

/// The version that [`run`] brings the schema up to.
pub fn schema_version() -> i64 {
    STEPS.iter().map(|step| step.version).max().unwrap_or_default()
}

/// Applies what is missing.
pub async fn run(options: &Options) -> Result<(), StoreError> {
    let began = Instant::now();
    loop {
        match run_once(options).await {
            Err(StoreError::Unavailable(_)) if began.elapsed() < MIGRATION_PATIENCE => {
                sleep(RETRY_DELAY).await;
            }
            done => return done,
        }
    }
}

/// On a connection of its own, which takes its lock with it when it ends.
async fn run_once(options: &Options) -> Result<(), StoreError> {
    let isolation = Isolation::ReadCommitted;
    let connection = Connection::open_within(ACQUIRE_TIMEOUT, options, isolation).await?;
    let mut migration = Migration { connection };
    migration.lock().await?;
    migration.keep_row_versions().await?;
    migration.refuse_what_is_newer().await?;
    for step in &STEPS {
        migration.take(step).await?;
    }
    if options.search == Search::FullText {
        migration.add_full_text_index().await?;
    }
    Ok(())
}

struct Migration {
    connection: Connection,
}

impl Migration {
    async fn batch(&mut self, sql: &str) -> Result<Vec<Row>, StoreError> {
        within(MIGRATION_STATEMENT_TIMEOUT, self.connection.batch(sql)).await
    }

    /// Waits until no other starter is at it.
    async fn lock(&mut self) -> Result<(), StoreError> {
        let sql = lock_sql();
        // The server gives up first, and says so.
        let waiting = within(MIGRATION_LOCK_TIMEOUT * 2, self.connection.batch(&sql)).await?;
        // Source: documentation of sp_getapplock: 0 or 1 is granted, below 0 is not.
        match waiting.first().map(|row| row.number(0)).transpose()? {
            Some(0..) => Ok(()),
            outcome => Err(StoreError::Unavailable(format!(
                "another starter holds the migration's lock (sp_getapplock: {outcome:?})"
            ))),
        }
    }

    /// Makes sure that readers and the writer don't wait for one another.
    async fn keep_row_versions(&mut self) -> Result<(), StoreError> {
        let found = self.batch(DATABASE).await?;
        let database = found.first().ok_or_else(|| {
            StoreError::Configuration("this login does not see its database".to_owned())
        })?;
        let (level, versions, snapshots) =
            (database.number(0)?, database.number(1)?, database.number(2)?);
        if level < COMPATIBILITY_LEVEL_MIN {
            return Err(StoreError::Configuration(format!(
                "the database has compatibility level {level}; {COMPATIBILITY_LEVEL_MIN} (SQL Server \
                 2016) or more is needed"
            )));
        }
        if snapshots == 0 {
            self.switch_on("allow_snapshot_isolation on").await?;
        }
        if versions == 0 {
            self.switch_on("read_committed_snapshot on with rollback immediate").await?;
        }
        Ok(())
    }

    async fn switch_on(&mut self, option: &str) -> Result<(), StoreError> {
        let sql = format!("alter database current set {option}");
        let switched = timeout(MIGRATION_STATEMENT_TIMEOUT, self.connection.try_batch(&sql)).await;
        let Ok(switched) = switched else { return Err(too_late()) };
        switched.map(drop).map_err(|error| {
            if !matches!(number_of(&error), Some(NO_SUCH_PERMISSION | MAY_NOT_ALTER | ALTER_FAILED)) {
                return classify(error);
            }
            StoreError::Configuration(format!(
                "the database does not keep row versions, and this login may not change that ({error}); \
                 let an administrator run: {sql}"
            ))
        })
    }

    async fn refuse_what_is_newer(&mut self) -> Result<(), StoreError> {
        self.batch(VERSIONS_TABLE).await?;
        let newest = self.batch("select max(version) from schema_versions").await?;
        let newest = newest.first().map(|row| row.optional_number(0)).transpose()?.flatten();
        let known = STEPS[STEPS.len() - 1].version;
        match newest {
            Some(version) if version > known => Err(StoreError::Configuration(format!(
                "the schema has version {version}, which is newer than this build"
            ))),
            _ => Ok(()),
        }
    }

    async fn take(&mut self, step: &Step) -> Result<(), StoreError> {
        let sql = "select 1 from schema_versions where version = @P1";
        let values = [Value::Number(step.version), text(step.name)];
        if !self.connection.query(sql, &values[..1]).await?.is_empty() {
            return Ok(());
        }
        let taking = async {
            self.batch(BEGIN).await?;
            self.batch(step.sql).await?;
            let sql = "insert into schema_versions (version, description) values (@P1, @P2)";
            self.connection.query(sql, &values).await?;
            self.batch(COMMIT).await
        };
        match taking.await {
            Ok(_) => Ok(()),
            Err(unavailable @ StoreError::Unavailable(_)) => Err(unavailable),
            Err(other) => {
                Err(StoreError::Configuration(format!("migration {}: {other}", step.version)))
            }
        }
    }

    /// Not in a transaction, where full-text indexes can't be made; so each part looks whether it is there.
    async fn add_full_text_index(&mut self) -> Result<(), StoreError> {
        let installed = self.batch(FULL_TEXT_INSTALLED).await?;
        if installed.first().map(|row| row.number(0)).transpose()? != Some(1) {
            return Err(StoreError::Configuration(
                "full-text search is not installed on this server: leave search=full-text out"
                    .to_owned(),
            ));
        }
        for sql in FULL_TEXT_INDEX {
            self.batch(sql).await?;
        }
        Ok(())
    }
}

async fn within<T>(
    limit: Duration,
    asking: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(limit, asking).await.unwrap_or_else(|_| Err(too_late()))
}

fn too_late() -> StoreError {
    StoreError::Unavailable("SQL Server did not answer in time".to_owned())
}

fn lock_sql() -> String {
    let limit_ms = MIGRATION_LOCK_TIMEOUT.as_millis();
    format!(
        "declare @outcome int;
exec @outcome = sp_getapplock @Resource = N'seriatim schema', @LockMode = N'Exclusive',
     @LockOwner = N'Session', @LockTimeout = {limit_ms};
select @outcome"
    )
}

/// Compatibility level, whether READ COMMITTED reads row versions, and whether SNAPSHOT is allowed (1: it
/// is; 3: it is about to be).
const DATABASE: &str = "select cast(compatibility_level as int), \
     cast(is_read_committed_snapshot_on as int), \
     case when snapshot_isolation_state in (1, 3) then 1 else 0 end \
     from sys.databases where database_id = db_id()";

const VERSIONS_TABLE: &str = "if object_id(N'schema_versions', N'U') is null
create table schema_versions (
    version bigint not null constraint schema_versions_key primary key clustered,
    description nvarchar(200) not null,
    applied_at datetime2(3) not null default sysutcdatetime()
)";

const FULL_TEXT_INSTALLED: &str =
    "select cast(isnull(fulltextserviceproperty('IsFullTextInstalled'), 0) as int)";

/// Language 0 splits at blanks and knows no grammar; without a stop list no word is left out.
const FULL_TEXT_INDEX: [&str; 2] = [
    "if not exists (select 1 from sys.fulltext_catalogs where name = N'seriatim')
create fulltext catalog seriatim with accent_sensitivity = on",
    "if not exists (select 1 from sys.fulltext_indexes where object_id = object_id(N'orders'))
create fulltext index on orders (words language 0) key index orders_key on seriatim
with (change_tracking = auto, stoplist = off)",
];

const NO_SUCH_PERMISSION: u32 = 15_247;
const MAY_NOT_ALTER: u32 = 5011;
const ALTER_FAILED: u32 = 5069;
