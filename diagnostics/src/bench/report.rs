//! What was measured, as a table for people and as JSON for programs.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::median::median;

/// Everything that a run found out.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// Where it ran.
    pub machine: Machine,
    /// Whether it was a shorter run than the bounds were made for.
    pub quick: bool,
    /// What was measured.
    pub rows: Vec<Row>,
    /// What was not, and why.
    pub skipped: Vec<Skipped>,
}

/// Where a run took place.
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: usize,
    /// The processor's name, where the system tells.
    pub processor: Option<String>,
    /// Runnable tasks, mean of the minute before the run; far above 0 means a busy machine.
    pub load_before: Option<f64>,
}

/// A figure that could not be measured here.
#[derive(Debug, Serialize, Deserialize)]
pub struct Skipped {
    /// Which.
    pub figure: String,
    /// Why, in a sentence.
    pub why: String,
}

/// One line of the table.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    /// What was measured.
    pub figure: String,
    /// The unit of `ours` and `peer`.
    pub unit: Unit,
    /// Seriatim's value: the median of the rounds.
    pub ours: f64,
    /// Every round's value, in order.
    pub ours_rounds: Vec<f64>,
    /// What it is held against.
    pub peer: Option<Peer>,
    /// `ours` through the peer's value.
    pub ratio: Option<f64>,
    /// What is demanded.
    pub bound: Option<Bound>,
    /// Whether the bound is kept; `None` where there is none.
    pub met: Option<bool>,
}

/// A ceiling, or the same thing under other circumstances.
#[derive(Debug, Serialize, Deserialize)]
pub struct Peer {
    /// What it is.
    pub what: String,
    /// The median of the rounds.
    pub value: f64,
    /// Every round's value, in order; round n came right before or after our round n, or beside it.
    pub rounds: Vec<f64>,
}

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Per second.
    #[serde(rename = "1/s")]
    PerSecond,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Megabytes, of 1,000,000 bytes.
    #[serde(rename = "MB")]
    Megabytes,
}

/// What is demanded of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The ratio is at least this.
    RatioAtLeast(f64),
    /// Our value is below this.
    Below(f64),
}

impl Row {
    /// Our rounds alone.
    ///
    /// # Panics
    /// If there is no round.
    pub fn new(figure: impl Into<String>, unit: Unit, rounds: Vec<f64>) -> Self {
        let ours = median(&mut rounds.clone()).expect("there is at least one round");
        Self {
            figure: figure.into(),
            unit,
            ours,
            ours_rounds: rounds,
            peer: None,
            ratio: None,
            bound: None,
            met: None,
        }
    }

    /// Held against another's rounds: our median through theirs.
    ///
    /// # Panics
    /// If there is no round.
    #[must_use]
    pub fn against(mut self, what: impl Into<String>, rounds: Vec<f64>) -> Self {
        let value = median(&mut rounds.clone()).expect("there is at least one round");
        self.ratio = (value > 0.0).then(|| self.ours / value);
        self.peer = Some(Peer { what: what.into(), value, rounds });
        self
    }

    /// What is demanded. A ratio that could not be formed does not keep its bound.
    #[must_use]
    pub fn bound(mut self, bound: Bound) -> Self {
        self.bound = Some(bound);
        self.met = Some(match bound {
            Bound::RatioAtLeast(least) => self.ratio.is_some_and(|ratio| ratio >= least),
            Bound::Below(limit) => self.ours < limit,
        });
        self
    }

    fn cells(&self) -> [String; 6] {
        let nothing = || "-".to_owned();
        [
            self.figure.clone(),
            self.unit.show(self.ours),
            self.peer.as_ref().map_or_else(nothing, |peer| {
                format!("{} {}", self.unit.show(peer.value), peer.what)
            }),
            self.ratio.map_or_else(nothing, show_ratio),
            self.bound.map_or_else(nothing, |bound| bound.show(self.unit)),
            match self.met {
                Some(true) => "yes".to_owned(),
                Some(false) => "NO".to_owned(),
                None => nothing(),
            },
        ]
    }
}

/// Two digits that say something.
pub(super) fn show_ratio(ratio: f64) -> String {
    if ratio < 0.01 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}

impl Unit {
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Megabytes => format!("{value:.0} MB"),
        }
    }
}

