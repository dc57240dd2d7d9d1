//! `purge`: somebody is done with dead letters.

use std::collections::HashSet;
use std::process::ExitCode;

use clap::Args;

use super::ask::AskArgs;
use super::desk::Desk;
use super::filter::{Filter, FilterArgs};
use super::ledger::{Ledger, State};
use super::list::{Causes, show_causes};
use super::marks::{LETTERS_MAX, Mark, Marks, Named};
use crate::text::letters as dead_letters;

/// Mark dead letters as done with: they are neither listed nor sent again.
///
/// Nothing is deleted: they stay in their topic until its retention lets them go, and `list --all`
/// shows them. Those that wait are meant, and those that are in doubt.
#[derive(Args, Debug)]
pub struct PurgeArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    ask: AskArgs,
}

/// The sub-command.
pub(super) async fn run(desk: &Desk, args: &PurgeArgs) -> anyhow::Result<ExitCode> {
    let (_, Meant { letters, causes }) = meant(desk, args).await?;
    show_causes(&causes.into_sorted());
    let count = dead_letters(letters.len());
    if letters.is_empty() || args.ask.dry_run {
        println!("{count} would be purged");
        return Ok(ExitCode::SUCCESS);
    }
    if !args.ask.confirmed(&format!("Purge {count}?"))? {
        println!("nothing was purged");
        return Ok(ExitCode::FAILURE);
    }
    let agreed = letters.into_iter().collect();
    let purged = desk.alone(async |_| purge(desk, args, &agreed).await).await?;
    println!("{} purged", dead_letters(purged));
    Ok(ExitCode::SUCCESS)
}

#[derive(Default)]
struct Meant {
    letters: Vec<Named>,
    causes: Causes,
}

async fn meant(desk: &Desk, args: &PurgeArgs) -> anyhow::Result<(Marks, Meant)> {
    let filter = Filter::new(&args.filter);
    let topics = desk.topics(&filter).await?;
    let ledger = Ledger::read(desk.log().as_ref(), &topics).await?;
    let mut meant = Meant::default();
    let mut letters = desk.letters(&topics, &filter).await?;
    while let Some(letter) = letters.next().await? {
        if matches!(ledger.state(&letter), State::Waiting | State::InDoubt { .. }) {
            meant.causes.add(&letter);
            meant.letters.push(Named::of(&letter));
        }
    }
    Ok((ledger.marks, meant))
}

/// Looks once more, now that nobody else may change anything. What has come since stays.
async fn purge(desk: &Desk, args: &PurgeArgs, agreed: &HashSet<Named>) -> anyhow::Result<usize> {
    let (mut marks, Meant { mut letters, .. }) = meant(desk, args).await?;
    letters.retain(|letter| agreed.contains(letter));
    for part in letters.chunks(LETTERS_MAX) {
        marks.add(desk.log().as_ref(), Mark::Purged { letters: part.to_vec() }).await?;
    }
    Ok(letters.len())
}
