//! `replay verify`: is an archive still what was written, and did anything come out differently?

mod archives;
mod comparison;
mod json;
mod run_file;
mod whole;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use serde_json_path::JsonPath;

use self::comparison::{Comparison, Rules};
use self::whole::Wholeness;
use crate::archive::{ArchiveError, ArchiveReader, Location, Sequence};

/// The exit code when damage or a difference was found.
pub const DIFFERENT: u8 = 3;

/// Tells whether an archive is whole, or what differs.
#[derive(Args, Debug)]
#[command(long_about = include_str!("help.txt"))]
pub struct VerifyArgs {
    /// A folder, or an `s3://` prefix.
    archive: Location,

    /// Another archive to compare it with.
    #[arg(long, value_name = "ARCHIVE", conflicts_with = "run")]
    against: Option<Location>,

    /// The outcomes of a run to compare with the recorded responses.
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,

    /// A field of response bodies that may differ, as a JSONPath. May be given again.
    #[arg(long, value_name = "JSONPATH")]
    ignore: Vec<JsonPath>,

    /// A field of request bodies that may differ, as a JSONPath. May be given again.
    #[arg(long, value_name = "JSONPATH", requires = "against")]
    ignore_request: Vec<JsonPath>,

    /// A response header to compare. May be given again.
    #[arg(long, value_name = "NAME")]
    header: Vec<String>,

    /// Compare from this entry on.
    #[arg(long, value_name = "SEQUENCE", default_value = "1")]
    from: Sequence,

    /// Compare up to this entry, inclusive [default: the last].
    #[arg(long, value_name = "SEQUENCE")]
    to: Option<Sequence>,

    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// What was found; whether it is as it should be, and how that is said.
trait Finding: Serialize {
    fn is_good(&self) -> bool;
    fn print(&self);
}

/// Runs the subcommand.
pub async fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let reader = match ArchiveReader::open(&args.archive).await {
        Ok(reader) => reader,
        Err(error) => return damaged_or(error),
    };
    if args.against.is_none() && args.run.is_none() {
        return Ok(tell(&Wholeness::of(&reader).await?, args.json));
    }
    match compare(args, &reader).await {
        Ok(comparison) => Ok(tell(&comparison, args.json)),
        Err(error) => match error.downcast::<ArchiveError>() {
            Ok(error) => damaged_or(error),
            Err(error) => Err(error),
        },
    }
}

async fn compare(args: &VerifyArgs, reader: &ArchiveReader) -> anyhow::Result<Comparison> {
    let rules = Rules {
        ignore: args.ignore.clone(),
        ignore_request: args.ignore_request.clone(),
        headers: args.header.clone(),
    };
    let stretch = args.from..=args.to.unwrap_or(Sequence::LAST);
    if let Some(against) = &args.against {
        let other = ArchiveReader::open(against).await?;
        return Ok(archives::compare(reader, &other, &stretch, &rules).await?);
    }
    let run = args.run.as_ref().expect("one of them was given");
    run_file::compare(reader, run, &stretch, &rules).await
}

/// Damage is a finding; other errors are failures.
fn damaged_or(error: ArchiveError) -> anyhow::Result<ExitCode> {
    match error {
        ArchiveError::Damaged(_) | ArchiveError::Manifest { .. } => {
            eprintln!("error: {error}");
            Ok(ExitCode::from(DIFFERENT))
        }
        other => Err(other.into()),
    }
}

fn tell(finding: &impl Finding, as_json: bool) -> ExitCode {
    if as_json {
        println!("{}", serde_json::to_string(finding).expect("a finding is JSON"));
    } else {
        finding.print();
    }
    if finding.is_good() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) }
}
