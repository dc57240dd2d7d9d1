//! `redrive`: dead letters are sent again, each at most once.
//!
//! - `plan`: which ones, and where to; shown before anything is sent;
//! - `in_doubt`: what an earlier redrive was sending when it was killed: was it sent?
//! - `sending`: batch by batch, an intention before and a mark behind;
//! - `trial`: the first few, and whether they fail again.

mod in_doubt;
mod plan;
mod sending;
mod trial;

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use event_log::Topic;
use measure::{Pace, Progress, RateLimit};
use serde::Serialize;
use service_kit::{exit, shutdown};
use tokio_util::sync::CancellationToken;

use super::ask::AskArgs;
use super::desk::Desk;
use super::filter::{self, Filter, FilterArgs};
use super::lease::Lease;
use super::ledger::Ledger;
use super::marks::Named;
use super::place::Place;
use super::routes::Routes;
use crate::text::letters;
use plan::Plan;
use sending::Sending;
use trial::Trial;

/// The exit code when letters that were sent on trial failed again.
const FAILED_AGAIN: u8 = 3;

/// How many of them the summary names.
const NAMES_MAX: usize = 5;

/// Send dead letters again: commands to orders, events to their retry topic, those of other systems
/// to the topic that their headers name.
///
/// It first tells what it would do, and asks. A letter is sent at most once: it is marked, and what
/// fails again is a new dead letter. Stopped or killed, nothing is lost: run it again, and it finds
/// out what was sent and goes on behind. Commands of one partition keep their order, and so do events.
#[derive(Args, Debug)]
pub struct RedriveArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    ask: AskArgs,
    /// How fast at most, such as 50/s or 300/min; or max.
    #[arg(long, value_name = "RATE", default_value = "500/s", value_parser = pace)]
    rate: Pace,
    /// Send so many on trial first, and stop if one of them fails again.
    #[arg(long, value_name = "COUNT")]
    canary: Option<usize>,
    /// How long to watch them [default: 10s, and for events as long as all their retries take].
    #[arg(long, value_name = "TIME", value_parser = measure::read_time, requires = "canary")]
    canary_wait: Option<Duration>,
    /// Send them to this topic instead.
    #[arg(long, value_name = "TOPIC", value_parser = filter::target)]
    to: Option<Topic>,
    /// Also send what this build can't read, and so would fail again here.
    #[arg(long)]
    even_unreadable: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// How it tells what it does.
#[derive(Args, Debug)]
struct OutputArgs {
    /// Print the plan and the summary as JSON, a line each.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

fn pace(text: &str) -> Result<Pace, String> {
    match text {
        "max" => Ok(Pace::Unlimited),
        _ => text.parse().map(Pace::Steady).map_err(|error: measure::PaceError| error.to_string()),
    }
}

/// What was done.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    /// Letters that were sent, by this run.
    sent: usize,
    /// Letters that an earlier run had sent without being able to say so.
    found_sent: usize,
    /// Letters that are still to be sent.
    left: usize,
    /// Letters sent on trial that failed again.
    failed_again: Vec<Place>,
    /// Whether all that was to be sent was sent.
    complete: bool,
}

/// The sub-command.
pub(super) async fn run(desk: &Desk, args: &RedriveArgs) -> anyhow::Result<ExitCode> {
    let filter = Filter::new(&args.filter);
    let topics = desk.topics(&filter).await?;
    let ledger = Ledger::read(desk.log().as_ref(), &topics).await?;
    let plan = Plan::make(desk, args, &topics, &ledger).await?;
    if args.output.json {
        println!("{}", serde_json::to_string(&plan.to_json())?);
    } else {
        plan.print();
    }
    if args.ask.dry_run || plan.letters.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let question = format!("Send {}?", letters(plan.letters.len()));
    if !args.ask.confirmed(&question)? {
        println!("nothing was sent");
        return Ok(ExitCode::FAILURE);
    }
    let agreed = plan.letters.into_iter().collect();
    let done = desk.alone(async |lease| {
        // Until now, a signal has simply ended the process.
        let stop = shutdown::on_signals();
        Redrive { desk, args, topics, agreed, stop }.run(lease).await
    });
    let broke_off = "the redrive broke off; run again, it finds out what was sent and goes on";
    finished(args, &done.await.context(broke_off)?)
}

fn finished(args: &RedriveArgs, summary: &Summary) -> anyhow::Result<ExitCode> {
    if args.output.json {
        println!("{}", serde_json::to_string(summary)?);
    } else {
        println!("{}", sentences(summary));
    }
    Ok(match (summary.failed_again.is_empty(), summary.complete) {
        (false, _) => ExitCode::from(FAILED_AGAIN),
        (true, false) => ExitCode::from(exit::FAILED),
        (true, true) => ExitCode::SUCCESS,
    })
}

