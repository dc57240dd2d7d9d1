//! The dead-letter desk: what failed is looked at, mended, and sent again.
//!
//! It works on the log alone, embedded or Kafka, beside running services. A dead letter is never
//! changed or deleted where it stands; what was done about it is told by marks, so a letter
//! is sent again at most once, however often a redrive is stopped or killed.
//!
//! One sub-command a file; beneath them
//!
//! - [`place`], `letter`, [`failure`]: what a dead letter is, and what its headers tell;
//! - `marks`, `ledger`: what was done about it, and what has become of it;
//! - `lease`: one desk writes at a time;
//! - `routes`, `understanding`: where it goes, and whether it would be understood there;
//! - `filter`: which ones are meant;
//! - `standing`: all of them with what has become of each, for those who only look.

mod ask;
mod desk;
mod edit;
mod export;
pub mod failure;
mod filter;
mod import;
mod json_text;
mod lease;
mod ledger;
pub(crate) mod letter;
mod line;
mod list;
mod marks;
mod original;
pub mod place;
mod purge;
mod redrive;
mod routes;
mod show;
pub(crate) mod standing;
mod understanding;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::deployment::LogArgs;
use desk::Desk;

/// Read, mend and send again what failed: dead letters, on either log.
///
/// The log is that of the services: the same configuration file, variables and flags name it. A dead
/// letter is named by where it stands, such as orders-dlt/0:17.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    diagnostics dlt list --by-cause\n  \
    diagnostics dlt show orders-dlt/0:17\n  \
    diagnostics dlt edit orders-dlt/0:17\n  \
    diagnostics dlt redrive --reason UndecodableCommand --dry-run\n  \
    diagnostics dlt redrive --reason UndecodableCommand --canary 10 --rate 200/s\n  \
    diagnostics dlt list --topic clicks-dlq --log kafka://127.0.0.1:9092\n\n\
    Exit codes: 0 done, 1 failed or stopped before the end, 2 wrong usage, \
    3 letters that were sent on trial failed again")]
pub struct DltArgs {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Edit(edit::EditArgs),
    Redrive(redrive::RedriveArgs),
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    Purge(purge::PurgeArgs),
}

/// The command.
pub async fn run(args: &DltArgs) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&args.log).await?;
    let done = match &args.command {
        Command::List(args) => list::run(&desk, args).await,
        Command::Show(args) => show::run(&desk, args).await,
        Command::Edit(args) => edit::run(&desk, args).await,
        Command::Redrive(args) => redrive::run(&desk, args).await,
        Command::Export(args) => export::run(&desk, args).await,
        Command::Import(args) => import::run(&desk, args).await,
        Command::Purge(args) => purge::run(&desk, args).await,
    };
    // After a failure the log is not closed, which would give what failed some more time to arrive.
    let code = done?;
    desk.close().await;
    Ok(code)
}
