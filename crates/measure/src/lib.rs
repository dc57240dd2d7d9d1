//! Honest latency: pace, recorder, time series, thresholds and reports.
//!
//! Whoever sends requests at a pace wants to know what a user would have felt. A tool that starts its
//! clock only when it gets round to sending hides every queue that formed before (this is called
//! *coordinated omission*). Here the clock of a request starts at its *intended start*, which the
//! [`Schedule`] tells; how late it was really sent and how long the target then took are kept beside.
//!
//! ```no_run
//! # async fn send() -> Result<(), u16> { Ok(()) }
//! # async fn run(entries: Vec<std::time::Duration>) -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Instant;
//! use measure::{Alarm, ErrorKind, Measurement, Report, Schedule, Slo};
//!
//! let alarm = Alarm::start()?;
//! let measurement = Measurement::begin()?;
//! let mut schedule = Schedule::new("10x".parse()?, Instant::now());
//! let recorder = measurement.recorder(); // a clone for every worker
//! for recorded_at in entries {
//!     let start = schedule.next(recorded_at);
//!     alarm.wait_for(start).await;
//!     let request = recorder.start(start); // usually in a task of its own
//!     match send().await {
//!         Ok(()) => request.succeeded(),
//!         Err(status) => request.failed(ErrorKind::Status(status)),
//!     }
//! }
//! let run = measurement.finish();
//! let slo: Slo = "p99<50ms,errors<0.1%".parse()?;
//! let report = Report::new("serialout", &run).judged(slo.judge(&run));
//! print!("{}", report.to_text());
//! # Ok(()) }
//! ```
//!
//! Architecture Invariant: this crate sends nothing and links no runtime. Its futures run on any.

mod alarm;
mod collector;
mod error_kind;
mod latencies;
mod measurement;
mod pace;
mod progress;
mod quantity;
mod rate_limit;
mod recorder;
mod report;
mod run;
mod schedule;
mod screen;
mod series;
mod shard;
mod slo;
mod tally;
mod terminal;
#[cfg(test)]
mod testing;
mod told;

pub use alarm::{Alarm, Until};
pub use error_kind::ErrorKind;
pub use latencies::{LATENCY_MAX, Latencies, Percentile};
pub use measurement::{Live, Measurement};
pub use pace::{Pace, PaceError, Rate, Speed};
pub use progress::Progress;
pub use quantity::{BadQuantity, read_time, show_count, show_rate, show_time};
pub use rate_limit::RateLimit;
pub use recorder::{InFlight, Recorder};
pub use report::{
    Bin, Fact, InFlightFigures, IntervalFigures, IntervalTimes, Judgement, LevelUnit, LoadFigures,
    REPORT_VERSION, Report, ReportError, Requests, StageFigures, TaskFigures, Times, escape_html,
};
pub use run::Run;
pub use schedule::{Schedule, Start};
pub use screen::Screen;
pub use series::{INTERVALS_MAX, InFlightSeen, Interval, Series};
pub use slo::{Check, EXIT_SLO_MISSED, Slo, SloError, Unit, Verdict};
pub use told::Told;
