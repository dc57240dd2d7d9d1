//! `list`: which dead letters there are, one by one or by cause.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use event_log::Topic;
use measure::show_count;
use order_domain::Timestamp;
use serde::Serialize;

use super::desk::Desk;
use super::filter::{Filter, FilterArgs};
use super::ledger::{Ledger, State, StateName};
use super::letter::Letter;
use super::place::Place;
use crate::text::{letters, plain, short, time};

/// How much of a cause is shown in a line.
const CAUSE_CHARS_MAX: usize = 100;

/// List dead letters, oldest first of each partition, or how many there are of each cause.
#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Only those of which this has become; may be repeated.
    #[arg(long, value_enum, default_value = "waiting", conflicts_with = "all")]
    state: Vec<StateName>,
    /// Whatever has become of them.
    #[arg(long)]
    all: bool,
    /// Count them by cause. Numbers and ids in a cause don't matter.
    #[arg(long)]
    by_cause: bool,
    /// Show at most so many; 0 shows all. Those that are left out are counted.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What is told of a letter in a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) letter: Place,
    pub(super) state: StateName,
    /// Where the state says more: where it was sent, or what replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<Place>,
    pub(super) time: String,
    pub(super) attempts: Option<u64>,
    pub(super) key: String,
    pub(super) cause: String,
    pub(super) subject: Option<String>,
    pub(super) origin: Option<Place>,
}

impl Entry {
    pub(super) fn of(letter: &Letter, state: &State) -> Self {
        Self {
            letter: letter.place.clone(),
            state: state.name(),
            place: state.place().cloned(),
            time: time(letter.record.timestamp),
            attempts: letter.failure.attempts,
            key: letter.key(),
            cause: letter.failure.cause(),
            subject: letter.subject().map(str::to_owned),
            origin: letter.failure.origin(),
        }
    }
}

/// Letters that failed for the same reason.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cause {
    pub(super) topic: String,
    pub(super) count: usize,
    /// Why the first of them failed.
    #[serde(rename = "cause")]
    pub(super) why: String,
    pub(super) first: String,
    pub(super) last: String,
    /// The first of them.
    pub(super) example: Place,
    #[serde(skip)]
    times: (Timestamp, Timestamp),
}

/// How many letters there are of each cause.
#[derive(Default)]
pub(super) struct Causes(BTreeMap<(Topic, String), Cause>);

impl Causes {
    pub(super) fn add(&mut self, letter: &Letter) {
        let cause = letter.failure.cause();
        let at = letter.record.timestamp;
        let key = (letter.place.topic.clone(), pattern(&cause));
        let found = self.0.entry(key).or_insert_with(|| Cause {
            topic: letter.place.topic.to_string(),
            count: 0,
            why: cause,
            first: String::new(),
            last: String::new(),
            example: letter.place.clone(),
            times: (at, at),
        });
        found.count += 1;
        found.times = (found.times.0.min(at), found.times.1.max(at));
    }

    /// The most frequent first.
    pub(super) fn into_sorted(self) -> Vec<Cause> {
        let mut causes: Vec<_> = self.0.into_values().collect();
        for cause in &mut causes {
            (cause.first, cause.last) = (time(cause.times.0), time(cause.times.1));
        }
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
        causes
    }
}

/// A cause without what differs from one letter to the next: words that have a digit.
fn pattern(cause: &str) -> String {
    let words = cause.split_whitespace();
    let same =
        words.map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word });
    same.collect::<Vec<_>>().join(" ")
}

#[derive(Serialize)]
struct Listed<'a> {
    count: usize,
    letters: &'a [Entry],
}

