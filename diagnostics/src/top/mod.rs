//! `top`: how a deployment is doing now, partition by partition.
//!
//! It asks the log and the store themselves, so it tells as much of programs that are down; what a
//! running program alone knows (how long an append takes, what it refuses) comes from its `/metrics`.
//!
//! - `log_side`, `store_side`, `programs`: one look at each;
//! - `watch`: looks, again and again;
//! - `view`: what two looks tell;
//! - `lines`: the same for a terminal.

mod lines;
mod log_side;
mod programs;
mod store_side;
mod view;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use measure::read_time;
use reqwest::Url;
use service_kit::exit::{self, Usage};
use service_kit::shutdown;

use crate::deployment::{Deployment, DeploymentArgs};
use crate::screen::{self, Key, Screen};
use watch::Watch;

/// Show how it is doing now: lag, rates, retries, parked orders and dead letters of every partition.
///
/// The log and the store are those of the services: the same configuration file, variables and flags name
/// them. What is not there is shown as such. q or Ctrl-C ends it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    diagnostics top\n  \
    diagnostics top --metrics http://127.0.0.1:8000\n  \
    diagnostics top --json | jq .total.projectorLag\n\n\
    Exit codes: 0 ended by q or a signal, or printed; 1 failed, or with --json the log or the store \
    could not be looked at; 2 wrong usage")]
pub struct TopArgs {
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// A program's HTTP address, whose /metrics is asked besides; may be repeated.
    #[arg(long, value_name = "URL")]
    metrics: Vec<Url>,
    /// How often to look, at least 100ms. With --json, for how long to measure the rates.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = interval)]
    every: Duration,
    /// Print one look as JSON, and end.
    #[arg(long)]
    json: bool,
}

/// No shorter pause lies between two looks.
const EVERY_MIN: Duration = Duration::from_millis(100);

fn interval(text: &str) -> Result<Duration, String> {
    match read_time(text).map_err(|error| error.to_string())? {
        every if every < EVERY_MIN => Err(format!("at least {EVERY_MIN:?}")),
        every => Ok(every),
    }
}

/// The command.
pub async fn run(args: &TopArgs) -> anyhow::Result<ExitCode> {
    let deployment = Deployment::try_from(&args.deployment)?;
    let watch = Watch::new(deployment, &args.metrics, args.every)?;
    if args.json {
        return print(watch).await;
    }
    if !Screen::is_there() {
        let why = "top needs a terminal to show itself on; --json prints one look";
        return Err(Usage::new(why).into());
    }
    show(watch).await.map(|()| ExitCode::SUCCESS)
}

async fn print(mut watch: Watch) -> anyhow::Result<ExitCode> {
    watch.view().await;
    let view = watch.view().await;
    println!("{}", serde_json::to_string_pretty(&view)?);
    watch.close().await;
    Ok(if view.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
}

/// Shows what is seen until somebody has seen enough.
async fn show(mut watch: Watch) -> anyhow::Result<()> {
    let stop = shutdown::on_signals();
    let mut screen = Screen::open().context("taking the terminal")?;
    let mut keys = screen::keys()?;
    let mut lines = lines::waiting(&watch);
    loop {
        screen.draw(&lines)?;
        tokio::select! {
            () = stop.cancelled() => break,
            key = keys.recv() => match key {
                Some(Key::Resized) => {}
                Some(Key::Quit) | None => break,
            },
            view = watch.view() => lines = lines::of(&view),
        }
    }
    drop(screen);
    watch.close().await;
    Ok(())
}
