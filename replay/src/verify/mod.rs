//! Is an archive whole?

use std::process::ExitCode;

use clap::Args;

use crate::archive::{ArchiveError, ArchiveReader, Location};

/// The exit code when damage or a difference was found.
pub const DIFFERENT: u8 = 3;

/// Tells whether an archive is still what was written.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// A folder or `s3://bucket/prefix`.
    archive: Location,
}

/// Exit code 3 when the archive is damaged.
pub async fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let reader = ArchiveReader::open(&args.archive).await?;
    let mut damaged = false;
    for number in reader.manifest().segment_numbers() {
        match reader.check_segment(number).await {
            Ok(()) => {}
            Err(ArchiveError::Damaged(damage)) => {
                println!("{damage}");
                damaged = true;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(if damaged { ExitCode::from(DIFFERENT) } else { ExitCode::SUCCESS })
}
