//! What has changed since an older run.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::report::{self, Report, Row, show_ratio};

/// Reads what `--json` has written.
pub fn read(path: &Path) -> anyhow::Result<Report> {
    let name = path.display();
    let text = std::fs::read(path).with_context(|| format!("reading the older run, {name}"))?;
    serde_json::from_slice(&text).with_context(|| format!("{name} is no run of this benchmark"))
}

/// Row by row, as far as both runs have it; and whether a row changed by more than its rounds differ
/// among themselves. On a machine that others use two runs of one build differ, too: ratios tell more
/// than rates.
pub fn table(older: &Report, newer: &Report) -> String {
    const HEAD: [&str; 7] =
        ["figure", "then", "now", "change", "ratio then", "ratio now", "beyond the rounds?"];
    let both = newer.rows.iter().filter_map(|row| Some((find(older, row)?, row)));
    let mut text = report::table(HEAD, both.map(|(then, now)| cells(then, now)));
    for row in newer.rows.iter().filter(|row| find(older, row).is_none()) {
        let _ = writeln!(text, "only in this run: {}", row.figure);
    }
    for row in older.rows.iter().filter(|row| find(newer, row).is_none()) {
        let _ = writeln!(text, "only in the older run: {}", row.figure);
    }
    if older.quick != newer.quick {
        text.push_str("one of both is a quick run: they do not compare\n");
    }
    let machine = |report: &Report| (report.machine.cores, report.machine.processor.clone());
    if machine(older) != machine(newer) {
        text.push_str("the machines are not the same: compare ratios only\n");
    }
    text
}

/// The row of the same figure, in the same unit, against the same peer.
fn find<'a>(among: &'a Report, row: &Row) -> Option<&'a Row> {
    let peer = |row: &Row| row.peer.as_ref().map(|peer| peer.what.clone());
    among.rows.iter().find(|other| {
        (&other.figure, other.unit, peer(other)) == (&row.figure, row.unit, peer(row))
    })
}

fn cells(then: &Row, now: &Row) -> [String; 7] {
    let ratio = |row: &Row| row.ratio.map_or_else(|| "-".to_owned(), show_ratio);
    let change = if then.ours > 0.0 {
        format!("{:+.1} %", (now.ours / then.ours - 1.0) * 100.0)
    } else {
        "-".to_owned()
    };
    [
        now.figure.clone(),
        then.unit.show(then.ours),
        now.unit.show(now.ours),
        change,
        ratio(then),
        ratio(now),
        if apart(&then.ours_rounds, &now.ours_rounds) { "yes" } else { "no" }.to_owned(),
    ]
}

/// Whether all of one are above all of the other.
fn apart(one: &[f64], other: &[f64]) -> bool {
    let (least, most) = (
        |rounds: &[f64]| rounds.iter().copied().fold(f64::INFINITY, f64::min),
        |rounds: &[f64]| rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    );
    most(one) < least(other) || most(other) < least(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::{Machine, Unit};

    fn run(cores: usize, rows: Vec<Row>) -> Report {
        let machine = Machine { cores, processor: None, load_before: None };
        Report { machine, quick: false, rows, skipped: Vec::new() }
    }

    fn posts(rounds: &[f64]) -> Row {
        Row::new("posts", Unit::PerSecond, rounds.to_vec()).against("bare", vec![200.0])
    }

    #[test]
    fn rows_are_compared_with_those_of_the_same_name_unit_and_peer() {
        let memory = Row::new("memory", Unit::Megabytes, vec![250.0]);
        let older = run(2, vec![memory, posts(&[100.0, 110.0, 90.0])]);
        let newer =
            run(4, vec![posts(&[130.0, 120.0, 140.0]), posts(&[1.0]).against("none", vec![1.0])]);
        let expected = "\
figure  then   now    change   ratio then  ratio now  beyond the rounds?
------  -----  -----  -------  ----------  ---------  ------------------
posts   100/s  130/s  +30.0 %  0.50        0.65       yes
only in this run: posts
only in the older run: memory
the machines are not the same: compare ratios only
";
        assert_eq!(table(&older, &newer), expected);
    }

    #[test]
    fn what_lies_within_the_rounds_is_told() {
        assert!(!apart(&[90.0, 110.0], &[105.0, 130.0]));
        assert!(apart(&[90.0, 100.0], &[105.0, 130.0]));
    }

    #[test]
    fn a_run_reads_back_as_it_was_written() {
        let run = run(2, vec![posts(&[100.0])]);
        let json = serde_json::to_string(&run).unwrap();
        let read: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
}
