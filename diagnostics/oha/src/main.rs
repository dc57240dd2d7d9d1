//! oha, as its own program runs it: the flags are those of <https://github.com/hatoo/oha>.
//!
//! One thing is added: beside a database that `--db-url` names, what it holds is written as text, a
//! request a line, to the file of the same name with `.requests` behind it. So who runs this needs no
//! SQLite to know when each request should have begun, began and ended.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use oha::{Opts, run};
use rusqlite::Connection;

type Failure = Box<dyn std::error::Error>;

/// In seconds since the beginning; a request that was not late has no other start than its own.
const REQUESTS: &str =
    "SELECT coalesce(start_latency_correction, start), start, \"end\", status, len_bytes FROM oha";

fn main() -> ExitCode {
    let options = Opts::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.worker_threads.get())
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(options)).map_err(Failure::from),
        Err(error) => Err(error.into()),
    };
    let outcome = outcome.and_then(|()| match database() {
        Some(database) => write_requests(&database),
        None => Ok(()),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oha: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What `--db-url` names.
fn database() -> Option<String> {
    std::env::args().skip_while(|argument| argument != "--db-url").nth(1)
}

fn write_requests(database: &str) -> Result<(), Failure> {
    let mut file = BufWriter::new(File::create(format!("{database}.requests"))?);
    let connection = Connection::open(database)?;
    let mut query = connection.prepare(REQUESTS)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (intended, sent, ended): (f64, f64, f64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (status, bytes): (u16, i64) = (row.get(3)?, row.get(4)?);
        writeln!(file, "{intended} {sent} {ended} {status} {bytes}")?;
    }
    Ok(file.flush()?)
}