fn sentences(summary: &Summary) -> String {
    let Summary { sent, found_sent, left, failed_again, complete } = summary;
    let before = if *found_sent == 0 {
        String::new()
    } else {
        format!("; {} had been sent by the run before", letters(*found_sent))
    };
    let next = if !failed_again.is_empty() {
        let names: Vec<_> = failed_again.iter().take(NAMES_MAX).map(Place::to_string).collect();
        let (count, names, left) = (failed_again.len(), names.join(", "), letters(*left));
        format!(
            "\n{count} of those on trial failed again: {names}\nnothing more was sent; {left} left"
        )
    } else if *complete {
        String::new()
    } else {
        format!("\nstopped before the end; {} left: run it again", letters(*left))
    };
    format!("{} sent{before}{next}", letters(*sent))
}

/// A redrive that was agreed to.
struct Redrive<'a> {
    desk: &'a Desk,
    args: &'a RedriveArgs,
    topics: Vec<Topic>,
    agreed: HashSet<Named>,
    stop: CancellationToken,
}

impl Redrive<'_> {
    async fn run(&self, lease: &Lease) -> anyhow::Result<Summary> {
        let log = self.desk.log().as_ref();
        let mut ledger = Ledger::read(log, &self.topics).await?;
        let found_sent = in_doubt::resolve(log, &mut ledger.marks).await?;
        // Others may have done something since the plan was made; what has come since stays.
        let mut plan = Plan::make(self.desk, self.args, &self.topics, &ledger).await?;
        plan.letters.retain(|letter| self.agreed.contains(letter));
        let mut summary = Summary { found_sent, left: plan.letters.len(), ..Summary::default() };
        let on_trial = self.args.canary.unwrap_or_default().min(summary.left);
        let trial = Trial::begin(self.desk, self.args, &self.topics, on_trial).await?;
        let progress = if self.args.output.quiet {
            Progress::hidden()
        } else {
            Progress::new("redrive", Some(summary.left as u64))
        };
        let filter = Filter::new(&self.args.filter);
        let mut sending = Sending {
            log,
            lease,
            marks: &mut ledger.marks,
            letters: self.desk.letters(&self.topics, &filter).await?,
            chosen: plan.letters.into_iter().collect(),
            routes: self.args.routes(self.desk),
            limit: self.args.limit(),
            progress: &progress,
            stop: &self.stop,
        };
        let tried = sending.send(on_trial).await?;
        summary.sent = tried.len();
        summary.failed_again = trial.watch(self.desk, &tried, &self.stop, &progress).await?;
        if summary.failed_again.is_empty() && !self.stop.is_cancelled() {
            summary.sent += sending.send(usize::MAX).await?.len();
        }
        progress.finish();
        summary.left -= summary.sent;
        summary.complete = summary.left == 0 && summary.failed_again.is_empty();
        Ok(summary)
    }
}

impl RedriveArgs {
    /// The first letter may be sent now.
    fn limit(&self) -> Option<RateLimit> {
        match self.rate {
            Pace::Steady(rate) => Some(RateLimit::new(rate, Instant::now())),
            Pace::Unlimited | Pace::Recorded(_) => None,
        }
    }

    fn routes(&self, desk: &Desk) -> Routes {
        Routes::new(self.to.clone(), desk.deployment.first_retry(), self.even_unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_to_do_next() {
        let done = Summary { sent: 3, complete: true, ..Summary::default() };
        assert_eq!(sentences(&done), "3 dead letters sent");
        let stopped = Summary { sent: 3, found_sent: 1, left: 5, ..Summary::default() };
        assert_eq!(
            sentences(&stopped),
            "3 dead letters sent; 1 dead letter had been sent by the run before\n\
             stopped before the end; 5 dead letters left: run it again"
        );
        let failed_again = vec!["orders-dlt/0:9".parse().unwrap()];
        let failed = Summary { sent: 3, left: 5, failed_again, ..Summary::default() };
        assert_eq!(
            sentences(&failed),
            "3 dead letters sent\n1 of those on trial failed again: orders-dlt/0:9\n\
             nothing more was sent; 5 dead letters left"
        );
    }

    #[test]
    fn a_rate_has_its_unit() {
        assert_eq!(pace("max"), Ok(Pace::Unlimited));
        assert_eq!(pace("50/s").map(|pace| pace.to_string()), Ok("50/s".to_owned()));
        assert!(pace("10x").is_err() && pace("50").is_err());
    }
}
