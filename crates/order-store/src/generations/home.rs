//! The table of generations, and what each database brings to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Generation, GenerationEntry, GenerationLock, GenerationState, GenerationStore,
    ProjectionGenerations,
};
use crate::StoreError;
use crate::rows::Columns;
use crate::stored::{foreign, small_from_sql};

/// The table of generations. It has no row as long as generation 1 is all there is.
pub(crate) const TABLE: &str = "projection_generations";

/// The tables of a generation. The first one has no place of its own: it is cleared table by table.
pub(crate) const TABLES: [&str; 13] = [
    "orders",
    "order_items",
    "markets",
    "instruments",
    "assets",
    "accounts",
    "balances",
    "market_orders",
    "trades",
    "checkpoints",
    "parked_subjects",
    "topics",
    "_sqlx_migrations",
];

/// What stands in a row of the table.
pub(crate) type Entry = GenerationEntry;

impl Entry {
    /// What is read of a row, in its order.
    pub(crate) const COLUMNS: &str = "generation, state, schema_version";

    /// Reads a row.
    pub(crate) fn read(row: &impl Columns) -> Result<Self, StoreError> {
        let state = row.text(1)?;
        Ok(Self {
            generation: Generation(small_from_sql("a generation", row.number(0)?)?),
            state: GenerationState::from_name(state)
                .ok_or_else(|| foreign("a generation's state", state))?,
            schema_version: row.optional_number(2)?,
        })
    }
}

/// A statement, and how many rows it must change where that matters; if others, nothing is changed.
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) rows: Option<u64>,
}

impl Statement {
    fn any(sql: String) -> Self {
        Self { sql, rows: None }
    }

    fn one(sql: String) -> Self {
        Self { sql, rows: Some(1) }
    }

    /// Makes sure that it changed as many rows as it must.
    pub(crate) fn check(&self, changed: u64) -> Result<(), StoreError> {
        if self.rows.is_none_or(|rows| rows == changed) {
            return Ok(());
        }
        let text = "somebody else has changed the generations meanwhile: look again";
        Err(StoreError::Configuration(text.to_owned()))
    }
}

/// Where the generations of one store are.
#[async_trait]
pub(crate) trait Home: Send + Sync + 'static {
    /// The ports of a generation. Connects when they are first used.
    async fn open(&self, generation: Generation) -> Result<GenerationStore, StoreError>;

    /// The version of the schema that this build writes.
    fn schema_version(&self) -> i64;

    /// The rows of [`TABLE`], by generation; none where there is no such table.
    async fn entries(&self) -> Result<Vec<Entry>, StoreError>;

    /// Makes [`TABLE`], if it is not there, and carries out the statements, all in one transaction. The
    /// table: `generation` (a number, the key), `state` (text), `schema_version` (a number or null).
    async fn change(&self, statements: Vec<Statement>) -> Result<(), StoreError>;

    /// See [`ProjectionGenerations::lock`].
    async fn lock(&self) -> Result<Option<GenerationLock>, StoreError>;

    /// Makes a place for a generation, if there is none.
    async fn make_place(&self, generation: Generation) -> Result<(), StoreError>;

    /// Removes all that a generation holds: of the first its [`TABLES`], of any other its place.
    async fn clear(&self, generation: Generation) -> Result<(), StoreError>;
}

/// The generations that there are, though the table may know of none.
pub(super) async fn all(home: &dyn Home) -> Result<Vec<GenerationEntry>, StoreError> {
    let mut entries = home.entries().await?;
    if entries.is_empty() {
        let (generation, state) = (Generation::FIRST, GenerationState::Live);
        entries.push(GenerationEntry { generation, state, schema_version: None });
    }
    Ok(entries)
}

/// The live one.
pub(super) async fn live(home: &dyn Home) -> Result<GenerationEntry, StoreError> {
    let entries = all(home).await?;
    entries.into_iter().find(|entry| entry.state == GenerationState::Live).ok_or_else(|| {
        StoreError::Configuration(format!("the table {TABLE} names no live generation"))
    })
}

/// The generations of one home.
pub(crate) struct Generations(pub(crate) Arc<dyn Home>);

#[async_trait]
impl ProjectionGenerations for Generations {
    async fn list(&self) -> Result<Vec<GenerationEntry>, StoreError> {
        all(&*self.0).await
    }

    async fn lock(&self) -> Result<Option<GenerationLock>, StoreError> {
        self.0.lock().await
    }

    async fn begin(&self, _: &GenerationLock) -> Result<Generation, StoreError> {
        let entries = self.0.entries().await?;
        let known: BTreeMap<_, _> =
            entries.into_iter().map(|entry| (entry.generation, entry)).collect();
        let version = self.0.schema_version();
        let unfinished = known.values().find(|entry| entry.state == GenerationState::Filling);
        let generation = match unfinished {
            Some(entry) if entry.schema_version == Some(version) => entry.generation,
            Some(entry) => {
                return Err(StoreError::Configuration(format!(
                    "generation {} was begun by a build with another schema: drop it first",
                    entry.generation
                )));
            }
            None => {
                let newest = known.keys().next_back().copied().unwrap_or(Generation::FIRST);
                let next = Generation(newest.0 + 1);
                let insert = |generation, state: GenerationState, version: &str| {
                    Statement::one(format!(
                        "insert into {TABLE} (generation, state, schema_version)
                         values ({generation}, '{}', {version})",
                        state.name()
                    ))
                };
                let first = insert(Generation::FIRST, GenerationState::Live, "null");
                let new = insert(next, GenerationState::Filling, &version.to_string());
                let none_yet = known.is_empty().then_some(first);
                self.0.change(none_yet.into_iter().chain([new]).collect()).await?;
                next
            }
        };
        self.0.make_place(generation).await?;
        Ok(generation)
    }

    async fn open(&self, generation: Generation) -> Result<GenerationStore, StoreError> {
        self.0.open(generation).await
    }

    async fn switch(&self, _: &GenerationLock, to: Generation) -> Result<(), StoreError> {
        let version = self.0.schema_version();
        self.0
            .change(vec![
                Statement::one(format!(
                    "update {TABLE} set state = 'retired'
                 where state = 'live' and generation <> {to}"
                )),
                Statement::one(format!(
                    "update {TABLE} set state = 'live', schema_version = {version}
                 where state in ('filling', 'retired') and generation = {to}"
                )),
            ])
            .await
    }

    async fn remove(&self, _: &GenerationLock, generation: Generation) -> Result<(), StoreError> {
        self.0
            .change(vec![Statement::one(format!(
                "update {TABLE} set state = 'dropping'
             where state <> 'live' and generation = {generation}"
            ))])
            .await?;
        self.0.clear(generation).await?;
        self.0
            .change(vec![Statement::any(format!(
                "delete from {TABLE} where state = 'dropping' and generation = {generation}"
            ))])
            .await
    }
}
