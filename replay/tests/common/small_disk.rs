//! The program on a disk that takes no more.

use std::process::Command;

/// The program, which can write no more than so many blocks (of 512 bytes in dash, of 1,024 in bash) to a
/// file: as if the disk were full.
pub(crate) fn program_on_small_disk(blocks: u32) -> Command {
    // Without the signal, a write beyond the bound fails.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_replay")]);
    command
}
