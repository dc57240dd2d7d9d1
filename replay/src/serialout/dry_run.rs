//! What a run would send: everything is done but the sending.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use http1_client::Failure;
use measure::{Schedule, Start};
use serde::Serialize;
use service_kit::exit;
use traffic_archive::Sequence;
use uuid::Uuid;

use super::SerialoutArgs;
use super::done::Done;
use super::job::Job;
use super::journal::{self, State};
use super::request::Preparation;
use crate::rewrite::Rewriter;

/// Keys that are counted; further ones are not told apart.
const KEYS_MAX: usize = 1 << 20;

/// What a run would send.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Forecast {
    source: String,
    target: String,
    pace: String,
    requests: u64,
    first: Option<Sequence>,
    last: Option<Sequence>,
    /// Ordering keys, up to a bound.
    keys: usize,
    body_bytes: u64,
    /// From the first start to the last, at this pace; absent where nothing is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    skipped: u64,
    /// Entries that an earlier run may have sent.
    may_be_sent_twice: usize,
    /// Requests that can't be made.
    unsendable: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_unsendable: Option<Unsendable>,
}

#[derive(Serialize)]
struct Unsendable {
    sequence: Sequence,
    reason: String,
}

/// Goes through the source as a run would.
struct Rehearsal {
    forecast: Forecast,
    keys: HashSet<String>,
    preparation: Preparation,
    rewriter: Option<Rewriter>,
    schedule: Schedule,
    begin: Instant,
}

/// Sends nothing, and writes no state.
pub(super) async fn run(args: &SerialoutArgs) -> anyhow::Result<ExitCode> {
    let forecast = forecast(args).await?;
    if args.json {
        println!("{}", serde_json::to_string(&forecast)?);
    } else {
        forecast.print();
    }
    let sendable = forecast.unsendable == 0;
    Ok(if sendable { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
}

async fn forecast(args: &SerialoutArgs) -> anyhow::Result<Forecast> {
    let mut source = args.open().await?;
    let state = args.state.as_deref().map(|path| journal::look(path, source.archive_id()));
    let state = state.transpose()?.flatten();
    let done = state.as_ref().map_or(Done::before(args.from), |state| state.done.clone());
    let in_doubt = state.as_ref().map_or(0, |state: &State| state.sent.len());
    if done.next() > args.from {
        source = args.open_at(done.next()).await?;
    }
    let run = state.map_or_else(Uuid::now_v7, |state| state.run);
    let mut rehearsal = Rehearsal::new(args, &*source, run, in_doubt)?;
    let progress = args.progress(&*source, done.next());
    'source: while let Some(batch) = source.next_batch().await {
        let batch = batch?;
        progress.advance(batch.len() as u64);
        for entry in batch {
            if args.to.is_some_and(|to| entry.sequence > to) {
                break 'source;
            }
            if done.contains(entry.sequence) {
                continue;
            }
            if args.skip.iter().any(|stretch| stretch.contains(entry.sequence)) {
                rehearsal.forecast.skipped += 1;
                continue;
            }
            rehearsal.take(*Job::new(entry, None));
        }
    }
    progress.finish();
    Ok(rehearsal.end())
}

impl Rehearsal {
    fn new(
        args: &SerialoutArgs,
        source: &dyn crate::source::Source,
        run: Uuid,
        in_doubt: usize,
    ) -> anyhow::Result<Self> {
        let rewriter = args.rewriter(source, run)?;
        let target = args.target(rewriter.as_ref())?;
        let begin = Instant::now();
        Ok(Self {
            forecast: Forecast {
                source: args.source.to_string(),
                target: target.to_string(),
                pace: args.pace().to_string(),
                requests: 0,
                first: None,
                last: None,
                keys: 0,
                body_bytes: 0,
                seconds: None,
                skipped: 0,
                may_be_sent_twice: in_doubt,
                unsendable: 0,
                first_unsendable: None,
            },
            keys: HashSet::new(),
            preparation: args.preparation(target, source),
            rewriter,
            schedule: Schedule::new(args.pace(), begin)
                .with_gap_max(args.gap_max.unwrap_or(Duration::MAX)),
            begin,
        })
    }

    fn take(&mut self, mut job: Job) {
        if let Start::At(start) = self.schedule.next(job.recorded_at()) {
            self.forecast.seconds = Some((start - self.begin).as_secs_f64());
        }
        let forecast = &mut self.forecast;
        forecast.requests += 1;
        forecast.first.get_or_insert(job.sequence);
        forecast.last = Some(job.sequence);
        forecast.body_bytes += job.body_bytes as u64;
        if self.keys.len() < KEYS_MAX && !self.keys.contains(&job.key) {
            self.keys.insert(job.key.clone());
        }
        if let Err(Failure { reason, .. }) = job.prepare(&self.preparation, self.rewriter.as_mut())
        {
            self.forecast.unsendable += 1;
            let sequence = job.sequence;
            self.forecast.first_unsendable.get_or_insert(Unsendable { sequence, reason });
        }
    }

    fn end(self) -> Forecast {
        Forecast { keys: self.keys.len(), ..self.forecast }
    }
}

impl Forecast {
    fn print(&self) {
        let Self { source, target, pace, requests, keys, body_bytes, .. } = self;
        println!("would send {requests} requests of {source} to {target}");
        if let (Some(first), Some(last)) = (self.first, self.last) {
            println!("entries {first} to {last}, {keys} keys, {body_bytes} bytes of bodies");
        }
        match self.seconds {
            Some(seconds) => println!("pace {pace}: {seconds:.3} s from the first to the last"),
            None => println!("pace {pace}"),
        }
        if self.skipped > 0 {
            println!("{} would be skipped", self.skipped);
        }
        if self.may_be_sent_twice > 0 {
            println!("{} may be sent twice: an earlier run sent them", self.may_be_sent_twice);
        }
        if let Some(Unsendable { sequence, reason }) = &self.first_unsendable {
            println!("{} can't be sent; the first is entry {sequence}: {reason}", self.unsendable);
        }
    }
}
