//! The command line of `diagnostics bench`.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Measure Seriatim, print a table, write JSON.
#[derive(Args)]
#[command(after_long_help = READING)]
pub struct BenchArgs {
    /// Measure only this; may be given more than once.
    #[arg(long, value_name = "FIGURE")]
    only: Vec<Figure>,
    /// A smaller run: shorter rounds, fewer orders. Its table shows what works, not how well.
    #[arg(long)]
    pub quick: bool,
    /// Write everything that was measured, every round of it, to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a page with a plot of it to this file; it needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Compare with an older run: a file that --json has written.
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// Where temporary data go; a real disk, or durability costs nothing. [default: the system's]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Measure the programs in this folder, such as target/release, as they are. Without it cargo
    /// builds them.
    #[arg(long, value_name = "FOLDER")]
    pub programs: Option<PathBuf>,
    /// An oha to use, version 1.16. Without it the one in diagnostics/oha is built, which takes
    /// minutes the first time.
    #[arg(long, env = "DIAGNOSTICS_OHA", value_name = "PROGRAM")]
    pub oha: Option<PathBuf>,
}

const READING: &str = "\
How to read the table:
  figure           What was measured; the median of several rounds.
  ours             Seriatim's value.
  ceiling or peer  The same load on something that does only the unavoidable part, measured in the
                   same run, in turn with ours; or ours under other circumstances.
                     bare axum     a handler that parses the same body and answers 202
                     bare inserts  the same rows, in batches, into the same schema, over as many
                                   connections as the store writes with
                     COPY          likewise, the rows encoded beforehand
                     bare loop     one connection, one prepared request at a time
                     oha -c 64     requests of the same size over 64 connections
                     bare producer the same records, in memory, appended in batches
                     bare timer    a thread that sleeps until every next millisecond: how late this
                                   machine wakes who waits for a time
                     plain book    the same messages to the same rules in their plainest form
                     book alone    the same orders, cancels and amendments, told to the book directly
                     JSON alone    the same commands read and decisions written, nothing decided
  ratio            ours through the peer. Compare ratios, not rates: server and load generator share
                   this machine's cores, with whatever else runs.
  at least         What the project demands; `below` where less is better.
  met?             NO makes the exit code 3.

Figures:
  posts          accepted POSTs/s, order-producer-api alone over the embedded log. A POST is accepted
                 when its record is synced to disk.
  posts-kafka    the same over Kafka, acknowledged by all replicas (here one), by a broker that has been
                 loaded for 40 s: until then Java compiles it.
  sustained      orders/s accepted and projected, all-in-one: the clock stops when SQL holds them all.
  fill-sqlite    events/s that order-processor projects from a full log into an empty store.
  fill-postgres  the same into Postgres.
  fill-mariadb   the same into MariaDB.
  rebuild        events/s that order-processor rebuild fills a new generation of a SQLite store with,
                 its indexes included, beside the one that is live.
  rebuild-long   the same with ten times as many events, against as many as above; only measured when
                 asked for by name, because it takes an hour and some 30 GB.
  readable       p99 from the intended start of a POST to its order read by GET with the
                 Seriatim-Position of the answer, at 1,000 orders/s whatever the answers take.
  outcome        p99 and median from the intended start of a POST of a market's order to its outcome, which
                 Prefer: wait asked for, at 1,000 orders/s whatever the answers take.
  outcome-kafka  the same over Kafka.
  stored         memory of the all-in-one, and its sustained orders/s, with many orders stored
                 (resident memory as Linux counts it: VmRSS, and VmHWM at its peak).
  serialout      requests/s of replay serialout, in each order, to replay load-sink, which confirms that
                 all came and in order. Archive and requests are read, checked and made meanwhile.
  serialin       entries/s of replay serialin from an archive into the embedded log.
  serialin-kafka the same into Kafka.
  archive-memory peak memory of replay ingest, verify, serialin and serialout over ten million lines,
                 and by how much it rose after the first tenth of the time (VmHWM).
  order-book     operations/s of the order book on the worst of five days, against a plain book of a
                 BTreeMap and a HashMap; one core.
  engine         commands/s of the engine alone from bytes to bytes, on the worst of five days of a
                 market, against the order book alone on the same flow, and against reading the same
                 commands and writing the same decisions as JSON and nothing else; one core.
  pace           how late requests are sent at their recorded, irregular pace of 1,000/s.
  made-up        requests/s that diagnostics load makes up by itself, of each kind, on one core, against
                 what a bare server takes: making them may not be the limit of a load.
  partitions     the all-in-one with 1 to 16 partitions; only measured when asked for by name.

Kafka, Postgres and MariaDB are started by setup/services; where they can't be, their figures are skipped.
A run takes about half an hour. A load (loadavg) above 1 at its start means that the figures are of a
busy machine: repeat it.

Exit codes: 0 every bound is kept, 1 failed, 2 wrong usage, 3 a bound is missed.";

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Figure {
    /// Accepted POSTs/s over the embedded log.
    Posts,
    /// Accepted POSTs/s over Kafka.
    PostsKafka,
    /// Accepted and projected orders/s.
    Sustained,
    /// Events/s into an empty SQLite store.
    FillSqlite,
    /// Events/s into an empty Postgres store.
    FillPostgres,
    /// Events/s into an empty MariaDB store.
    FillMariadb,
    /// Events/s of a rebuild.
    Rebuild,
    /// Events/s of a rebuild of ten times as many.
    RebuildLong,
    /// From POST to readable in SQL.
    Readable,
    /// From POST to outcome on a market over the embedded log.
    Outcome,
    /// From POST to outcome on a market over Kafka.
    OutcomeKafka,
    /// Memory and throughput with many orders stored.
    Stored,
    /// Requests/s of a replay, in each order.
    Serialout,
    /// Entries/s from an archive into the embedded log.
    Serialin,
    /// Entries/s from an archive into Kafka.
    SerialinKafka,
    /// Memory of replay with many lines.
    ArchiveMemory,
    /// How punctual a replay is.
    Pace,
    /// Operations/s of the order book alone.
    OrderBook,
    /// Commands/s of the engine alone.
    Engine,
    /// Requests/s that a load makes up.
    MadeUp,
    /// How many partitions are best.
    Partitions,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.to_possible_value().map(|value| value.get_name().to_owned());
        f.write_str(&name.unwrap_or_default())
    }
}

impl BenchArgs {
    /// What to measure, in order.
    pub fn figures(&self) -> Vec<Figure> {
        if self.only.is_empty() {
            let by_name = [Figure::Partitions, Figure::RebuildLong];
            let unasked = |figure: &Figure| !by_name.contains(figure);
            return Figure::value_variants().iter().copied().filter(unasked).collect();
        }
        self.only.clone()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: BenchArgs,
    }

    fn figures(line: &[&str]) -> Vec<String> {
        let args = Line::parse_from([&["bench"], line].concat()).args;
        args.figures().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_takes_long_or_is_a_question_of_settings_is_measured_only_by_name() {
        let all = figures(&[]);
        assert_eq!(all.len(), 19);
        for name in ["partitions", "rebuild-long"] {
            assert!(!all.contains(&name.to_owned()), "{name}");
        }
        assert_eq!(figures(&["--only", "partitions"]), ["partitions"]);
    }

    #[test]
    fn figures_come_in_the_order_asked() {
        assert_eq!(figures(&["--only", "stored", "--only", "posts"]), ["stored", "posts"]);
    }

    #[test]
    fn the_help_explains_every_figure() {
        for figure in Figure::value_variants() {
            assert!(READING.contains(&format!("\n  {figure} ")), "{figure}");
        }
    }
}
