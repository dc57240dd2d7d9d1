//! Load on a deployment, and an honest report of how it took it.
//!
//! What is sent, and when:
//!
//! - [`stages`]: how much load when;
//! - `source`: which request comes next: bodies that are given, rows of an archive (`rows`), or made-up
//!   ones (`mix` and the makers below it);
//! - `market`: what made-up orders are traded on, set up before the load.
//!
//! How it is sent:
//!
//! - `oha_job`: by oha, where it can do the job;
//! - `open`: at the rate of the stages, whatever the answers take;
//! - `closed`: by users who wait for each answer;
//! - `sender`: one request, and what came of it, counted by `tally`.
//!
//! What is told: `live` while it goes, `results` when it has ended.

mod args;
mod closed;
mod descriptors;
mod live;
mod market;
mod mix;
mod oha_job;
mod open;
mod results;
mod rows;
mod sender;
mod source;
pub mod stages;
mod tally;

use std::num::NonZeroU64;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use http1_client::Client;
use measure::{LevelUnit, Measurement, Rate};
use service_kit::exit::Usage;
use service_kit::shutdown;
use tokio_util::sync::CancellationToken;

pub use args::{Engine, LoadArgs};
use live::Live;
pub(crate) use mix::made_per_second;
use oha_job::OhaJob;
use sender::Sender;
use source::Source;
use stages::Stages;
use tally::Tally;

/// All that the own engine works with.
struct Load {
    stages: Stages,
    source: Source,
    sender: Arc<Sender>,
    /// Requests under way at once, at most, where they don't wait for one another.
    connections: usize,
    /// No more requests than this.
    requests_max: u64,
    /// In the closed model, requests a second of all users together.
    limit: Option<Rate>,
    /// In the closed model, what a user waits between an answer and the next request.
    think: Duration,
    stop: CancellationToken,
    begin: Instant,
}

/// Loads, reports, and tells by the exit code how it went.
pub async fn run(args: &LoadArgs) -> anyhow::Result<ExitCode> {
    let stages = args.stages()?;
    let client = Client::new(args.target.clone(), args.timeout)
        .map_err(|error| Usage::new(error.to_string()))?;
    let reached = client.connect().await;
    reached
        .map_err(|failure| Usage::new(format!("{} can't be reached: {failure}", args.target)))?;
    let connections = match stages.unit() {
        LevelUnit::PerSecond => args.connections.get(),
        LevelUnit::Users => users(stages.most()),
    };
    let stop = shutdown::on_signals();
    match OhaJob::of(args, &stages).await? {
        Ok(job) => job.run(args, &stages, &stop).await,
        Err(why_not) => {
            descriptors::make_room(connections)?;
            own(args, stages, client, connections, stop, &why_not).await
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a level has a bound")]
fn users(level: f64) -> usize {
    level.ceil() as usize
}

async fn own(
    args: &LoadArgs,
    stages: Stages,
    client: Client,
    connections: usize,
    stop: CancellationToken,
    why_not: &str,
) -> anyhow::Result<ExitCode> {
    let source = Source::open(args).await?;
    if source.needs_market() {
        market::set_up(&client).await?;
    }
    let measurement = Measurement::begin().context("starting to measure")?;
    let tally = Arc::new(Tally::new(source.tasks()));
    let load = Arc::new(Load {
        sender: Arc::new(Sender {
            client,
            recorder: measurement.recorder(),
            tally: Arc::clone(&tally),
            accepted: args.accept.clone(),
        }),
        stages,
        source,
        connections,
        requests_max: args.requests.map_or(u64::MAX, NonZeroU64::get),
        limit: args.limit,
        think: args.think.unwrap_or_default(),
        stop: stop.clone(),
        begin: measurement.begin_instant(),
    });
    let live = Live::new(args.quiet);
    let asked = {
        let loading = async {
            match load.stages.unit() {
                LevelUnit::PerSecond => open::run(&load).await.map(Some),
                LevelUnit::Users => closed::run(&load).await.map(|()| None),
            }
        };
        tokio::select! {
            asked = loading => asked?,
            never = live.tell(&measurement, &load.stages, &tally) => match never {},
        }
    };
    live.finish();
    let interrupted = stop.is_cancelled();
    let run = measurement.finish();
    let warnings = results::warnings(&run, &load, &tally);
    let figures = tally.figures(load.stages.figures(), asked, warnings);
    let engine = format!("own ({why_not})");
    results::Results { args, stages: &load.stages, engine, interrupted }.tell(&run, figures)
}
