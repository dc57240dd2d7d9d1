//! The command line of `diagnostics load`.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use http1_client::TargetUrl;
use measure::{Rate, Slo};
use service_kit::exit::Usage;
use traffic_archive::Location;

use super::mix::Mix;
use super::stages::{LENGTH_MAX, LEVEL_MAX, Stages};

/// What `--help` ends with.
const MORE: &str = r"Stages are separated by commas; each is a straight line:
    ramp:1000/s:30s     from the level before (at first nothing) to 1,000/s, in 30 s
    hold:2m             the level before
    hold:500/s:2m       another level, from the first moment on
    spike:5000/s:5s     another level, and afterwards the one before again
Levels are all rates (open model) or all numbers of users (closed model): ramp:200:30s,hold:2m.

Tasks of --mix, with their weights:
    purchase  a purchase of one to four items                     POST   /api/Order
    read      one of this load's purchases, or the newest ones    GET    /api/Orders/{id}
    search    customers by name                                   GET    /api/Orders/customerSearch/{text}
    order     an order of a market                                POST   /api/v3/order
    amend     another price for one of this load's orders         PATCH  /api/v3/order/{id}
    cancel    one of this load's orders                           DELETE /api/v3/order/{id}
    book      what is open on a market                            GET    /api/v3/orderbook/{symbol}
There are no carts: the API does not speak the checkout dialect (yet). A purchase of several items is the
nearest to one.
Markets (LOAD-0 to LOAD-3) and accounts (load-0 to load-63) are set up before the load, where there are
none; so do not trade on LOAD-0 to LOAD-3 yourself.

Examples:
    diagnostics load http://127.0.0.1:8000 --rate 1000/s --for 30s
    diagnostics load http://127.0.0.1:8000 --users 200 --mix purchase=8,read=1,search=1
    diagnostics load http://127.0.0.1:8000 --mix order=6,amend=1,cancel=3 \
        --stages ramp:2000/s:30s,hold:1m,spike:8000/s:5s,hold:30s --html load.html \
        --slo 'p99<50ms,errors<0.1%'
    diagnostics load http://127.0.0.1:8000 --bodies purchases.jsonl --rate 1000/s --for 1m
    diagnostics load http://127.0.0.1:8000 --archive yesterday --rate 500/s --for 5m

Exit codes: 0 done, 1 failed, 2 wrong usage or nobody at the target, 99 --slo was missed, 130 interrupted.";

/// Which program sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// oha where it can do the job and is there, else this program.
    #[default]
    Auto,
    /// oha, or nothing. In a checkout it is built where it is missing, which takes minutes.
    Oha,
    /// This program.
    Own,
}

/// Load a deployment, and report how it took it.
///
/// Open model: with --rate or rates in --stages, requests begin when they are due, whatever the answers
/// take. Latency runs from when a request should have begun, so a queue before a slow target is in the
/// figures. What could not begin before the stages ended counts as failed: `not sent`.
///
/// Closed model: with --users or numbers of users in --stages, each user waits for an answer before the
/// next request, over a connection of its own. A target that is slow slows the load down.
///
/// Bodies that stay the same at one rate are sent by oha (version 1.16.0, found with --oha, beside this
/// program, in the checkout or in PATH); everything else by this program. Ctrl-C ends a load with its
/// report; a second one ends at once.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment, after_long_help = MORE)]
#[command(group = clap::ArgGroup::new("what").args(["mix", "body", "body_file", "bodies", "archive"]))]
#[command(group = clap::ArgGroup::new("level").args(["rate", "users", "stages"]))]
pub struct LoadArgs {
    /// Where to: `http://host[:port][/prefix]` or `https://...`.
    #[arg(value_name = "TARGET")]
    pub target: TargetUrl,

    /// Made-up requests by weight, such as purchase=8,read=2. [default: purchase=1]
    #[arg(long, value_name = "TASKS", help_heading = "What is sent")]
    pub mix: Option<Mix>,
    /// One body.
    #[arg(long, value_name = "TEXT", help_heading = "What is sent")]
    pub body: Option<String>,
    /// One body, from a file.
    #[arg(long, value_name = "FILE", help_heading = "What is sent")]
    pub body_file: Option<PathBuf>,
    /// A body a line.
    #[arg(long, value_name = "FILE", help_heading = "What is sent")]
    pub bodies: Option<PathBuf>,
    /// Requests of an archive, in its order, again and again; their answers may differ.
    #[arg(long, value_name = "ARCHIVE", help_heading = "What is sent")]
    pub archive: Option<Location>,
    /// The method of bodies.
    #[arg(long, value_name = "METHOD", default_value = "POST", help_heading = "What is sent")]
    pub method: String,
    /// The path of bodies, below the target.
    #[arg(long, value_name = "PATH", default_value = "/api/Order", help_heading = "What is sent")]
    pub path: String,
    /// A header of every request; may be given more than once.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header, help_heading = "What is sent")]
    pub headers: Vec<(String, String)>,
    /// Where chance begins: the same seed makes the same requests, but for those that name what was
    /// answered before.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "What is sent")]
    pub seed: u64,

