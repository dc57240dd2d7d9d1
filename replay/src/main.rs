//! The program `replay`: picks the subcommand.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use replay::capture::{self, CaptureArgs};
use replay::dump::{self, DumpArgs};
use replay::serialin::{self, SerialinArgs};
use replay::verify::{self, VerifyArgs};
use service_kit::exit;

/// History again, in the same order, with proof.
///
/// Records, moves and sends request traffic. An archive is a folder or an object-store prefix
/// (s3://bucket/prefix; endpoint and keys from the AWS_* variables) of compressed segments.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Capture(Box<CaptureArgs>),
    Dump(Box<DumpArgs>),
    Serialin(SerialinArgs),
    Verify(VerifyArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Capture(args) => capture::run(&args).await,
        Command::Dump(args) => dump::run(&args).await,
        Command::Serialin(args) => serialin::run(&args).await,
        Command::Verify(args) => verify::run(&args).await,
    };
    result.unwrap_or_else(|error| exit::exit_code(&Err(error)))
}
