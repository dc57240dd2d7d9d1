//! What a run tells at its beginning and end.

use std::fmt::Write as _;
use std::process::ExitCode;

use measure::{EXIT_SLO_MISSED, Progress, Report, Run};
use service_kit::exit;
use traffic_archive::Sequence;

use super::SerialoutArgs;
use super::journal::Journal;
use super::lanes::Order;
use super::plan::{Ended, Halt};

/// Which requests are sent although an earlier run may have sent them.
pub(super) fn tell_in_doubt(progress: &Progress, journal: &Journal) {
    let next = journal.done().next();
    if next == Sequence::FIRST && journal.in_doubt().next().is_none() {
        return;
    }
    progress.note(&format!("going on at entry {next}; {}", sent_twice(journal.in_doubt())));
}

fn sent_twice(in_doubt: impl Iterator<Item = Sequence>) -> String {
    let (stretches, count) = stretches(in_doubt);
    match count {
        0 => "nothing is sent twice".to_owned(),
        1 => format!("entry {stretches} may be sent twice"),
        _ => format!("{count} entries may be sent twice: {stretches}"),
    }
}

/// `1-3, 7`, and how many these are.
fn stretches(sequences: impl Iterator<Item = Sequence>) -> (String, u64) {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    let mut count = 0;
    for sequence in sequences.map(Sequence::get) {
        count += 1;
        match stretches.last_mut() {
            Some((_, to)) if *to + 1 == sequence => *to = sequence,
            _ => stretches.push((sequence, sequence)),
        }
    }
    let mut text = String::new();
    for (from, to) in stretches {
        let comma = if text.is_empty() { "" } else { ", " };
        let written = if from == to {
            write!(text, "{comma}{from}")
        } else {
            write!(text, "{comma}{from}-{to}")
        };
        written.expect("a string takes everything");
    }
    (text, count)
}

pub(super) fn report(args: &SerialoutArgs, run: &Run, ended: &Ended) -> Report {
    let order = match args.order {
        Order::Global => "global: one at a time".to_owned(),
        Order::Key => format!("key: at most {} at once", args.connections),
        Order::None => format!("none: at most {} at once", args.connections),
    };
    let mut report = Report::new("replay serialout", run)
        .fact("source", args.source.to_string())
        .fact("order", order)
        .fact("pace", args.pace().to_string());
    if let Ok(target) = args.target(ended.rewriter.as_ref()) {
        report = report.fact("target", target.to_string());
    }
    if let Some(rewriter) = &ended.rewriter {
        report = report.fact("ids", rewriter.tally().to_string());
    }
    if let Some(halt) = &ended.halt {
        report = report
            .fact("ended early", halt.to_string())
            .fact("goes on at", format!("entry {}", ended.next));
        if !ended.in_doubt.is_empty() {
            report = report.fact("in doubt", sent_twice(ended.in_doubt.iter().copied()));
        }
    }
    if ended.given_up.count > 0 {
        report = report.fact("given up", given_up(ended));
    }
    if !args.skip.is_empty() {
        let skipped: Vec<_> = args.skip.iter().map(ToString::to_string).collect();
        report = report.fact("skipped", format!("entries {}", skipped.join(", ")));
    }
    match &args.slo {
        Some(slo) => report.judged(slo.judge(run)),
        None => report,
    }
}

fn given_up(ended: &Ended) -> String {
    let named = ended.given_up.named.iter();
    let named: Vec<_> = named.map(|(sequence, why)| format!("{sequence} ({why})")).collect();
    format!("{} entries: {}", ended.given_up.count, named.join(", "))
}

/// A run that did not do all it should has failed, however fast it was.
pub(super) fn exit_code(ended: &Ended, slo_met: bool) -> ExitCode {
    match &ended.halt {
        Some(Halt::Interrupted) => ExitCode::from(exit::INTERRUPTED),
        Some(halt) => {
            eprintln!("error: {halt}");
            ExitCode::from(exit::FAILED)
        }
        None if ended.given_up.count > 0 => ExitCode::from(exit::FAILED),
        None if !slo_met => ExitCode::from(EXIT_SLO_MISSED),
        None => ExitCode::SUCCESS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_told_as_such() {
        let told = |numbers: &[u64]| sent_twice(numbers.iter().filter_map(|n| Sequence::new(*n)));
        assert_eq!(told(&[]), "nothing is sent twice");
        assert_eq!(told(&[4]), "entry 4 may be sent twice");
        assert_eq!(told(&[1, 2, 3, 7]), "4 entries may be sent twice: 1-3, 7");
    }
}