    /// Requests begun, whatever the answers take: 1000/s. [default: 100/s]
    #[arg(long, value_name = "RATE", help_heading = "How much")]
    pub rate: Option<Rate>,
    /// Users, each of whom waits for an answer before the next request.
    #[arg(long, value_name = "N", help_heading = "How much")]
    pub users: Option<NonZeroU32>,
    /// How much load when; see below.
    #[arg(long, value_name = "STAGES", conflicts_with = "time", help_heading = "How much")]
    pub stages: Option<Stages>,
    /// For how long. [default: 10s]
    #[arg(long = "for", value_name = "TIME", value_parser = measure::read_time, help_heading = "How much")]
    pub time: Option<Duration>,
    /// No more requests than this.
    #[arg(long, value_name = "N", help_heading = "How much")]
    pub requests: Option<NonZeroU64>,
    /// All users together begin no more requests than this: 500/s.
    #[arg(long, value_name = "RATE", conflicts_with = "rate", help_heading = "How much")]
    pub limit: Option<Rate>,
    /// What a user waits between an answer and the next request.
    #[arg(long, value_name = "TIME", value_parser = measure::read_time, conflicts_with = "rate", help_heading = "How much")]
    pub think: Option<Duration>,
    /// Requests under way at once, at most, in the open model.
    #[arg(long, value_name = "N", default_value = "256", help_heading = "How much")]
    pub connections: NonZeroUsize,
    /// How long a request may take, from connecting to the end of the answer.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = measure::read_time, help_heading = "How much")]
    pub timeout: Duration,

    /// Who sends.
    #[arg(long, value_enum, default_value_t, help_heading = "How it is sent")]
    pub engine: Engine,
    /// The oha to use, version 1.16.0.
    #[arg(long, env = "DIAGNOSTICS_OHA", value_name = "PROGRAM", help_heading = "How it is sent")]
    pub oha: Option<PathBuf>,

    /// Answers from 400 on that are as good as others, such as 404,422.
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(400..600), help_heading = "Results")]
    pub accept: Vec<u16>,
    /// Prints the report as JSON.
    #[arg(long, help_heading = "Results")]
    pub json: bool,
    /// Writes the report as a page with plots.
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub html: Option<PathBuf>,
    /// Thresholds to keep: 'p99<50ms,errors<0.1%,rate>900/s'.
    #[arg(long, value_name = "CONDITIONS", help_heading = "Results")]
    pub slo: Option<Slo>,
    /// Tells nothing while the load goes.
    #[arg(long, help_heading = "Results")]
    pub quiet: bool,
}

/// Connections at once, at most.
const CONNECTIONS_MAX: usize = 1_000_000;
/// How long a load takes that nobody named a time for.
const TIME: Duration = Duration::from_secs(10);
/// And at what rate, requests a second.
const RATE_PER_SECOND: f64 = 100.0;

impl LoadArgs {
    /// How much load when.
    pub(super) fn stages(&self) -> Result<Stages, Usage> {
        let time = self.time.unwrap_or(TIME);
        if time.is_zero() {
            return Err(Usage::new("a load takes some time: --for is above zero"));
        }
        if time > LENGTH_MAX {
            return Err(Usage::new("a load takes 24 h at most: --for is longer"));
        }
        let stages = match (&self.stages, self.users) {
            (Some(stages), _) => stages.clone(),
            (None, Some(users)) => Stages::hold_users(users.get(), time),
            (None, None) => {
                let rate = self.rate.or_else(|| Rate::per_second(RATE_PER_SECOND));
                Stages::hold_rate(rate.expect("the default is a rate"), time)
            }
        };
        if stages.most() > LEVEL_MAX {
            return Err(Usage::new(format!("a level is at most {LEVEL_MAX}")));
        }
        if self.connections.get() > CONNECTIONS_MAX {
            return Err(Usage::new(format!("--connections is at most {CONNECTIONS_MAX}")));
        }
        let open = stages.unit() == measure::LevelUnit::PerSecond;
        if open && (self.limit.is_some() || self.think.is_some()) {
            return Err(Usage::new("--limit and --think are for users; a rate is a rate"));
        }
        Ok(stages)
    }
}

/// `name: value`
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected `name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
