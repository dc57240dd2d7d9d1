//! The benchmark: one run on one machine, a table and JSON.
//!
//! It starts the real release programs as children in temporary directories, loads them with oha,
//! another child, and holds each figure against a ceiling that is measured in the same run, round by
//! round in turn (ours, ceiling, ours, ceiling, ...), because two runs on a machine that others use
//! can't be compared. It talks to the loopback only.

mod args;
mod backlog;
mod bare;
pub mod bare_client;
pub mod bare_producer;
pub mod bare_server;
pub mod bare_timer;
pub(crate) mod bodies;
mod change;
mod figures;
mod house;
pub(crate) mod http;
mod machine;
mod market;
mod memory;
mod oha;
mod open_loop;
mod plot;
pub(crate) mod programs;
mod replay;
mod report;
mod scale;
mod server;
mod services;
mod traffic;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};

pub use args::{BenchArgs, Figure};
use figures::Outcome;
use oha::Oha;
use programs::Programs;
use report::{Report, Skipped};
use scale::Scale;
use service_kit::shutdown;

/// The exit code when a figure misses its bound.
const MISSED: u8 = 3;

/// What every figure needs.
struct Bench {
    programs: Programs,
    oha: Oha,
    scale: Scale,
    /// Everything that a run writes is in here.
    folder: tempfile::TempDir,
}

/// Measures what the arguments ask for. On a signal to stop, everything that was started is stopped
/// and removed.
pub async fn run(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    tokio::select! {
        measured = measure(args) => measured,
        () = shutdown::on_signals().cancelled_owned() => bail!("told to stop"),
    }
}

async fn measure(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    // A run takes long: what can be refused is refused before it.
    let older = args.compare.as_deref().map(change::read).transpose()?;
    for path in args.json.iter().chain(&args.html) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        ensure!(folder.is_none_or(Path::is_dir), "{}: there is no such folder", path.display());
    }
    let machine = machine::machine();
    let programs = Programs::find(args.programs.as_deref(), args.oha.as_deref()).await?;
    let folder = match &args.dir {
        Some(parent) => tempfile::tempdir_in(parent),
        None => tempfile::tempdir(),
    };
    let folder = folder.context("making a temporary directory")?;
    let bodies = folder.path().join("bodies");
    bodies::write(&bodies)?;
    let oha = Oha { program: programs.oha.clone(), bodies, headers: Vec::new() };
    let bench = Bench { programs, oha, scale: Scale::of(args.quick), folder };

    let mut report = Report { machine, quick: args.quick, rows: Vec::new(), skipped: Vec::new() };
    for figure in args.figures() {
        machine::write_out_to_disk().await;
        eprintln!("measuring {figure} (load {})", machine::load().unwrap_or_default());
        match figures::measure(&bench, figure)
            .await
            .with_context(|| format!("measuring {figure}"))?
        {
            Outcome::Measured(rows) => report.rows.extend(rows),
            Outcome::Skipped(why) => {
                eprintln!("skipped {figure}: {why}");
                report.skipped.push(Skipped { figure: figure.to_string(), why });
            }
        }
    }
    print!("{}", report.table());
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, json).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(path) = &args.html {
        let page = plot::page(&report);
        std::fs::write(path, page).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(older) = older {
        print!("\n{}", change::table(&older, &report));
    }
    Ok(if report.all_met() { ExitCode::SUCCESS } else { ExitCode::from(MISSED) })
}
