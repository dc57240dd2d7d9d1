//! The program `diagnostics`: picks the subcommand.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use diagnostics::bench::bare_server::{self, BareServerArgs};
use diagnostics::bench::{self, BenchArgs};

/// Measures Seriatim from outside.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(BenchArgs),
    #[command(hide = true)]
    BareServer(BareServerArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Bench(args) => bench::run(&args).await,
        Command::BareServer(args) => bare_server::run(&args).await.map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