/// The sub-command.
pub(super) async fn run(desk: &Desk, args: &ListArgs) -> anyhow::Result<ExitCode> {
    let filter = Filter::new(&args.filter);
    let topics = desk.topics(&filter).await?;
    let ledger = Ledger::read(desk.log().as_ref(), &topics).await?;
    let mut states: BTreeMap<StateName, usize> = BTreeMap::new();
    let (mut entries, mut count, mut causes) = (Vec::new(), 0, Causes::default());
    let mut letters = desk.letters(&topics, &filter).await?;
    while let Some(letter) = letters.next().await? {
        let state = ledger.state(&letter);
        *states.entry(state.name()).or_default() += 1;
        if !args.all && !args.state.contains(&state.name()) {
            continue;
        }
        count += 1;
        if args.by_cause {
            causes.add(&letter);
        } else if args.limit == 0 || entries.len() < args.limit {
            entries.push(Entry::of(&letter, &state));
        }
    }
    let causes = causes.into_sorted();
    match (args.json, args.by_cause) {
        (true, true) => println!("{}", serde_json::to_string(&causes)?),
        (true, false) => {
            println!("{}", serde_json::to_string(&Listed { count, letters: &entries })?);
        }
        (false, true) => show_causes(&causes),
        (false, false) => show_entries(&entries, count),
    }
    if !args.json {
        println!("{}", summary(&topics, &states));
    }
    Ok(ExitCode::SUCCESS)
}

fn show_entries(entries: &[Entry], count: usize) {
    let width = |of: fn(&Entry) -> usize, title: &str| {
        entries.iter().map(of).chain([title.len()]).max().unwrap_or_default()
    };
    let letter = width(|entry| entry.letter.to_string().len(), "LETTER");
    let key = width(|entry| plain(&entry.key).chars().count().min(24), "KEY");
    if !entries.is_empty() {
        println!("{:<letter$}  {:<24}  {:>5}  {:<key$}  CAUSE", "LETTER", "FAILED", "TRIES", "KEY");
    }
    for entry in entries {
        let tries = entry.attempts.map(|attempts| attempts.to_string()).unwrap_or_default();
        let mut cause = short(&plain(&entry.cause), CAUSE_CHARS_MAX);
        if entry.state != StateName::Waiting {
            let at = entry.place.as_ref().map(|place| format!(" {place}")).unwrap_or_default();
            cause = format!("[{}{at}] {cause}", entry.state);
        }
        println!(
            "{:<letter$}  {:<24}  {tries:>5}  {:<key$}  {cause}",
            entry.letter,
            entry.time,
            short(&plain(&entry.key), 24),
        );
    }
    if count > entries.len() {
        let more = show_count((count - entries.len()) as u64);
        println!("... and {more} more; --limit 0 shows all");
    }
}

/// Prints causes, a paragraph each.
pub(super) fn show_causes(causes: &[Cause]) {
    for Cause { topic, count, why, first, last, example, .. } in causes {
        println!(
            "{:>8}  {topic}  {}",
            show_count(*count as u64),
            short(&plain(why), CAUSE_CHARS_MAX)
        );
        println!("{:>8}  first {first}, last {last}, such as {example}", "");
    }
}

fn summary(topics: &[Topic], states: &BTreeMap<StateName, usize>) -> String {
    let total: usize = states.values().sum();
    let topics: Vec<_> = topics.iter().map(Topic::to_string).collect();
    let each = StateName::ALL.iter().filter_map(|name| Some((name, states.get(name)?)));
    let each: Vec<_> =
        each.map(|(name, count)| format!("{} {name}", show_count(*count as u64))).collect();
    let each = if each.is_empty() { String::new() } else { format!(": {}", each.join(", ")) };
    format!("{} in {}{each}", letters(total), topics.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_that_differ_in_numbers_and_ids_are_one() {
        let one = pattern("a.B: unknown field at line 1 column 532, order 01a1fdc0-1a4c");
        assert_eq!(one, pattern("a.B: unknown field at line 1 column 7, order 77a1fdc0-1a4c"));
        assert_ne!(one, pattern("a.C: unknown field at line 1 column 7, order 77a1fdc0-1a4c"));
    }

    #[test]
    fn the_summary_counts_all_states() {
        let states = BTreeMap::from([(StateName::Purged, 1), (StateName::Waiting, 1_234)]);
        let topics = [event_log::topics::ORDERS_DEAD_LETTERS];
        let expected = "1,235 dead letters in orders-dlt: 1,234 waiting, 1 purged";
        assert_eq!(summary(&topics, &states), expected);
        assert_eq!(summary(&topics, &BTreeMap::new()), "0 dead letters in orders-dlt");
    }
}
