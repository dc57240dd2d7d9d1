//! `replay verify`: is an archive still what was written, and did anything come out differently?

mod archives;
mod comparison;
mod instance;
mod json;
mod run_file;
mod states;
mod subject;
mod whole;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde::Serialize;
use serde_json_path::JsonPath;
use service_kit::config::ConfigError;
use traffic_archive::{ArchiveError, ArchiveReader, Location, Sequence};

use self::comparison::{Comparison, Rules};
use self::subject::Subject;
use self::whole::Wholeness;

/// The exit code when damage or a difference was found.
pub const DIFFERENT: u8 = 3;

/// Tells whether an archive is whole, or what differs between archives, runs and instances.
#[derive(Args, Debug)]
#[command(long_about = include_str!("help.txt"))]
pub struct VerifyArgs {
    /// An archive: a folder, or an `s3://` prefix. Or a running Seriatim: `http://host:port`.
    #[arg(value_name = "ARCHIVE|URL")]
    subject: Subject,

    /// Another of the same kind to compare it with.
    #[arg(long, value_name = "ARCHIVE|URL", conflicts_with = "run")]
    against: Option<Subject>,

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

    /// Compare from this entry on [default: the first].
    #[arg(long, value_name = "SEQUENCE")]
    from: Option<Sequence>,

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
    match (&args.subject, &args.against) {
        (Subject::Archive(archive), None) => verify(args, archive, None).await,
        (Subject::Archive(archive), Some(Subject::Archive(other))) => {
            verify(args, archive, Some(other)).await
        }
        (Subject::Instance(recorded), Some(Subject::Instance(now))) => {
            args.check_no_rules()?;
            Ok(tell(&states::compare(recorded, now).await?, args.json))
        }
        (Subject::Instance(_), None) => {
            let reason = "an instance is compared with another: give its URL";
            Err(ConfigError::invalid("against", reason).into())
        }
        (subject, Some(other)) => {
            let reason = format!("{subject} and {other} can't be compared: one is an archive");
            Err(ConfigError::invalid("against", reason).into())
        }
    }
}

impl VerifyArgs {
    /// Of two instances only hashes are known.
    fn check_no_rules(&self) -> Result<(), ConfigError> {
        let given = [
            ("run", self.run.is_some()),
            ("ignore", !self.ignore.is_empty()),
            ("ignore-request", !self.ignore_request.is_empty()),
            ("header", !self.header.is_empty()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((name, _)) => Err(ConfigError::invalid(name, "this is for archives")),
            None => Ok(()),
        }
    }

    fn check_stretch(&self) -> Result<(), ConfigError> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if to < from => {
                let reason = format!("no entry is from {from} on and up to {to}");
                Err(ConfigError::invalid("to", reason))
            }
            _ => Ok(()),
        }
    }

    fn rules(&self) -> Rules {
        Rules {
            ignore: self.ignore.clone(),
            ignore_request: self.ignore_request.clone(),
            headers: self.header.clone(),
        }
    }
}

async fn verify(
    args: &VerifyArgs,
    archive: &Location,
    against: Option<&Location>,
) -> anyhow::Result<ExitCode> {
    args.check_stretch()?;
    let reader = match ArchiveReader::open(archive).await {
        Ok(reader) => reader,
        Err(error) => return damaged_or(error),
    };
    if against.is_none() && args.run.is_none() {
        return Ok(tell(&Wholeness::of(&reader).await?, args.json));
    }
    match compare(args, &reader, against).await {
        Ok(comparison) => Ok(tell(&comparison, args.json)),
        Err(error) => match error.downcast::<ArchiveError>() {
            Ok(error) => damaged_or(error),
            Err(error) => Err(error),
        },
    }
}

async fn compare(
    args: &VerifyArgs,
    reader: &ArchiveReader,
    against: Option<&Location>,
) -> anyhow::Result<Comparison> {
    let rules = args.rules();
    let stretch = args.from.unwrap_or(Sequence::FIRST)..=args.to.unwrap_or(Sequence::LAST);
    if let Some(against) = against {
        let other = ArchiveReader::open(against).await?;
        let comparison = archives::compare(reader, &other, &stretch, &rules).await?;
        let both_empty = reader.manifest().entries == 0 && other.manifest().entries == 0;
        if comparison.compared == 0 && !both_empty {
            bail!("there is nothing to compare: neither has an entry of the stretch");
        }
        return Ok(comparison);
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
