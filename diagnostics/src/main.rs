//! The program `diagnostics`: picks the subcommand.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use diagnostics::bench::bare_client::{self, BareClientArgs};
use diagnostics::bench::bare_producer::{self, BareProducerArgs};
use diagnostics::bench::bare_server::{self, BareServerArgs};
use diagnostics::bench::{self, BenchArgs};
use diagnostics::check::{self, CheckArgs};
use diagnostics::compare::{self, CompareArgs};
use diagnostics::dlt::{self, DltArgs};
use diagnostics::load::{self, LoadArgs};
use diagnostics::top::{self, TopArgs};
use service_kit::exit;

/// Measures and mends Seriatim from outside.
///
/// The exit codes of each command stand in its own help. Every one but `load` ends with 141 where nobody
/// reads what it prints, as after `| head`.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(BenchArgs),
    Check(CheckArgs),
    Compare(CompareArgs),
    Dlt(Box<DltArgs>),
    Load(Box<LoadArgs>),
    Top(TopArgs),
    #[command(hide = true)]
    BareServer(BareServerArgs),
    #[command(hide = true)]
    BareClient(BareClientArgs),
    #[command(hide = true)]
    BareProducer(BareProducerArgs),
}

fn main() -> ExitCode {
    exit::when_read(run)
}

#[tokio::main]
async fn run() -> ExitCode {
    let result = match Args::parse().command {
        Command::Bench(args) => bench::run(&args).await,
        Command::Check(args) => check::run(&args).await,
        Command::Compare(args) => compare::run(&args),
        Command::Dlt(args) => dlt::run(&args).await,
        Command::Load(args) => load::run(&args).await,
        Command::Top(args) => top::run(&args).await,
        Command::BareServer(args) => succeed(bare_server::run(&args).await),
        Command::BareClient(args) => succeed(bare_client::run(&args)),
        Command::BareProducer(args) => succeed(bare_producer::run(&args).await),
    };
    result.unwrap_or_else(|error| exit::exit_code(&Err(error)))
}

fn succeed(result: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}
