//! Which letters would be sent, and where to.

use std::collections::{BTreeMap, HashSet};

use event_log::Topic;
use measure::{Pace, show_count};
use serde::Serialize;

use super::RedriveArgs;
use crate::dlt::desk::Desk;
use crate::dlt::filter::Filter;
use crate::dlt::ledger::{Ledger, State, StateName};
use crate::dlt::list::{Cause, Causes, show_causes};
use crate::dlt::marks::Named;
use crate::dlt::routes::{NoRoute, Sendable};
use crate::text::letters;

/// What a redrive would do.
pub(super) struct Plan {
    /// What would be sent, in this order; those in doubt only if they were not sent before.
    pub(super) letters: Vec<Named>,
    in_doubt: usize,
    causes: Vec<Cause>,
    ways: BTreeMap<(Topic, Topic), usize>,
    refused: BTreeMap<NoRoute, usize>,
    /// Letters that are meant and don't wait, by what has become of them.
    settled: BTreeMap<StateName, usize>,
    /// Letters that wait and are not sent, though others about the same subject are.
    left_behind: usize,
    pace: Pace,
    on_trial: usize,
}

/// The same for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanJson<'a> {
    would_send: usize,
    in_doubt: usize,
    left_behind: usize,
    ways: Vec<Way>,
    refused: Vec<Refused>,
    causes: &'a [Cause],
}

#[derive(Serialize)]
struct Way {
    from: String,
    to: String,
    count: usize,
}

#[derive(Serialize)]
struct Refused {
    why: String,
    count: usize,
}

impl Plan {
    /// Looks through all letters that are meant.
    pub(super) async fn make(
        desk: &Desk,
        args: &RedriveArgs,
        topics: &[Topic],
        ledger: &Ledger,
    ) -> anyhow::Result<Self> {
        let mut plan = Self {
            letters: Vec::new(),
            in_doubt: 0,
            causes: Vec::new(),
            ways: BTreeMap::new(),
            refused: BTreeMap::new(),
            settled: BTreeMap::new(),
            left_behind: 0,
            pace: args.rate,
            on_trial: args.canary.unwrap_or_default(),
        };
        let (mut causes, mut subjects) = (Causes::default(), HashSet::new());
        let mut routes = args.routes(desk);
        let filter = Filter::new(&args.filter);
        let mut meant = desk.letters(topics, &filter).await?;
        while let Some(mut letter) = meant.next().await? {
            let state = ledger.state(&letter);
            if !matches!(state, State::Waiting | State::InDoubt { .. }) {
                *plan.settled.entry(state.name()).or_default() += 1;
                continue;
            }
            match routes.of(desk.log().as_ref(), &mut letter).await? {
                Err(none) => *plan.refused.entry(none).or_default() += 1,
                Ok(Sendable { route, .. }) => {
                    let way = (letter.place.topic.clone(), route.topic);
                    *plan.ways.entry(way).or_default() += 1;
                    causes.add(&letter);
                    subjects.extend(letter.subject().map(str::to_owned));
                    plan.in_doubt += usize::from(state != State::Waiting);
                    plan.letters.push(Named::of(&letter));
                }
            }
        }
        plan.causes = causes.into_sorted();
        plan.left_behind = left_behind(desk, topics, ledger, &plan.letters, &subjects).await?;
        Ok(plan)
    }

    /// For people.
    pub(super) fn print(&self) {
        show_causes(&self.causes);
        for ((from, to), count) in &self.ways {
            println!("{} of {from} would be sent to {to}", letters(*count));
        }
        if self.letters.is_empty() {
            println!("nothing is to be sent");
        } else {
            self.print_pace();
        }
        if self.in_doubt > 0 {
            println!(
                "{} of them may have been sent by a redrive that was stopped: that is looked up first",
                show_count(self.in_doubt as u64)
            );
        }
        for (why, count) in &self.refused {
            println!("{} would not be sent: {why}", letters(*count));
        }
        for (state, count) in &self.settled {
            println!("{} would not be sent: {state}", letters(*count));
        }
        if self.left_behind > 0 {
            println!(
                "{} about the same subjects would stay behind: a parked order waits for all of its own",
                letters(self.left_behind)
            );
        }
    }

    fn print_pace(&self) {
        if let Pace::Steady(rate) = self.pace {
            #[expect(clippy::cast_precision_loss, reason = "a time for people")]
            let seconds = self.letters.len() as f64 / rate.as_per_second();
            println!("at {rate} it takes {seconds:.0} s");
        }
        if self.on_trial > 0 {
            println!("the first {} on trial", show_count(self.on_trial as u64));
        }
    }

    /// For programs.
    pub(super) fn to_json(&self) -> PlanJson<'_> {
        let way = |((from, to), count): (&(Topic, Topic), &usize)| Way {
            from: from.to_string(),
            to: to.to_string(),
            count: *count,
        };
        let refused =
            |(why, count): (&NoRoute, &usize)| Refused { why: why.to_string(), count: *count };
        PlanJson {
            would_send: self.letters.len(),
            in_doubt: self.in_doubt,
            left_behind: self.left_behind,
            ways: self.ways.iter().map(way).collect(),
            refused: self.refused.iter().map(refused).collect(),
            causes: &self.causes,
        }
    }
}

/// How many letters wait that are about one of `subjects`, and not among `chosen`.
async fn left_behind(
    desk: &Desk,
    topics: &[Topic],
    ledger: &Ledger,
    chosen: &[Named],
    subjects: &HashSet<String>,
) -> anyhow::Result<usize> {
    if subjects.is_empty() {
        return Ok(0);
    }
    let chosen: HashSet<_> = chosen.iter().map(|letter| &letter.place).collect();
    let everything = Filter::everything();
    let mut all = desk.letters(topics, &everything).await?;
    let mut count = 0;
    while let Some(letter) = all.next().await? {
        let same = letter.subject().is_some_and(|subject| subjects.contains(subject));
        if same && !chosen.contains(&letter.place) && ledger.state(&letter) == State::Waiting {
            count += 1;
        }
    }
    Ok(count)
}
