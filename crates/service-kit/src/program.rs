//! The `main` of every program: flags, settings, telemetry, then its own work until it is told to stop.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::config::{CommonArgs, Settings};
use crate::{exit, shutdown, telemetry};

/// Runs a program to its end: loads its settings and prints them where that was asked for, or does its
/// `work` until a signal to stop. What goes wrong becomes a sentence on stderr, and the exit code.
///
/// `listen` is where this program listens unless somebody says otherwise.
pub async fn run<W, E>(args: &CommonArgs, listen: &str, work: W) -> ExitCode
where
    W: AsyncFnOnce(&Settings, CancellationToken) -> Result<(), E>,
    E: Into<anyhow::Error>,
{
    exit::exit_code(&start(args, listen, work).await)
}

async fn start<W, E>(args: &CommonArgs, listen: &str, work: W) -> anyhow::Result<()>
where
    W: AsyncFnOnce(&Settings, CancellationToken) -> Result<(), E>,
    E: Into<anyhow::Error>,
{
    let settings = Settings::load(args, listen)?;
    if args.print_config {
        print!("{}", settings.print());
        return Ok(());
    }
    telemetry::start(&settings.common().telemetry)?;
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    work(&settings, shutdown::on_signals()).await.map_err(Into::into)
}
