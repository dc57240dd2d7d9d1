//! A dummy target that proves what reached it, and in which order.
//!
//! It knows requests by the headers of [`marks`](crate::marks), which `serialout` sends. A request
//! *takes effect* when it is answered with success; those that are refused, reset or left hanging
//! do not, but for half of the reset and hung ones, whose sender can't know. What takes effect must
//! come in the demanded order and without gaps; what takes effect twice is counted, not blamed.

mod faults;
mod ledger;
mod order;
mod ranges;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use hyper::StatusCode;
use service_kit::shutdown;

pub use faults::{Faults, Latency, Share};
pub use order::{Demand, Swap, Verdict};
pub use server::LoadSink;

use crate::verify::DIFFERENT;

/// What `--help` ends with.
const EXAMPLES: &str = r"Examples:

    replay load-sink
    replay load-sink --latency 1ms..5ms --busy 1% --retry-after 1s --resets 0.5% \
        --record came.jsonl";

/// Where a sink answers `GET` with its [`Verdict`].
pub const VERDICT_PATH: &str = "/load-sink/verdict";

/// A dummy target: takes every request, fails as it is told to, and watches the order.
///
/// It answers any method and path. `GET /load-sink/verdict` tells as JSON what took effect, what is
/// missing, what came twice and what was swapped. Ctrl-C ends it and prints the same; the exit code
/// is 3 when something is missing or out of order.
///
/// Requests are known by the headers Replay-Sequence and Replay-Key, which `serialout` sends.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment, after_long_help = EXAMPLES)]
pub struct LoadSinkArgs {
    /// Where to listen; port 0 takes a free one, which is told on stderr.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9000")]
    listen: String,
    /// How long answers take: a time, or anything between two, such as 1ms..5ms.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    latency: Latency,
    /// Share of requests that are answered with 500.
    #[arg(long, value_name = "SHARE", default_value = "0%")]
    errors: Share,
    /// Share of requests that are answered with 503 or 429, half and half.
    #[arg(long, value_name = "SHARE", default_value = "0%")]
    busy: Share,
    /// What Retry-After tells with 503 and 429, in whole seconds; left out without this.
    #[arg(long, value_name = "TIME", value_parser = measure::read_time)]
    retry_after: Option<Duration>,
    /// Share of requests whose connection is reset, half of them after they took effect.
    #[arg(long, value_name = "SHARE", default_value = "0%")]
    resets: Share,
    /// Share of requests that are never answered, half of them after they took effect.
    #[arg(long, value_name = "SHARE", default_value = "0%")]
    hangs: Share,
    /// Where chance begins: the same seed hits the same requests, counted as they come.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The order to demand.
    #[arg(long, value_enum, default_value_t)]
    order: Demand,
    /// Writes a JSON line for every request that comes, in the order of their taking effect.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// The status of answers.
    #[arg(long, default_value = "200")]
    status: StatusCode,
    /// The body of answers.
    #[arg(long, default_value = "{}")]
    body: String,
    /// Prints the verdict as JSON.
    #[arg(long)]
    json: bool,
}

/// How a sink behaves.
#[derive(Clone, Debug)]
pub struct SinkSettings {
    /// The order it demands.
    pub demand: Demand,
    /// What goes wrong.
    pub faults: Faults,
    /// What it tells with 429 and 503: whole seconds.
    pub retry_after: Option<Duration>,
    /// The status of answers.
    pub status: StatusCode,
    /// The body of answers.
    pub body: String,
    /// Where it writes down what came.
    pub record: Option<PathBuf>,
}

impl Default for SinkSettings {
    fn default() -> Self {
        Self {
            demand: Demand::default(),
            faults: Faults::default(),
            retry_after: None,
            status: StatusCode::OK,
            body: "{}".to_owned(),
            record: None,
        }
    }
}

/// Serves until Ctrl-C. Exit code 3 when something is missing or out of order.
pub async fn run(args: &LoadSinkArgs) -> anyhow::Result<ExitCode> {
    let listener = service_kit::server::bind(&args.listen).await?;
    let sink = LoadSink::start(listener, &args.settings()).context("starting the sink")?;
    eprintln!("listening on http://{}", sink.address());
    shutdown::on_signals().cancelled().await;
    let verdict = sink.stop().await.context("writing the record")?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&verdict)?);
    } else {
        print!("{verdict}");
    }
    Ok(if verdict.in_order { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}

impl LoadSinkArgs {
    fn settings(&self) -> SinkSettings {
        SinkSettings {
            demand: self.order,
            faults: Faults {
                latency: self.latency,
                errors: self.errors,
                busy: self.busy,
                resets: self.resets,
                hangs: self.hangs,
                seed: self.seed,
            },
            retry_after: self.retry_after,
            status: self.status,
            body: self.body.clone(),
            record: self.record.clone(),
        }
    }
}