impl Bound {
    pub(super) fn show(self, unit: Unit) -> String {
        match self {
            Self::RatioAtLeast(least) => format!("{least}"),
            Self::Below(limit) => format!("below {}", unit.show(limit)),
        }
    }
}

impl Report {
    /// Whether nothing that was measured missed its bound.
    pub fn all_met(&self) -> bool {
        self.rows.iter().all(|row| row.met != Some(false))
    }

    /// The table, and below it what was skipped.
    pub fn table(&self) -> String {
        const HEAD: [&str; 6] = ["figure", "ours", "ceiling or peer", "ratio", "at least", "met?"];
        let mut text = table(HEAD, self.rows.iter().map(Row::cells));
        for Skipped { figure, why } in &self.skipped {
            let _ = writeln!(text, "skipped {figure}: {why}");
        }
        text
    }
}

/// A table of text: headings, a rule below them, and the lines.
pub(super) fn table<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    lines: impl Iterator<Item = [String; COLUMNS]>,
) -> String {
    let mut all = vec![head.map(str::to_owned)];
    all.extend(lines);
    let width =
        |column: usize| all.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let mut text = String::new();
    for (index, line) in all.iter().enumerate() {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
        if index == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            let _ = writeln!(text, "{}", rules.join("  "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rows: Vec<Row>) -> Report {
        let machine = Machine { cores: 2, processor: None, load_before: Some(0.1) };
        Report { machine, quick: false, rows, skipped: Vec::new() }
    }

    fn rate(ours: f64, theirs: f64) -> Row {
        Row::new("posts", Unit::PerSecond, vec![ours])
            .against("bare", vec![theirs])
            .bound(Bound::RatioAtLeast(0.6))
    }

    #[test]
    fn a_ratio_is_of_the_medians() {
        let row = Row::new("posts", Unit::PerSecond, vec![50.0, 90.0, 70.0])
            .against("bare", vec![100.0, 1.0, 200.0]);
        assert_eq!(row.ratio, Some(0.7));
        assert_eq!(row.met, None);
    }

    #[test]
    fn a_bound_is_kept_on_its_edge() {
        assert_eq!(rate(60.0, 100.0).met, Some(true));
        assert_eq!(rate(59.9, 100.0).met, Some(false));
        let below = |ms| Row::new("p99", Unit::Milliseconds, vec![ms]).bound(Bound::Below(50.0));
        assert_eq!(below(49.9).met, Some(true));
        assert_eq!(below(50.0).met, Some(false));
    }

    #[test]
    fn a_peer_that_did_nothing_is_no_victory() {
        assert_eq!(rate(60.0, 0.0).ratio, None);
        assert_eq!(rate(60.0, 0.0).met, Some(false));
    }

    #[test]
    fn all_is_met_where_nothing_is_missed() {
        let free = Row::new("peak", Unit::Megabytes, vec![1.0]);
        assert!(report(vec![free, rate(60.0, 100.0)]).all_met());
        assert!(!report(vec![rate(60.0, 100.0), rate(1.0, 100.0)]).all_met());
    }

    #[test]
    fn the_table_lines_up_and_says_what_was_skipped() {
        let memory = Row::new("memory", Unit::Megabytes, vec![250.0]).bound(Bound::Below(300.0));
        let mut report = report(vec![rate(31.0, 100.0), memory]);
        let why = "Kafka could not be started.".to_owned();
        report.skipped.push(Skipped { figure: "posts-kafka".to_owned(), why });
        let expected = "\
figure  ours    ceiling or peer  ratio  at least      met?
------  ------  ---------------  -----  ------------  ----
posts   31/s    100/s bare       0.31   0.6           NO
memory  250 MB  -                -      below 300 MB  yes
skipped posts-kafka: Kafka could not be started.
";
        assert_eq!(report.table(), expected);
    }

    #[test]
    fn json_has_every_round() {
        let json = serde_json::to_value(report(vec![rate(60.0, 100.0)])).unwrap();
        let row = &json["rows"][0];
        assert_eq!(row["unit"], "1/s");
        assert_eq!(row["bound"]["ratio_at_least"], 0.6);
        assert_eq!(row["peer"]["rounds"][0], 100.0);
        assert_eq!(row["met"], true);
    }
}
