//! What can be asked of a rebuild.

use clap::Args;

/// What `--help` ends with.
const EXAMPLES: &str = r"Examples:
    order-processor rebuild               fill, compare, switch if nothing differs
    order-processor rebuild --diff        fill, compare, show what differs, switch nothing
    order-processor rebuild --force       switch even if something differs
    order-processor rebuild --use 1       back to generation 1
    order-processor rebuild --drop-old    remove all generations but the live one

Exit codes: 0 done, 1 failed or stopped, 2 wrong usage, 3 something differs and nothing was switched";

/// Fills the projection once more from the beginning of order-events, and switches readers to it.
///
/// It may run beside programs that run: they answer from the old generation until the new one is filled
/// and holds the same, and then go over without a request failing. Stopped or killed, it goes on where it
/// was when it is run again. The old generation stays until --drop-old.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct RebuildArgs {
    /// Shows the first rows that differ, and does not switch.
    #[arg(long)]
    pub(super) diff: bool,
    /// Switches even if something differs.
    #[arg(long, conflicts_with = "diff")]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) instead: Instead,
    /// Prints what came of it as JSON on stdout, and how far it is as lines of JSON on stderr.
    #[arg(long)]
    pub(super) json: bool,
}

/// What else can be done with generations.
#[derive(Args, Clone, Debug)]
pub(super) struct Instead {
    /// Switches to a generation that was live before, once it has caught up. Nothing is compared.
    #[arg(long = "use", value_name = "GENERATION", conflicts_with_all = ["diff", "force"])]
    pub(super) switch_to: Option<u32>,
    /// Removes every generation but the live one, one that was not filled to its end, too.
    #[arg(long, conflicts_with_all = ["diff", "force", "switch_to"])]
    pub(super) drop_old: bool,
    /// Lists the generations that there are.
    #[arg(long, conflicts_with_all = ["diff", "force", "switch_to", "drop_old"])]
    pub(super) list: bool,
}
