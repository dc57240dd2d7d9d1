//! The command: its flags, and what it says.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use measure::Progress;
use serde_json::json;
use service_kit::shutdown;
use traffic_archive::{Location, WriterSettings};

use super::{Ingest, Ingested, mapping};
use crate::rejects;

/// Makes an archive of order files, tables or access logs.
#[derive(Args, Debug)]
#[command(long_about = include_str!("help.txt"))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct IngestArgs {
    /// A file, a folder, or an `s3://` prefix.
    #[arg(required_unless_present = "print_mapping")]
    source: Option<Location>,

    /// Where the archive is to be: a folder, or an `s3://` prefix.
    #[arg(long, value_name = "ARCHIVE", required_unless_present = "print_mapping")]
    to: Option<Location>,

    /// A mapping's file, or one of cdnow, orders, combined.
    #[arg(long, value_name = "FILE|NAME", required_unless_present = "print_mapping")]
    mapping: Option<String>,

    /// Where rejected records go [default: beside the archive's folder, its name with
    /// .rejects.jsonl; for `s3://` its last part, in the current folder].
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    /// Stop at the first rejected record.
    #[arg(long)]
    strict: bool,

    /// Continue an archive that an earlier run of the same source and mapping began.
    #[arg(long)]
    resume: bool,

    /// Size of the archive's segments before compression, in MiB; 1 to 1024. What was not yet in a
    /// whole segment is lost with a killed ingest, and read again by --resume.
    #[arg(long, value_name = "MIB", default_value = "32",
          value_parser = clap::value_parser!(u64).range(1..=1024))]
    segment_mib: u64,

    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,

    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,

    /// Print a built-in mapping, to copy from, and do nothing else.
    #[arg(long, value_name = "NAME", exclusive = true)]
    print_mapping: Option<String>,
}

/// Runs the subcommand.
pub async fn run(args: &IngestArgs) -> anyhow::Result<ExitCode> {
    if let Some(name) = &args.print_mapping {
        let text = mapping::shipped(name);
        let names = "one of cdnow, orders, combined";
        print!("{}", text.ok_or_else(|| anyhow::anyhow!("there is no mapping {name:?}; {names}"))?);
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(source), Some(to), Some(mapping)) = (&args.source, &args.to, &args.mapping) else {
        unreachable!("clap requires them");
    };
    let ingest = Ingest {
        source: source.clone(),
        to: to.clone(),
        mapping: mapping.clone(),
        rejects: args.rejects.clone().unwrap_or_else(|| rejects::default_path(to)),
        strict: args.strict,
        resume: args.resume,
        writer: WriterSettings {
            segment_bytes: args.segment_mib << 20,
            ..WriterSettings::default()
        },
    };
    let progress = if args.quiet { Progress::hidden() } else { Progress::new("ingest", None) };
    let stop = shutdown::on_signals();
    let ingested = tokio::select! {
        ingested = ingest.run(&progress) => ingested?,
        () = stop.cancelled() => {
            bail!("stopped before the end; what is in whole segments stays, and --resume goes on with it")
        }
    };
    progress.finish();
    print(&ingested, args.json);
    if ingested.manifest.entries == 0 && ingested.rejected > 0 {
        let (rejected, rejects) = (ingested.rejected, ingested.rejects.display());
        bail!("none of {rejected} records is a request: see {rejects}");
    }
    Ok(ExitCode::SUCCESS)
}

fn print(ingested: &Ingested, as_json: bool) {
    let manifest = &ingested.manifest;
    if as_json {
        let mut summary = json!(ingested);
        summary["archiveId"] = json!(manifest.archive_id);
        summary["entries"] = json!(manifest.entries);
        summary["span"] = json!(manifest.span);
        summary["chain"] = json!(manifest.chain);
        println!("{summary}");
        return;
    }
    println!("{} requests of {} files", manifest.entries, ingested.files);
    if let Some(span) = manifest.span {
        println!("from {} to {}", span.earliest, span.latest);
    }
    println!("chain {}", manifest.chain);
    if ingested.other_files > 0 {
        println!("{} files have other endings and were not read", ingested.other_files);
    }
    if ingested.rejected > 0 {
        println!("{} rejected: see {}", ingested.rejected, ingested.rejects.display());
    }
}
