//! What was found, what was seen, and what could not be checked.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use measure::show_count;
use serde::Serialize;

use super::kind::Kind;
use crate::text::plain;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// Where: a place in the log, a row, or an order.
    pub(super) at: String,
    /// What, in a sentence.
    pub(super) what: String,
}

/// Everything of one kind that is wrong.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Findings {
    kind: Kind,
    /// How many were found. Where more than are told differ in a table, it is not known how many more.
    count: u64,
    /// Whether there may be more than `count`.
    or_more: bool,
    /// The first ones.
    first: Vec<Finding>,
}

/// How far one partition was checked; offsets are exclusive.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartitionReport {
    pub(super) partition: u32,
    /// Commands that were looked at.
    pub(super) commands: u64,
    /// Decisions that count.
    pub(super) decisions: u64,
    /// Records of `order-events` that count for nothing: they do not stand where they were expected.
    pub(super) passed_over: u64,
    /// Decisions that came a second time, and say the same.
    pub(super) repeated: u64,
    /// The first command that is not decided.
    pub(super) decided: u64,
    /// Commands behind it.
    pub(super) undecided: u64,
    /// Where `order-events` was read to.
    pub(super) events: u64,
    /// Where the store stands in it, where there is a store.
    pub(super) projected: Option<u64>,
    /// Events before that which wait to be tried again, or are dead letters.
    pub(super) set_aside: u64,
}

/// What one table holds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TableReport {
    pub(super) table: &'static str,
    pub(super) rows: u64,
    /// The hash of its content, the same in every database.
    pub(super) hash: String,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: BTreeMap<Kind, Findings>,
    unchecked: Vec<String>,
    limit: usize,
    pub(super) partitions: Vec<PartitionReport>,
    pub(super) tables: Vec<TableReport>,
}

/// As JSON.
#[derive(Serialize)]
pub(super) struct Json<'a> {
    clean: bool,
    complete: bool,
    findings: Vec<&'a Findings>,
    unchecked: &'a [String],
    partitions: &'a [PartitionReport],
    tables: &'a [TableReport],
}

impl Report {
    /// One that tells `limit` findings of each kind.
    pub(super) fn telling(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// How many findings of a kind are told.
    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    /// Something is wrong.
    pub(super) fn found(&mut self, kind: Kind, at: impl fmt::Display, what: impl Into<String>) {
        self.found_many(kind, 1, at, what);
    }

    /// The same is wrong `count` times, from `at` on.
    pub(super) fn found_many(
        &mut self,
        kind: Kind,
        count: u64,
        at: impl fmt::Display,
        what: impl Into<String>,
    ) {
        let limit = self.limit;
        let findings = self.of(kind);
        findings.count += count;
        if findings.first.len() < limit {
            findings.first.push(Finding { at: at.to_string(), what: what.into() });
        }
    }

    /// There may be more of this kind.
    pub(super) fn or_more(&mut self, kind: Kind) {
        self.of(kind).or_more = true;
    }

    /// Something could not be checked, and this is why.
    pub(super) fn unchecked(&mut self, what: impl Into<String>) {
        self.unchecked.push(what.into());
    }

    fn of(&mut self, kind: Kind) -> &mut Findings {
        let none = || Findings { kind, count: 0, or_more: false, first: Vec::new() };
        self.findings.entry(kind).or_insert_with(none)
    }

    /// Whether nothing was found.
    pub(super) fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether all could be checked.
    pub(super) fn is_complete(&self) -> bool {
        self.unchecked.is_empty()
    }

    pub(super) fn to_json(&self) -> Json<'_> {
        Json {
            clean: self.is_clean(),
            complete: self.is_complete(),
            findings: self.findings.values().collect(),
            unchecked: &self.unchecked,
            partitions: &self.partitions,
            tables: &self.tables,
        }
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        for partition in &self.partitions {
            partition.write(&mut text);
        }
        for TableReport { table, rows, hash } in &self.tables {
            line(&mut text, &format!("table {table}: {} rows, content {hash}", show_count(*rows)));
        }
        for findings in self.findings.values() {
            findings.write(&mut text);
        }
        for what in &self.unchecked {
            line(&mut text, &format!("could not be checked: {}", plain(what)));
        }
        line(&mut text, self.verdict());
        text
    }

    fn verdict(&self) -> &'static str {
        match (self.is_clean(), self.is_complete()) {
            (false, _) => "something is wrong",
            (true, true) => "nothing is wrong",
            (true, false) => "nothing is wrong in what could be checked",
        }
    }
}

impl PartitionReport {
    fn write(&self, text: &mut String) {
        let count = show_count;
        let mut said = format!(
            "partition {}: {} commands, decided up to {}",
            self.partition,
            count(self.commands),
            count(self.decided),
        );
        if self.undecided > 0 {
            let _ = write!(said, " ({} not decided yet)", count(self.undecided));
        }
        let _ = write!(said, "; {} events", count(self.events));
        if let Some(projected) = self.projected {
            let _ = write!(said, ", projected up to {}", count(projected));
        }
        for (number, what) in [
            (self.set_aside, "set aside, to be tried again or mended"),
            (self.passed_over, "that count for nothing"),
            (self.repeated, "decided twice alike"),
        ] {
            if number > 0 {
                let _ = write!(said, ", {} {what}", count(number));
            }
        }
        line(text, &said);
    }
}

impl Findings {
    fn write(&self, text: &mut String) {
        let more = if self.or_more { " or more" } else { "" };
        line(text, &format!("FOUND {} ({}{more})", self.kind, show_count(self.count)));
        for Finding { at, what } in &self.first {
            line(text, &format!("  {}: {}", plain(at), plain(what)));
        }
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_told() {
        let mut report = Report::telling(1);
        assert_eq!(report.to_text(), "nothing is wrong\n");
        report.unchecked("the store: away");
        assert!(report.to_text().ends_with("nothing is wrong in what could be checked\n"));
        report.found(Kind::MissingRow, "orders 7", "it is not there");
        report.found_many(Kind::MissingRow, 1_999, "orders 8", "nor is it");
        report.or_more(Kind::MissingRow);
        assert_eq!(
            report.to_text(),
            "FOUND missing-row (2,000 or more)\n  orders 7: it is not there\n\
             could not be checked: the store: away\nsomething is wrong\n"
        );
        let json = serde_json::to_value(report.to_json()).unwrap();
        assert_eq!(json["findings"][0]["kind"], "missing-row");
    }
}
