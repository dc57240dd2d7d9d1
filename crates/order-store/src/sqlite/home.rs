//! The generations of a SQLite store: generation 1 is the file that the URL names, generation *n* the file
//! `<file>.g<n>` beside it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, query, query_scalar, raw_sql};

use super::errors::classify;
use super::{SqliteStore, StoreFile, check_is_there, migrate, pool, reading, writing};
use crate::generations::{
    Entry, Generation, GenerationLock, GenerationStore, Home, Statement, TABLE, TABLES,
};
use crate::{OrderStore, StoreError};

/// The file that a store's URL names.
pub(crate) struct SqliteHome {
    store: StoreFile,
    /// For the table of generations.
    reader: SqlitePool,
}

impl SqliteHome {
    /// Makes nothing: there may be no such file, nor its folder.
    pub(crate) fn at(url: &str) -> Result<Self, StoreError> {
        let store = StoreFile::of(url)?;
        let reader = pool(1).connect_lazy_with(reading(store.options.clone()));
        Ok(Self { store, reader })
    }

    /// See [`SqliteStore::open`].
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        let home = Self::at(url)?;
        home.store.make_folder().await?;
        Ok(home)
    }

    fn file(&self) -> &Path {
        self.store.options.get_filename()
    }

    fn place(&self, generation: Generation) -> PathBuf {
        match generation {
            Generation::FIRST => self.file().to_owned(),
            later => self.beside(&format!("g{later}")),
        }
    }

    fn beside(&self, extension: &str) -> PathBuf {
        with_suffix(self.file(), &format!(".{extension}"))
    }

    async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        writing(self.store.options.clone(), self.store.read_only).connect().await.map_err(classify)
    }

    async fn forget_tables(&self) -> Result<(), StoreError> {
        let mut connection = self.connect().await?;
        let mut transaction = connection.begin_with("begin immediate").await.map_err(classify)?;
        for table in TABLES.into_iter().chain(["order_words"]) {
            let sql = AssertSqlSafe(format!("drop table if exists {table}"));
            raw_sql(sql).execute(&mut *transaction).await.map_err(classify)?;
        }
        transaction.commit().await.map_err(classify)?;
        raw_sql("vacuum").execute(&mut connection).await.map_err(classify)?;
        connection.close().await.map_err(classify)
    }
}

#[async_trait]
impl Home for SqliteHome {
    async fn open(&self, generation: Generation) -> Result<GenerationStore, StoreError> {
        let options = self.store.options.clone().filename(self.place(generation));
        let store = Arc::new(SqliteStore::over(options, self.store.read_only));
        Ok(GenerationStore { store: OrderStore::of(store.clone()), load: store })
    }

    fn schema_version(&self) -> i64 {
        migrate::schema_version()
    }

    async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        // Connecting to a file that is not there fails.
        if !self.file().exists() {
            return Ok(Vec::new());
        }
        let is_there = format!("select count(*) from sqlite_schema where name = '{TABLE}'");
        let tables: i64 = query_scalar(AssertSqlSafe(is_there))
            .fetch_one(&self.reader)
            .await
            .map_err(classify)?;
        if tables == 0 {
            return Ok(Vec::new());
        }
        let select = format!("select {} from {TABLE} order by generation", Entry::COLUMNS);
        let rows = query(AssertSqlSafe(select)).fetch_all(&self.reader).await.map_err(classify)?;
        rows.iter().map(Entry::read).collect()
    }

    async fn change(&self, statements: Vec<Statement>) -> Result<(), StoreError> {
        let mut connection = self.connect().await?;
        let mut transaction = connection.begin_with("begin immediate").await.map_err(classify)?;
        let create = format!(
            "create table if not exists {TABLE}
             (generation integer primary key, state text not null, schema_version integer) strict"
        );
        raw_sql(AssertSqlSafe(create)).execute(&mut *transaction).await.map_err(classify)?;
        for statement in &statements {
            let sql = AssertSqlSafe(statement.sql.clone());
            let done = raw_sql(sql).execute(&mut *transaction).await.map_err(classify)?;
            statement.check(done.rows_affected())?;
        }
        transaction.commit().await.map_err(classify)?;
        connection.close().await.map_err(classify)
    }

    /// A lock of the operating system on a file beside the store's.
    async fn lock(&self) -> Result<Option<GenerationLock>, StoreError> {
        if self.store.read_only {
            let text = "the store is opened read-only, so its generations can't be changed";
            return Err(StoreError::Configuration(text.to_owned()));
        }
        check_is_there(self.file())?;
        let path = self.beside("rebuild-lock");
        locked(&path).map(|held| held.map(GenerationLock::new)).map_err(|error| {
            let text = format!("cannot lock {}: {error}", path.display());
            match error.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    StoreError::Configuration(text)
                }
                _ => StoreError::Unavailable(text),
            }
        })
    }

    /// The file is made when something is first written.
    async fn make_place(&self, _: Generation) -> Result<(), StoreError> {
        Ok(())
    }

    async fn clear(&self, generation: Generation) -> Result<(), StoreError> {
        if generation == Generation::FIRST {
            return self.forget_tables().await;
        }
        for suffix in ["", "-wal", "-shm"] {
            let file = with_suffix(&self.place(generation), suffix);
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    let text = format!("cannot remove {}: {error}", file.display());
                    return Err(StoreError::Unavailable(text));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The file, locked; `None` where another process has locked it.
fn locked(path: &Path) -> std::io::Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
