//! The figures, one file a kind.

mod archive_memory;
mod cores;
mod fill;
mod made_up;
mod outcome;
mod pace;
mod partitions;
mod posts;
mod readable;
mod rebuild;
mod serialin;
mod serialout;
mod stored;
mod sustained;

use super::report::Row;
use super::{Bench, Figure};
use crate::bench::server::Server;
use crate::bench::services::Kind;

/// What became of a figure.
pub enum Outcome {
    /// Its rows.
    Measured(Vec<Row>),
    /// Why it can't be measured here.
    Skipped(String),
}

/// Measures one figure.
pub async fn measure(bench: &Bench, figure: Figure) -> anyhow::Result<Outcome> {
    match figure {
        Figure::Posts => posts::embedded(bench).await,
        Figure::PostsKafka => posts::kafka(bench).await,
        Figure::Sustained => sustained::measure(bench).await,
        Figure::FillSqlite => fill::sqlite(bench).await,
        Figure::FillPostgres => fill::postgres(bench).await,
        Figure::FillMariadb => fill::mariadb(bench).await,
        Figure::Rebuild => rebuild::sqlite(bench).await,
        Figure::RebuildLong => rebuild::long(bench).await,
        Figure::Readable => readable::measure(bench).await,
        Figure::Stored => stored::measure(bench).await,
        Figure::Serialout => serialout::measure(bench).await,
        Figure::Serialin => serialin::embedded(bench).await,
        Figure::SerialinKafka => serialin::kafka(bench).await,
        Figure::ArchiveMemory => archive_memory::measure(bench).await,
        Figure::Pace => pace::measure(bench).await,
        Figure::MadeUp => made_up::measure(bench).await,
        Figure::OrderBook => cores::order_book(bench).await,
        Figure::Engine => cores::engine(bench).await,
        Figure::Outcome => outcome::embedded(bench).await,
        Figure::OutcomeKafka => outcome::kafka(bench).await,
        Figure::Partitions => partitions::measure(bench).await,
    }
}

/// What the ceiling of the HTTP figures is called.
const BARE_AXUM: &str = "bare axum";

async fn bare_server(bench: &Bench) -> anyhow::Result<Server> {
    let (program, folder) = (&bench.programs.diagnostics, bench.folder.path());
    Server::start(program, folder, ["bare-server"], &[]).await
}

/// A service in a folder of its own, which its own user can enter; or why there is none.
async fn service(
    bench: &Bench,
    kind: Kind,
) -> anyhow::Result<Result<(tempfile::TempDir, super::services::Service), String>> {
    let folder = tempfile::tempdir_in(bench.folder.path())?;
    for path in [bench.folder.path(), folder.path()] {
        make_enterable(path)?;
    }
    let started = super::services::Service::start(kind, folder.path()).await;
    Ok(started.map(|service| (folder, service)).map_err(|away| away.to_string()))
}

/// Postgres does not run as root, so its own user has to get to its folder.
#[cfg(unix)]
fn make_enterable(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_enterable(_: &std::path::Path) -> std::io::Result<()> {
    Ok(())
}
