//! The program `query-api`: reads orders from SQL and shows them over HTTP.

use std::process::ExitCode;

use clap::Parser;
use service_kit::config::{CommonArgs, Settings};
use service_kit::{exit, shutdown};

/// Reads orders from the store and shows them over HTTP. Writes nothing.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit::exit_code(&start(&Args::parse()).await)
}

async fn start(args: &Args) -> anyhow::Result<()> {
    let settings = Settings::load(&args.common, query_api::LISTEN_DEFAULT)?;
    if args.common.print_config {
        print!("{}", settings.print());
        return Ok(());
    }
    Ok(query_api::run(&settings, shutdown::on_signals()).await?)
}
