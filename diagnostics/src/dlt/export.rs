//! `export`: dead letters as JSON Lines.

use std::fs::File;
use std::io::{self, BufWriter, Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use service_kit::exit;

use super::desk::Desk;
use super::filter::{Filter, FilterArgs};
use super::ledger::{Ledger, StateName};
use super::line::Line;
use crate::text::letters as dead_letters;

/// Write dead letters as JSON Lines: every byte of key, headers and payload, and what became of them.
#[derive(Args, Debug)]
pub struct ExportArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Only those of which this has become; may be repeated.
    #[arg(long, value_enum, default_value = "waiting", conflicts_with = "all")]
    state: Vec<StateName>,
    /// Whatever has become of them.
    #[arg(long)]
    all: bool,
    /// The file to write; one that is there is not overwritten. Without it they go to stdout.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The sub-command.
pub(super) async fn run(desk: &Desk, args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let filter = Filter::new(&args.filter);
    let topics = desk.topics(&filter).await?;
    let ledger = Ledger::read(desk.log().as_ref(), &topics).await?;
    let mut out: BufWriter<Box<dyn Write>> = BufWriter::new(match &args.output {
        None => Box::new(stdout()),
        Some(path) => {
            let made = File::create_new(path);
            Box::new(made.with_context(|| format!("making {}", path.display()))?)
        }
    });
    let mut count = 0;
    let mut letters = desk.letters(&topics, &filter).await?;
    let mut written = Ok(());
    while written.is_ok()
        && let Some(letter) = letters.next().await?
    {
        let state = ledger.state(&letter);
        if args.all || args.state.contains(&state.name()) {
            written = write(&mut out, &Line::of(&letter, &state));
            count += 1;
        }
    }
    match written.and_then(|()| out.flush()) {
        Ok(()) => {
            eprintln!("{} exported", dead_letters(count));
            Ok(ExitCode::SUCCESS)
        }
        // Whoever reads it, such as `head`, has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::from(exit::NOBODY_READS))
        }
        Err(error) => Err(error).context("writing letters"),
    }
}

fn write(out: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
