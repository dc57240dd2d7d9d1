//! `check`: proves that log, decisions and store agree, up to one position of each partition.
//!
//! Everything is read once, and no more of it is held than a few thousand records; what grows besides
//! is named where it does.
//!
//! - `examination`: the order of what is looked at;
//! - `walk`: one partition, its commands beside its decisions;
//! - `decisions`: exactly one decision a command, and the one that was asked for;
//! - `money`: what was paid in is what is there;
//! - `redecided`: whether this build would decide the same;
//! - `fold`: the events projected anew, into a store of its own;
//! - `set_aside`: the events that wait to be projected;
//! - `checkpoints`, `parked`, `rows`: what the store has, beside what it should have;
//! - `report`: what was found (its kinds in `kind`), and what could not be checked.

mod checkpoints;
mod decisions;
mod examination;
mod fold;
mod kind;
mod money;
mod parked;
mod redecided;
mod report;
mod rows;
mod set_aside;
mod walk;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use service_kit::shutdown;

use crate::deployment::{Deployment, DeploymentArgs};
use examination::Examination;

/// The exit code when something was found.
const FOUND: u8 = 3;

/// The exit code when nothing was found, but not all could be checked.
const INCOMPLETE: u8 = 4;

/// Check that nothing was lost: every command has exactly one decision, SQL is what the events say, money
/// is conserved, no order is parked for ever.
///
/// It only reads, and may run beside services that work: it checks up to where each partition stands
/// when it begins. The events are projected anew into a store of its own, in a temporary folder that
/// takes about as much room as the store itself. An order that was written from an edited dead letter
/// differs from its event, and is told like any other difference.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    diagnostics check\n  \
    diagnostics check --json --parked-max 15m\n  \
    diagnostics check --redecide --scratch /mnt/large\n\n\
    Exit codes: 0 nothing is wrong, 1 failed or stopped before the end, 2 wrong usage, \
    3 something was found, 4 nothing was found but not all could be checked")]
pub struct CheckArgs {
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// How long an order may be parked before that counts as for ever.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = measure::read_time)]
    parked_max: Duration,
    /// Also decide every command anew: would this build decide as it was decided? Other rules of another
    /// build, or another idempotency window, show as findings.
    #[arg(long)]
    redecide: bool,
    /// Where to make the temporary folder [default: the system's].
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Tell at most so many findings of each kind.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

/// The command.
pub async fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let deployment = Deployment::try_from(&args.deployment)?;
    let log = deployment.open_log().await?;
    let stop = shutdown::on_signals();
    let examined = tokio::select! {
        examined = Examination::new(&deployment, log.clone(), args).run() => examined,
        // Dropping the work removes its temporary folder.
        () = stop.cancelled() => bail!("stopped before the end: nothing is proved"),
    };
    log.close().await;
    let report = examined?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report.to_json())?);
    } else {
        print!("{}", report.to_text());
    }
    Ok(match (report.is_clean(), report.is_complete()) {
        (false, _) => ExitCode::from(FOUND),
        (true, false) => ExitCode::from(INCOMPLETE),
        (true, true) => ExitCode::SUCCESS,
    })
}
